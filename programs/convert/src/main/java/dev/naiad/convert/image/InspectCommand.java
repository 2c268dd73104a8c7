package dev.naiad.convert.image;

import dev.naiad.base.cli.CommandLine;
import dev.naiad.base.cli.CommandSpec;
import dev.naiad.base.cli.Option;
import dev.naiad.base.cli.Positional;
import dev.naiad.base.cli.ProgramContext;
import dev.naiad.base.cli.Style;
import dev.naiad.base.config.JsonWriter;
import dev.naiad.base.error.ErrorKind;
import dev.naiad.base.error.NaiadException;
import dev.naiad.builder.ImageCheck;
import dev.naiad.rafs.BlobInfo;
import dev.naiad.rafs.Bootstrap;
import dev.naiad.rafs.FileType;
import dev.naiad.rafs.Inode;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.lang.foreign.Arena;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Locale;
import java.util.TreeMap;

/**
 * {@code nydus-image inspect}: looks into a bootstrap, by single requests (JSON) or at a prompt.
 */
public final class InspectCommand implements ImageCommand {
    private static final String PROMPT = "Inspecting RAFS :> ";
    private static final String COMMANDS =
            "stats, ls, cd DIR, stat NAME, blobs, prefetch, icheck INODE, help, exit";

    @Override
    public CommandSpec spec() {
        return CommandSpec.builder(
                        Style.CLAP,
                        "inspect",
                        "Inspect RAFS filesystem metadata in interactive or request mode")
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
                                .shortName('D'))
                .option(
                        Option.value(
                                        "config",
                                        "config",
                                        "Configuration file for storage backend, cache and RAFS FUSE filesystem.")
                                .shortName('C'))
                .option(
                        Option.value(
                                        "request",
                                        "request",
                                        "Inspect RAFS filesystem metadata in request mode")
                                .shortName('R'))
                .build();
    }

    @Override
    public int run(ProgramContext context, CommandLine line) throws IOException {
        var file = CheckCommand.bootstrap(line);
        try (var arena = Arena.ofShared()) {
            var image = BootstrapFile.open(file, arena);
            var session = new Session(image, file, context.out());
            var request = line.find("request");
            if (request.isPresent()) {
                // compat: some callers pass "-R blobs" as one argument, with a blank before the
                // request.
                context.out().print(session.request(request.get().strip()));
                return 0;
            }
            var in =
                    new BufferedReader(new InputStreamReader(context.in(), StandardCharsets.UTF_8));
            context.out().print(PROMPT);
            context.out().flush();
            for (String text = in.readLine();
                    text != null && session.command(text.strip());
                    text = in.readLine()) {
                context.out().print(PROMPT);
                context.out().flush();
            }
            return 0;
        }
    }

    private static final class Session {
        private final Bootstrap image;
        private final Path file;
        private final PrintStream out;
        private Inode directory;

        Session(Bootstrap image, Path file, PrintStream out) {
            this.image = image;
            this.file = file;
            this.out = out;
            this.directory = image.root();
        }

        private BlobInfo named(BlobInfo blob) {
            return blob.hasPlaceholderId() ? blob.withId(BootstrapFile.blobId(file)) : blob;
        }

        /** The JSON of a request, keys sorted, no line end. */
        String request(String text) {
            return switch (text.split(" ", 2)[0]) {
                case "stats" ->
                        JsonWriter.compact()
                                .object()
                                .put("inodes_count", image.inodeCount())
                                .end()
                                .toString();
                case "blobs" -> blobs();
                case "prefetch" -> prefetch();
                case "ls", "cd", "stat", "icheck" -> {
                    command(text);
                    yield "null";
                }
                case "exit", "q" -> "null";
                default ->
                        throw new NaiadException(
                                ErrorKind.INVALID_ARGUMENT,
                                "inspect: request \""
                                        + text
                                        + "\" is not supported; try "
                                        + COMMANDS);
            };
        }

        private String blobs() {
            var json = JsonWriter.compact().array();
            for (var stored : image.blobs()) {
                var blob = named(stored);
                json.object()
                        .put("blob_id", blob.id())
                        .put("compressed_size", blob.compressedSize())
                        .put("decompressed_size", blob.uncompressedSize())
                        .put("readahead_offset", 0)
                        .put("readahead_size", blob.readaheadSize())
                        .end();
            }
            return json.end().toString();
        }

        private String prefetch() {
            var wanted = new TreeMap<Long, ArrayList<String>>();
            long[] numbers = image.prefetch();
            for (long number : numbers) {
                wanted.put(number, new ArrayList<>());
            }
            ImageCheck.check(
                    image,
                    (path, inode) -> {
                        var paths = wanted.get(inode.number());
                        if (paths != null) {
                            paths.add(path);
                        }
                    });
            var json = JsonWriter.compact().array();
            for (long number : numbers) {
                json.object()
                        .put("inode", number)
                        .put("path", wanted.getOrDefault(number, new ArrayList<>()))
                        .end();
            }
            return json.end().toString();
        }

        /**
         * A line at the prompt; false ends it. The rest of the line behind the command is one name,
         * blanks and all.
         */
        boolean command(String text) {
            String[] words = text.split(" ", 2);
            String argument = words.length > 1 ? words[1].strip() : "";
            switch (words[0]) {
                case "" -> {}
                case "exit", "q" -> {
                    return false;
                }
                case "stats" -> stats();
                case "ls" -> list();
                case "cd" -> change(argument);
                case "stat" -> stat(argument);
                case "blobs" -> image.blobs().forEach(blob -> printBlob(named(blob)));
                case "prefetch" -> {
                    out.println("Total Prefetching Files: " + image.prefetch().length);
                    out.println(prefetch());
                }
                case "icheck" -> icheck(argument);
                case "help" -> out.println(COMMANDS);
                default -> out.println("unknown command " + words[0] + "; there are: " + COMMANDS);
            }
            return true;
        }

        private void stats() {
            out.println("    Version:            " + image.version().word());
            out.println("    Inodes Count:       " + image.inodeCount());
            out.println("    Chunk Size:         " + image.chunkSize() / 1024 + "KB");
            out.println("    Root Inode:         " + image.root().number());
            out.println("    Flags:              0x" + Long.toHexString(image.flags()));
        }

        private void list() {
            directory.children(
                    0,
                    (number, type, name, cookie) -> {
                        String letter =
                                switch (type) {
                                    case REGULAR -> "-";
                                    case DIRECTORY -> "d";
                                    case SYMLINK -> "l";
                                    case CHARACTER, BLOCK, FIFO, SOCKET -> " ";
                                };
                        String text =
                                new String(
                                        name.toArray(ValueLayout.JAVA_BYTE),
                                        StandardCharsets.UTF_8);
                        out.println(
                                letter
                                        + "    "
                                        + String.format("%-8d", number)
                                        + " \""
                                        + text
                                        + "\"");
                        return true;
                    });
        }

        private void change(String name) {
            if (name.equals(".")) {
                return;
            }
            var target =
                    name.equals("..")
                            ? image.inode(directory.parentNumber())
                            : directory.child(name.getBytes(StandardCharsets.UTF_8));
            if (target == null) {
                out.println(name + " is not there");
            } else if (target.type() != FileType.DIRECTORY) {
                out.println(name + " is not a directory");
            } else {
                directory = target;
            }
        }

        private void stat(String name) {
            var inode =
                    name.equals(".")
                            ? directory
                            : directory.child(name.getBytes(StandardCharsets.UTF_8));
            if (inode == null) {
                out.println(name + " is not there");
                return;
            }
            print(name, inode);
            for (int k = 0; k < inode.chunkCount(); k++) {
                var chunk = inode.chunk(k);
                out.println(
                        "        "
                                + k
                                + " file offset: "
                                + chunk.fileOffset()
                                + ", chunk index: "
                                + chunk.chunkIndex()
                                + ", compressed size: "
                                + chunk.compressedSize()
                                + ", decompressed size: "
                                + chunk.uncompressedSize()
                                + ", compressed offset: "
                                + chunk.compressedOffset()
                                + ", decompressed offset: "
                                + chunk.uncompressedOffset()
                                + ", blob id: "
                                + named(image.blobs().get(chunk.blobIndex())).id());
            }
        }

        private void icheck(String text) {
            ImageCheck.check(
                    image,
                    (path, inode) -> {
                        if (Long.toString(inode.number()).equals(text)) {
                            print(path, inode);
                        }
                    });
        }

        private void print(String name, Inode inode) {
            out.println("    Inode Number:       " + inode.number());
            out.println("    Name:               \"" + name + "\"");
            out.println("    Size:               " + inode.size());
            out.println(
                    "    Mode:               0x"
                            + Integer.toHexString(inode.mode()).toUpperCase(Locale.ROOT));
            out.println("    Permissions:        " + Integer.toOctalString(inode.mode()));
            out.println("    Nlink:              " + inode.linkCount());
            out.println("    UID:                " + inode.uid());
            out.println("    GID:                " + inode.gid());
            out.println("    Mtime:              " + inode.mtimeSeconds());
            out.println("    MtimeNsec:          " + inode.mtimeNanos());
            out.println("    Blocks:             " + inode.blocks());
        }

        private void printBlob(BlobInfo blob) {
            out.println("    Blob Index:             " + blob.index());
            out.println("    Blob ID:                " + blob.id());
            out.println("    Blob Size:              " + blob.compressedSize());
            out.println("    Compressed Data Size:   " + blob.compressedDataSize());
            out.println("    Uncompressed Data Size: " + blob.uncompressedSize());
            out.println("    Mapped Block Address:   " + blob.mappedBlock());
            out.println("    Features:               " + blob.features());
            out.println("    Compressor:             " + blob.compressor().word());
            out.println("    Digester:               " + blob.digester().word());
            out.println("    Chunk Size:             0x" + Long.toHexString(blob.chunkSize()));
            out.println("    Chunk Count:            " + blob.chunkCount());
            out.println("    Meta Compressor:        " + blob.meta().compressor().word());
            out.println("    Meta Offset:            " + blob.meta().offset());
            out.println("    Meta Compressed Size:   " + blob.meta().compressedSize());
            out.println("    Meta Uncompressed Size: " + blob.meta().uncompressedSize());
            out.println("    ToC Size:               " + blob.toc().size());
        }
    }
}
