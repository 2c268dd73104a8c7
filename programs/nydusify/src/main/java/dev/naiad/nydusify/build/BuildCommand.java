package dev.naiad.nydusify.build;

import dev.naiad.base.cli.CommandLine;
import dev.naiad.base.cli.Program;
import dev.naiad.base.cli.ProgramContext;
import dev.naiad.base.config.ConfigNode;
import dev.naiad.base.config.JsonReader;
import dev.naiad.base.error.ErrorKind;
import dev.naiad.base.error.IoReason;
import dev.naiad.base.error.NaiadException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * {@code nydusify build}: a directory becomes a blob and a bootstrap in a directory. What it does
 * is {@code nydus-image create} in this process, so both give the same bytes.
 */
public final class BuildCommand {
    private static final Logger LOG = LoggerFactory.getLogger(BuildCommand.class);
    private static final String BLOB = ".blob";
    private static final String OUTPUT_JSON = "output.json";

    private final ProgramContext context;
    private final Program nydusImage;

    public BuildCommand(ProgramContext context, Program nydusImage) {
        this.context = context;
        this.nydusImage = nydusImage;
    }

    public int run(CommandLine line) throws Exception {
        Path source = Path.of(line.get("source-dir"));
        Path output = Path.of(line.get("output-dir"));
        if (!Files.isDirectory(source)) {
            throw new NaiadException(
                    ErrorKind.INVALID_ARGUMENT, "--source-dir " + source + " is not a directory");
        }
        String name = line.get("name");
        if (name.isEmpty() || !name.equals(String.valueOf(Path.of(name).getFileName()))) {
            throw new NaiadException(
                    ErrorKind.INVALID_ARGUMENT, "--name '" + name + "' is not a name of a file");
        }
        try {
            Files.createDirectories(output);
        } catch (IOException e) {
            throw new NaiadException(
                    ErrorKind.UNAVAILABLE,
                    IoReason.after("cannot make --output-dir " + output, e),
                    e);
        }
        if (output.toRealPath().startsWith(source.toRealPath())) {
            // The image would hold its own half-written blob.
            throw new NaiadException(
                    ErrorKind.INVALID_ARGUMENT,
                    "--output-dir " + output + " lies in --source-dir " + source);
        }
        Path bootstrap = output.resolve(bootstrapName(name));
        Path blob = output.resolve(blobName(name));
        if (bootstrap.equals(blob)) {
            throw new NaiadException(
                    ErrorKind.INVALID_ARGUMENT, "--name " + name + " is the name of the blob");
        }
        Optional<BuildPush> push = BuildPush.of(context, line);
        try (var parent = BuildParent.of(context, nydusImage, line, output)) {
            create(line, source, output, bootstrap, blob, parent.bootstrap());
            Optional<String> id = newBlob(output, parent.blobs(), line);
            if (id.isEmpty()) {
                Files.delete(blob);
            } else if (parent.bootstrap().isPresent() || push.isPresent()) {
                // Readers of an image of several blobs find each by its id.
                blob =
                        Files.move(
                                blob,
                                output.resolve(id.get()),
                                StandardCopyOption.REPLACE_EXISTING);
            }
            String where = bootstrap.toString();
            String data = id.isPresent() ? blob.toString() : "";
            if (push.isPresent()) {
                try (var backend = push.get()) {
                    for (String known : parent.blobs()) {
                        if (Files.isRegularFile(output.resolve(known))) {
                            var _ = backend.blob(known, output.resolve(known));
                        }
                    }
                    data = id.isPresent() ? backend.blob(id.get(), blob) : "";
                    where = backend.bootstrap(bootstrap);
                }
            }
            LOG.info("successfully built Nydus image (bootstrap:'{}', blob:'{}')", where, data);
        }
        return 0;
    }

    /** The blob of the image that neither its parent nor the dictionary has. */
    private static Optional<String> newBlob(Path output, Set<String> known, CommandLine line) {
        var all = new HashSet<>(known);
        line.find("chunk-dict")
                .filter(text -> !text.isEmpty())
                .map(text -> Path.of(text.replaceFirst("^bootstrap=", "")))
                .ifPresent(path -> all.addAll(BuildParent.blobsOf(path)));
        return JsonReader.read(output.resolve(OUTPUT_JSON)).get("blobs").items().stream()
                .map(ConfigNode::text)
                .filter(id -> !all.contains(id))
                .findFirst();
    }

    private void create(
            CommandLine line,
            Path source,
            Path output,
            Path bootstrap,
            Path blob,
            Optional<Path> parent)
            throws Exception {
        var args =
                new ArrayList<>(
                        List.of(
                                "create",
                                "--bootstrap=" + bootstrap,
                                "--blob=" + blob,
                                "--output-json=" + output.resolve(OUTPUT_JSON),
                                "--whiteout-spec=oci",
                                "--fs-version=" + line.get("fs-version"),
                                "--compressor=" + line.get("compressor"),
                                "--chunk-size=" + line.get("chunk-size")));
        line.find("chunk-dict")
                .filter(text -> !text.isEmpty())
                .ifPresent(text -> args.add("--chunk-dict=" + text));
        parent.ifPresent(path -> args.add("--parent-bootstrap=" + path));
        args.add("--");
        args.add(source.toString());
        boolean done = false;
        try {
            done = nydusImage.run(context, args) == 0;
        } finally {
            if (!done) {
                // Half a blob, or one without its bootstrap, helps nobody.
                Files.deleteIfExists(blob);
                Files.deleteIfExists(bootstrap);
            }
        }
    }

    /** A name without extension gets one. */
    static String bootstrapName(String name) {
        return name.lastIndexOf('.') < 0 ? name + ".meta" : name;
    }

    /** The extension, if there is one, gives way. */
    static String blobName(String name) {
        int dot = name.lastIndexOf('.');
        return (dot < 0 ? name : name.substring(0, dot)) + BLOB;
    }
}
