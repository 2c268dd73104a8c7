package dev.naiad.nydusimage.command;

import dev.naiad.base.cli.CommandLine;
import dev.naiad.base.cli.CommandSpec;
import dev.naiad.base.cli.Option;
import dev.naiad.base.cli.ProgramContext;
import dev.naiad.base.cli.Style;
import dev.naiad.base.cli.UsageException;
import dev.naiad.base.error.ErrorKind;
import dev.naiad.base.error.NaiadException;
import dev.naiad.base.file.PendingFile;
import dev.naiad.rafs.Bootstrap;
import dev.naiad.rafs.reader.BootstrapReader;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/** {@code nydus-image export --block}: an image and its blobs become one block device. */
public final class ExportCommand implements ImageCommand {
    private static final int MAX_THREADS = 1024;

    @Override
    public CommandSpec spec() {
        return CommandSpec.builder(
                        Style.CLAP,
                        "export",
                        "Export RAFS filesystems as raw block disk images or tar files")
                .option(Option.flag("block", "Export RAFS filesystem as a raw block disk image"))
                .option(
                        Option.value("bootstrap", "bootstrap", "File path of RAFS metadata")
                                .shortName('B')
                                .requires("localfs-dir"))
                .option(
                        Option.value(
                                        "config",
                                        "config",
                                        "Config file of a blob cache entry, which names bootstrap and storage backend")
                                .shortName('C'))
                .option(
                        Option.value("localfs-dir", "localfs-dir", "Directory of the data blobs")
                                .shortName('D')
                                .requires("bootstrap")
                                .conflictsWith("config"))
                .option(
                        Option.number("threads", "threads", "Number of threads", 1, MAX_THREADS)
                                .defaultValue("4"))
                .option(
                        Option.value("output", "output", "File path of the disk image")
                                .shortName('O'))
                .option(Option.flag("verity", "Append a dm-verity hash tree to the disk image"))
                .build();
    }

    @Override
    public int run(ProgramContext context, CommandLine line) throws IOException {
        if (!line.flag("block")) {
            throw new UsageException("export: --block is the only mode and has to be given");
        }
        if (line.given("config")) {
            if (!line.given("output")) {
                throw new UsageException("export: --config needs --output");
            }
            var entry = BlobCacheEntry.read(Path.of(line.get("config")));
            try (var blobs = BlobSources.of(entry.backends(), context, entry.bootstrap())) {
                return run(context, line, entry.bootstrap(), blobs, Path.of(line.get("output")));
            }
        }
        if (!line.given("bootstrap")) {
            throw new UsageException(
                    "export: --bootstrap and --localfs-dir, or --config are needed");
        }
        var file = Path.of(line.get("bootstrap"));
        var directory = Path.of(line.get("localfs-dir"));
        var output =
                line.find("output")
                        .map(Path::of)
                        .orElseGet(() -> directory.resolve(file.getFileName() + ".disk"));
        try (var blobs = BlobSources.of(line, context, file, "localfs-dir").orElseThrow()) {
            return run(context, line, file, blobs, output);
        }
    }

    private static int run(
            ProgramContext context, CommandLine line, Path file, BlobSources blobs, Path output)
            throws IOException {
        if (Files.exists(output) && !Files.isRegularFile(output)) {
            throw new NaiadException(
                    ErrorKind.INVALID_ARGUMENT,
                    output + " is not a regular file; export to a file and copy it there");
        }
        Optional<VerityTree> tree;
        int blockSize;
        try (var arena = Arena.ofShared()) {
            var bytes = BootstrapFile.read(file, arena);
            var image = BootstrapReader.open(bytes, file.toString());
            BlockImage.check(image);
            blockSize = image.blockSize();
            tree = export(image, bytes, blobs, output, line.flag("verity"));
        }
        // compat: snapshotters scan standard output from its first byte on for exactly this line.
        tree.ifPresent(
                made ->
                        context.out()
                                .println(
                                        "dm-verity options: --no-superblock --format=1 -s \"\""
                                                + " --hash=sha256 --data-block-size="
                                                + blockSize
                                                + " --hash-block-size="
                                                + VerityTree.HASH_BLOCK
                                                + " --data-blocks "
                                                + made.dataBlocks()
                                                + " --hash-offset "
                                                + made.offset()
                                                + " "
                                                + made.root()));
        return 0;
    }

    /** The output appears when it is complete. */
    private static Optional<VerityTree> export(
            Bootstrap image, MemorySegment bytes, BlobSources blobs, Path output, boolean verity) {
        try (var pending = PendingFile.beside(output, "rw-r--r--")) {
            FileChannel out = pending.channel();
            long size = BlockImage.write(image, bytes, blobs::open, out);
            Optional<VerityTree> tree =
                    verity
                            ? Optional.of(VerityTree.append(out, size, image.blockSize()))
                            : Optional.empty();
            pending.replace(PendingFile.Sync.NONE);
            return tree;
        } catch (IOException e) {
            throw new NaiadException(
                    ErrorKind.UNAVAILABLE,
                    "cannot write disk image " + output + ": " + e.getMessage(),
                    e);
        }
    }
}
