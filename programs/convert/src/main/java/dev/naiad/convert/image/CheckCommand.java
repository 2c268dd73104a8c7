package dev.naiad.convert.image;

import dev.naiad.base.bytes.Hex;
import dev.naiad.base.cli.CommandLine;
import dev.naiad.base.cli.CommandSpec;
import dev.naiad.base.cli.Option;
import dev.naiad.base.cli.Positional;
import dev.naiad.base.cli.ProgramContext;
import dev.naiad.base.cli.Style;
import dev.naiad.base.cli.UsageException;
import dev.naiad.builder.ImageCheck;
import dev.naiad.rafs.BlobInfo;
import dev.naiad.rafs.FileType;
import dev.naiad.rafs.Inode;
import java.io.PrintStream;
import java.lang.foreign.Arena;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Set;

/** {@code nydus-image check}: reads a bootstrap completely and says what blobs it needs. */
public final class CheckCommand implements ImageCommand {
    @Override
    public CommandSpec spec() {
        return CommandSpec.builder(Style.CLAP, "check", "Validate RAFS filesystem metadata")
                .positional(Positional.optional("BOOTSTRAP", "File path of RAFS metadata"))
                .option(
                        Option.value(
                                        "bootstrap",
                                        "bootstrap",
                                        "[Deprecated] File path of RAFS meta blob/bootstrap")
                                .shortName('B'))
                .option(
                        Option.value(
                                        "blob-dir",
                                        "blob-dir",
                                        "Directory path to save generated RAFS metadata and data blobs")
                                .shortName('D')
                                .conflictsWith("config"))
                .option(
                        Option.value(
                                        "config",
                                        "config",
                                        "Configuration file for storage backend, cache and RAFS FUSE filesystem.")
                                .shortName('C'))
                .option(Option.flag("verbose", "Output message in verbose mode").shortName('v'))
                .option(
                        Option.value(
                                        "output-json",
                                        "output-json",
                                        "File path to save operation result in JSON format")
                                .shortName('J'))
                .build();
    }

    @Override
    public int run(ProgramContext context, CommandLine line) {
        var out = context.out();
        var file = bootstrap(line);
        try (var arena = Arena.ofShared()) {
            var image = BootstrapFile.open(file, arena);
            Set<Long> seen = new HashSet<>();
            ImageCheck.check(
                    image,
                    (path, inode) -> {
                        if (line.flag("verbose")) {
                            print(out, path, inode, seen);
                        }
                    });
            out.println("RAFS filesystem metadata is valid, referenced data blobs: ");
            for (var blob : image.blobs()) {
                boolean named = blob.hasPlaceholderId() && !line.given("bootstrap");
                out.println(blobLine(named ? blob.withId(BootstrapFile.blobId(file)) : blob));
            }
            line.find("output-json")
                    .ifPresent(
                            json ->
                                    OutputJson.write(
                                            Path.of(json),
                                            new OutputJson()
                                                    .compact(
                                                            file.toString(),
                                                            image.blobs().stream()
                                                                    .map(BlobInfo::id)
                                                                    .toList(),
                                                            image.version().word(),
                                                            image.compressor().word())));
        }
        return 0;
    }

    /** The bootstrap is an argument or, as in old scripts, an option. */
    static Path bootstrap(CommandLine line) {
        var argument = line.argument(0);
        if (argument.isPresent() && line.given("bootstrap")) {
            throw new UsageException(
                    "the argument '[BOOTSTRAP]' cannot be used with '--bootstrap <bootstrap>'");
        }
        return Path.of(
                argument.or(() -> line.find("bootstrap"))
                        .orElseThrow(() -> new UsageException("a bootstrap file is needed")));
    }

    private static String blobLine(BlobInfo blob) {
        return "\t "
                + blob.index()
                + ": "
                + blob.id()
                + ", compressed size "
                + blob.compressedSize()
                + ", uncompressed size "
                + blob.uncompressedSize()
                + ", chunk size: "
                + blob.chunkSize()
                + ", chunk count: "
                + blob.chunkCount()
                + ", features: "
                + blob.features().words();
    }

    private static void print(PrintStream out, String path, Inode inode, Set<Long> seen) {
        boolean link =
                inode.type() == FileType.REGULAR
                        && inode.linkCount() > 1
                        && !seen.add(inode.number());
        String type =
                switch (inode.type()) {
                    case DIRECTORY -> "dir";
                    case REGULAR -> link ? "hardlink" : "file";
                    case SYMLINK -> "symlink";
                    case CHARACTER, BLOCK, FIFO, SOCKET -> "";
                };
        out.println(
                "inode: "
                        + type
                        + " \""
                        + path
                        + "\": ino "
                        + inode.number()
                        + " real_ino "
                        + inode.number()
                        + " i_nlink "
                        + inode.linkCount()
                        + " i_size "
                        + inode.size()
                        + " i_blocks "
                        + inode.blocks()
                        + " has_xattr "
                        + inode.hasXattrs()
                        + " i_mtime "
                        + inode.mtimeSeconds()
                        + " i_mtime_nsec "
                        + inode.mtimeNanos());
        int chunks = inode.chunkCount();
        for (int k = 0; k < chunks; k++) {
            var chunk = inode.chunk(k);
            out.println(
                    "\t chunk: id "
                            + Hex.encode(chunk.digest())
                            + ", index "
                            + chunk.chunkIndex()
                            + ", blob_index "
                            + chunk.blobIndex()
                            + ", file_offset "
                            + chunk.fileOffset()
                            + ", compressed "
                            + chunk.compressedOffset()
                            + "/"
                            + chunk.compressedSize()
                            + ", uncompressed "
                            + chunk.uncompressedOffset()
                            + "/"
                            + chunk.uncompressedSize()
                            + (chunk.hasCrc()
                                    ? ", crc32 0x" + Integer.toHexString(chunk.crc32c())
                                    : ""));
        }
    }
}
