package dev.naiad.builder;

import dev.naiad.base.bytes.ByteSource;
import dev.naiad.builder.load.BlobAccess;
import dev.naiad.builder.load.TreeWalk;
import dev.naiad.builder.tar.TarWriter;
import dev.naiad.rafs.BlobInfo;
import dev.naiad.rafs.Bootstrap;
import dev.naiad.rafs.FileType;
import dev.naiad.rafs.Inode;
import dev.naiad.rafs.LayerHint;
import java.io.OutputStream;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/**
 * Turns an image back into a tar archive, checking every chunk. The root and sockets have no entry.
 */
public final class ImageUnpacker {
    private final Bootstrap image;
    private final Function<BlobInfo, ByteSource> blobs;
    private final TarWriter tar;
    private final Map<Integer, BlobAccess> open = new HashMap<>();
    private final Map<Long, byte[]> names = new HashMap<>();
    private final boolean followHints;
    private final byte[] buffer;
    private int bufferBlob;
    private int bufferChunk;
    private int bufferSize = -1;

    private ImageUnpacker(
            Bootstrap image,
            Function<BlobInfo, ByteSource> blobs,
            TarWriter tar,
            boolean followHints) {
        this.followHints = followHints;
        this.image = image;
        this.blobs = blobs;
        this.tar = tar;
        this.buffer = new byte[image.chunkSize()];
    }

    /**
     * Unpacks everything, depth first.
     *
     * @param blobs opens a blob when its first chunk is needed
     * @param name of the archive, for errors
     */
    public static void unpack(
            Bootstrap image, Function<BlobInfo, ByteSource> blobs, OutputStream out, String name) {
        var tar = new TarWriter(out, name);
        new ImageUnpacker(image, blobs, tar, false).run();
        tar.end();
    }

    /**
     * The same for one layer, without loss: the root has an entry if the layer's archive had one,
     * directories that it did not list have none, and links to files of lower layers are links
     * again.
     */
    public static void unpackLayer(
            Bootstrap image, Function<BlobInfo, ByteSource> blobs, OutputStream out, String name) {
        var tar = new TarWriter(out, name);
        var root = image.root();
        if (root.layerHint() != LayerHint.IMPLICIT_DIRECTORY && !looksImplicit(root)) {
            tar.entry(new byte[] {'.'}, root);
        }
        new ImageUnpacker(image, blobs, tar, true).run();
        tar.end();
    }

    /** compat: blobs of the original builder have no hints. */
    private static boolean looksImplicit(Inode root) {
        return (root.mode() & 07777) == 0755
                && root.uid() == 0
                && root.gid() == 0
                && root.mtimeSeconds() == 0
                && root.mtimeNanos() == 0
                && root.xattrs().isEmpty();
    }

    @SuppressWarnings("ArrayRecordComponent") // compared nowhere
    private record Entry(byte[] path, Inode inode) {}

    private void run() {
        // The walk visits a directory's entries before what is below them; archives go depth first.
        var children = new HashMap<String, List<Entry>>();
        TreeWalk.walk(
                image,
                (parent, name, inode) -> {
                    if (!(parent instanceof Entry directory)) {
                        return new Entry(new byte[0], inode);
                    }
                    var entry = new Entry(join(directory.path, name), inode);
                    children.computeIfAbsent(key(directory.path), k -> new ArrayList<>())
                            .add(entry);
                    return entry;
                });
        var stack = new ArrayDeque<Entry>();
        push(stack, children.getOrDefault(key(new byte[0]), List.of()));
        while (!stack.isEmpty()) {
            var entry = stack.pop();
            write(entry);
            if (entry.inode.type() == FileType.DIRECTORY) {
                push(stack, children.getOrDefault(key(entry.path), List.of()));
            }
        }
    }

    private static void push(Deque<Entry> stack, List<Entry> entries) {
        entries.reversed().forEach(stack::push);
    }

    private static String key(byte[] path) {
        return new String(path, StandardCharsets.ISO_8859_1);
    }

    private static byte[] join(byte[] directory, byte[] name) {
        if (directory.length == 0) {
            return name;
        }
        byte[] path = Arrays.copyOf(directory, directory.length + 1 + name.length);
        path[directory.length] = '/';
        System.arraycopy(name, 0, path, directory.length + 1, name.length);
        return path;
    }

    private void write(Entry entry) {
        var inode = entry.inode;
        if (inode.type() == FileType.SOCKET) {
            return;
        }
        if (followHints) {
            switch (inode.layerHint()) {
                case NONE -> {}
                case IMPLICIT_DIRECTORY -> {
                    return;
                }
                case LINK_BELOW -> {
                    // It is replaced by a symlink to the file's absolute path.
                    byte[] target = inode.symlinkTarget();
                    tar.hardLink(entry.path, inode, Arrays.copyOfRange(target, 1, target.length));
                    return;
                }
            }
        }
        if (inode.type() == FileType.REGULAR && inode.linkCount() > 1) {
            byte[] first = names.putIfAbsent(inode.number(), entry.path);
            if (first != null) {
                tar.hardLink(entry.path, inode, first);
                return;
            }
        }
        tar.entry(entry.path, inode);
        if (inode.type() == FileType.REGULAR) {
            content(inode);
            tar.pad(inode.size());
        }
    }

    private void content(Inode inode) {
        int count = inode.chunkCount();
        for (int k = 0; k < count; k++) {
            var ref = inode.chunkRef(k);
            // A hole is the same chunk again and again.
            if (ref.blobIndex() != bufferBlob
                    || ref.chunkIndex() != bufferChunk
                    || ref.size() != bufferSize) {
                bufferSize = -1;
                var blob = open.computeIfAbsent(ref.blobIndex(), this::open);
                blob.chunk(ref, MemorySegment.ofArray(buffer).asSlice(0, ref.size()));
                bufferBlob = ref.blobIndex();
                bufferChunk = ref.chunkIndex();
                bufferSize = ref.size();
            }
            tar.data(buffer, ref.size());
        }
    }

    private BlobAccess open(int index) {
        var info = image.blobs().get(index);
        return BlobAccess.open(image, info, blobs);
    }
}
