package dev.naiad.nydusimage.command;

import dev.naiad.base.config.JsonWriter;
import dev.naiad.base.error.ErrorKind;
import dev.naiad.base.error.NaiadException;
import dev.naiad.builder.ImageCheck;
import dev.naiad.rafs.BlobInfo;
import dev.naiad.rafs.Bootstrap;
import dev.naiad.rafs.FileType;
import dev.naiad.rafs.Inode;
import java.io.PrintStream;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** One look into an image: where it stands, and what each command or request answers. */
final class InspectSession {
    static final String COMMANDS =
            "stats, ls, cd DIR, stat NAME, blobs, prefetch, chunk OFFSET, icheck INODE, help, exit";

    private final Bootstrap image;
    private final List<BlobInfo> blobs;
    private final PrintStream out;
    private final InspectText text;
    private Inode directory;

    /**
     * @param named the blob table with the ids under which the blobs are found
     */
    InspectSession(Bootstrap image, List<BlobInfo> named, PrintStream out) {
        this.image = image;
        this.blobs = named;
        this.out = out;
        this.text = new InspectText(image, named);
        this.directory = image.root();
    }

    /** The JSON of a request, keys sorted, no line end; texts go out before it. */
    String request(String request) {
        return switch (request.split(" ", 2)[0]) {
            case "stats" ->
                    JsonWriter.compact()
                            .object()
                            .put("inodes_count", image.inodeCount())
                            .end()
                            .toString();
            case "blobs" -> blobsJson();
            case "prefetch" -> prefetchJson();
            case "ls", "cd", "stat", "chunk", "icheck", "exit", "q" -> {
                command(request);
                yield "null";
            }
            default ->
                    throw new NaiadException(
                            ErrorKind.INVALID_ARGUMENT,
                            "inspect: request \""
                                    + request
                                    + "\" is not supported; try "
                                    + COMMANDS);
        };
    }

    /**
     * A line at the prompt; false ends it. The rest of the line behind the command is one name,
     * blanks and all.
     *
     * @throws NaiadException INVALID_ARGUMENT if the command wants something else
     */
    boolean command(String line) {
        String[] words = line.split(" ", 2);
        String argument = words.length > 1 ? words[1].strip() : "";
        switch (words[0]) {
            case "" -> {}
            case "exit", "q" -> {
                return false;
            }
            case "stats" -> out.print(text.stats());
            case "ls" -> list();
            case "cd" -> change(argument);
            case "stat" -> stat(argument);
            case "blobs" -> blobs.forEach(blob -> out.print(text.blob(blob)));
            case "prefetch" -> prefetch();
            case "chunk" -> chunk(number("chunk", argument));
            case "icheck" -> icheck(number("icheck", argument));
            case "help" -> out.println(COMMANDS);
            default ->
                    throw new NaiadException(
                            ErrorKind.INVALID_ARGUMENT,
                            "unknown command " + words[0] + "; there are: " + COMMANDS);
        }
        return true;
    }

    private static long number(String command, String argument) {
        try {
            return Long.parseUnsignedLong(argument);
        } catch (NumberFormatException e) {
            throw new NaiadException(
                    ErrorKind.INVALID_ARGUMENT,
                    command + ": \"" + argument + "\" is not a decimal number",
                    e);
        }
    }

    private String blobsJson() {
        var json = JsonWriter.compact().array();
        for (var blob : blobs) {
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

    /** All paths of what is to be prefetched, by inode number. */
    private Map<Long, List<String>> prefetchPaths() {
        var wanted = new TreeMap<Long, List<String>>();
        for (long number : image.prefetch()) {
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
        return wanted;
    }

    private String prefetchJson() {
        var paths = prefetchPaths();
        var json = JsonWriter.compact().array();
        for (long number : image.prefetch()) {
            json.object()
                    .put("inode", number)
                    .put("path", paths.getOrDefault(number, List.of()))
                    .end();
        }
        return json.end().toString();
    }

    private void prefetch() {
        var paths = prefetchPaths();
        long[] numbers = image.prefetch();
        out.println("Total Prefetching Files: " + numbers.length);
        for (long number : numbers) {
            out.println(
                    "Inode Number:"
                            + String.format("%-10d", number)
                            + " | Path: \""
                            + String.join(" ", paths.getOrDefault(number, List.of()))
                            + "\"");
        }
    }

    private void list() {
        directory.children(
                0,
                (number, type, name, cookie) -> {
                    out.println(
                            InspectText.entry(
                                    number,
                                    type,
                                    new String(
                                            name.toArray(ValueLayout.JAVA_BYTE),
                                            StandardCharsets.UTF_8)));
                    return true;
                });
    }

    private @Nullable Inode find(String name) {
        return switch (name) {
            case "", "." -> directory;
            case ".." -> image.inode(directory.parentNumber());
            default -> directory.child(name.getBytes(StandardCharsets.UTF_8));
        };
    }

    private void change(String name) {
        var target = find(name);
        if (target == null) {
            out.println(name + " is not there");
        } else if (target.type() != FileType.DIRECTORY) {
            out.println(name + " is not a directory");
        } else {
            directory = target;
        }
    }

    private void stat(String name) {
        var inode = find(name);
        if (inode == null) {
            out.println(name + " is not there");
            return;
        }
        long parent =
                inode.type() == FileType.DIRECTORY ? inode.parentNumber() : directory.number();
        out.print(text.inode(name.isEmpty() ? "." : name, parent, inode));
        if (inode.type() == FileType.REGULAR) {
            out.print(text.chunks(inode));
        }
    }

    /** An entry somewhere in the tree. */
    private record Found(String path, long parent, Inode inode) {}

    @FunctionalInterface
    private interface Visitor {
        void visit(Found found);
    }

    private void everywhere(Visitor visitor) {
        var directories = new TreeMap<String, Long>();
        ImageCheck.check(
                image,
                (path, inode) -> {
                    int slash = path.lastIndexOf('/');
                    String above = slash <= 0 ? "/" : path.substring(0, slash);
                    if (inode.type() == FileType.DIRECTORY) {
                        directories.put(path, inode.number());
                    }
                    long parent = directories.getOrDefault(above, inode.number());
                    visitor.visit(new Found(path, parent, inode));
                });
    }

    private void icheck(long number) {
        boolean[] found = {false};
        everywhere(
                entry -> {
                    if (entry.inode.number() == number) {
                        found[0] = true;
                        out.println("    Path:               " + entry.path);
                        String name = entry.path.substring(entry.path.lastIndexOf('/') + 1);
                        out.print(
                                text.inode(name.isEmpty() ? "/" : name, entry.parent, entry.inode));
                    }
                });
        if (!found[0]) {
            out.println("no inode " + number);
        }
    }

    private void chunk(long offset) {
        boolean[] found = {false};
        everywhere(
                entry -> {
                    int count = entry.inode.chunkCount();
                    for (int k = 0; k < count; k++) {
                        var chunk = entry.inode.chunk(k);
                        if (chunk.compressedOffset() == offset) {
                            found[0] = true;
                            out.print(text.owner(entry.path, chunk));
                        }
                    }
                });
        if (!found[0]) {
            out.println("no chunk at " + offset);
        }
    }
}
