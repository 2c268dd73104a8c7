package dev.naiad.nydusimage.command;

import dev.naiad.base.bytes.Digest;
import dev.naiad.base.cli.CommandLine;
import dev.naiad.base.cli.CommandSpec;
import dev.naiad.base.cli.ProgramContext;
import dev.naiad.base.error.ErrorKind;
import dev.naiad.base.error.IoReason;
import dev.naiad.base.error.NaiadException;
import dev.naiad.builder.BuiltLayer;
import dev.naiad.builder.PrefetchPolicy;
import dev.naiad.builder.external.Attributes;
import dev.naiad.nydusimage.files.OutputFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** {@code nydus-image create}: a layer becomes a blob and a bootstrap. */
public final class CreateCommand implements ImageCommand {
    private static final Logger LOG = LoggerFactory.getLogger(CreateCommand.class);

    @Override
    public CommandSpec spec() {
        return CreateSpec.create();
    }

    @Override
    public int run(ProgramContext context, CommandLine line) {
        var json = new OutputJson();
        var type = ConversionType.ofWord(line.get("type"));
        CreateRules.check(line, type);
        var policy = PrefetchPolicy.ofWord(line.get("prefetch-policy")).orElse(PrefetchPolicy.NONE);
        var options =
                CreateOptions.read(line, type, PrefetchPatterns.read(context.in(), policy), policy);
        var source = Path.of(line.argument(0).orElseThrow());
        var attributes =
                line.find("attributes").map(Path::of).map(Attributes::read).orElse(Attributes.NONE);
        var built = new CreateBuild(line, type, source, options, attributes).run();
        json.step("total_build");
        json.event("euid", owner("unix:uid"));
        json.event("egid", owner("unix:gid"));
        if (type == ConversionType.DIRECTORY_TO_RAFS) {
            json.event("load_from_directory", built.statistics().entries());
        }
        json.event("blob_uncompressed_size", built.statistics().uncompressedSize());
        json.event("dedup_chunks", built.statistics().duplicateChunks());
        json.event("dedup_uncompressed_size", built.statistics().duplicateBytes());
        boolean inlined = line.flag("blob-inline-meta") && !type.isBootstrapOnly();
        String bootstrap = inlined ? "" : writeBootstrap(line, built.bootstrap());
        ExternalOutput.write(line, source, options, attributes, bootstrap, json);
        var ids = blobIds(built);
        line.find("output-json")
                .ifPresent(
                        file ->
                                OutputJson.write(
                                        Path.of(file),
                                        json.pretty(
                                                bootstrap,
                                                ids,
                                                options.version().word(),
                                                options.compressor().word())));
        LOG.info(
                "Successfully built RAFS filesystem: \nmeta blob path: {}\ndata blob size: 0x{}\ndata blobs: {}",
                bootstrap.isEmpty() ? "<none>" : bootstrap,
                Long.toHexString(built.size()),
                ids);
        return 0;
    }

    /** Whom we run as. */
    private static String owner(String attribute) {
        try {
            return String.valueOf(Files.getAttribute(Path.of("/proc/self"), attribute));
        } catch (IOException e) {
            throw new NaiadException(ErrorKind.UNAVAILABLE, IoReason.after("/proc/self", e), e);
        }
    }

    private static List<String> blobIds(BuiltLayer built) {
        // compat: an inlined bootstrap cannot name its blob; what callers want is the digest of
        // what was written.
        return built.blobs().stream()
                .map(blob -> blob.hasPlaceholderId() ? built.digest().hex() : blob.id())
                .toList();
    }

    private static String writeBootstrap(CommandLine line, byte[] bootstrap) {
        Path path =
                line.find("bootstrap")
                        .map(Path::of)
                        .orElseGet(
                                () ->
                                        Path.of(line.get("blob-dir"))
                                                .resolve(Digest.sha256Of(bootstrap).hex()));
        OutputFile.write(path, bootstrap);
        return path.toString();
    }
}
