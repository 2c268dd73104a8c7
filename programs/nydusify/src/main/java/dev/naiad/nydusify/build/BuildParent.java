package dev.naiad.nydusify.build;

import dev.naiad.base.cli.CommandLine;
import dev.naiad.base.cli.Program;
import dev.naiad.base.cli.ProgramContext;
import dev.naiad.base.cli.UsageException;
import dev.naiad.base.config.ConfigNode;
import dev.naiad.base.config.JsonReader;
import dev.naiad.base.config.JsonWriter;
import dev.naiad.base.config.Problems;
import dev.naiad.base.error.ErrorKind;
import dev.naiad.base.error.IoReason;
import dev.naiad.base.error.NaiadException;
import dev.naiad.convert.files.WorkDir;
import dev.naiad.convert.storage.BackendFlags;
import dev.naiad.rafs.BlobInfo;
import dev.naiad.rafs.reader.BootstrapReader;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/** The image that a new one is built upon, compacted if that is wanted. */
final class BuildParent implements AutoCloseable {
    /** What the original takes if no file says otherwise. */
    private static final Map<String, Long> COMPACT =
            Map.of(
                    "min_used_ratio", 5L,
                    "compact_blob_size", 10_485_760L,
                    "max_compact_size", 104_857_600L,
                    "layers_to_compact", 32L);

    private final Optional<Path> bootstrap;
    private final Set<String> blobs;
    private final WorkDir work;

    private BuildParent(Optional<Path> bootstrap, WorkDir work) {
        this.bootstrap = bootstrap;
        this.blobs = bootstrap.map(BuildParent::blobsOf).orElse(Set.of());
        this.work = work;
    }

    /** The parent that the command line names, perhaps none. */
    static BuildParent of(ProgramContext context, Program nydusImage, CommandLine line, Path output)
            throws Exception {
        Optional<Path> parent =
                line.find("parent-bootstrap").filter(text -> !text.isEmpty()).map(Path::of);
        var work = new WorkDir(output);
        if (!line.flag("compact")) {
            return new BuildParent(parent, work);
        }
        Path from =
                parent.orElseThrow(() -> new UsageException("--compact needs --parent-bootstrap"));
        boolean good = false;
        try {
            var result =
                    new BuildParent(
                            Optional.of(compact(context, nydusImage, line, from, output, work)),
                            work);
            good = true;
            return result;
        } finally {
            if (!good) {
                work.close();
            }
        }
    }

    private static Path compact(
            ProgramContext context,
            Program nydusImage,
            CommandLine line,
            Path parent,
            Path output,
            WorkDir work)
            throws Exception {
        Path compacted = parent.resolveSibling(parent.getFileName() + ".compact");
        Path before = work.directory().resolve("compact");
        var args =
                new ArrayList<>(
                        List.of(
                                "compact",
                                "--bootstrap=" + parent,
                                "--blob-dir=" + output,
                                "--output-bootstrap=" + before));
        settings(line)
                .forEach((key, value) -> args.add("--" + key.replace('_', '-') + "=" + value));
        // The configuration holds secrets, which do not belong into anybody's argument list.
        Path config = work.file("backend-");
        Files.write(config, backend(line).getBytes(StandardCharsets.UTF_8));
        args.add("--backend-type=" + line.get("backend-type"));
        args.add("--backend-config-file=" + config);
        int code = nydusImage.run(context, args);
        if (code != 0 || Files.notExists(before)) {
            return parent; // there was nothing to do
        }
        return Files.move(before, compacted, java.nio.file.StandardCopyOption.REPLACE_EXISTING);
    }

    private static String backend(CommandLine line) {
        ConfigNode section = BackendFlags.section(line, "");
        ConfigNode blobs =
                section.has("blob_prefix")
                        ? section.with("object_prefix", section.get("blob_prefix"))
                        : section;
        return JsonWriter.compact().value(blobs).toString();
    }

    private static Map<String, Long> settings(CommandLine line) {
        Optional<Path> file =
                line.find("compact-config-file").filter(text -> !text.isEmpty()).map(Path::of);
        if (file.isEmpty()) {
            return COMPACT;
        }
        ConfigNode node = JsonReader.read(file.get());
        var problems = new Problems();
        var settings =
                COMPACT.entrySet().stream()
                        .collect(
                                Collectors.toMap(
                                        Map.Entry::getKey,
                                        each ->
                                                number(
                                                        node.get(each.getKey()),
                                                        each.getValue(),
                                                        problems)));
        problems.throwIfAny();
        return settings;
    }

    /** compat: the original's example has numbers in quotes. */
    private static long number(ConfigNode node, long fallback, Problems problems) {
        if (node.isPresent() && node.text().matches("[0-9]{1,18}")) {
            return Long.parseLong(node.text());
        }
        return node.integer(problems, fallback, 0, Long.MAX_VALUE);
    }

    /** Ids of an image's blobs. */
    static Set<String> blobsOf(Path bootstrap) {
        try {
            return BootstrapReader.open(
                            MemorySegment.ofArray(Files.readAllBytes(bootstrap)),
                            bootstrap.toString())
                    .blobs()
                    .stream()
                    .map(BlobInfo::id)
                    .collect(Collectors.toSet());
        } catch (IOException e) {
            throw new NaiadException(
                    e instanceof NoSuchFileException ? ErrorKind.NOT_FOUND : ErrorKind.UNAVAILABLE,
                    IoReason.after("bootstrap " + bootstrap, e),
                    e);
        }
    }

    Optional<Path> bootstrap() {
        return bootstrap;
    }

    Set<String> blobs() {
        return blobs;
    }

    @Override
    public void close() {
        work.close();
    }
}
