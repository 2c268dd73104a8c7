package dev.naiad.fuse;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/** A small tree in memory for tests. Built first, then served. */
final class TreeFileSystem implements FuseFileSystem {
    static final long MTIME = 1_700_000_000L;

    final AtomicLong references = new AtomicLong();
    final AtomicLong lookups = new AtomicLong();
    final AtomicLong opens = new AtomicLong();

    /** Reads of files made by {@link #slowFile}, for the test to answer. */
    final LinkedBlockingQueue<ParkedRead> parked = new LinkedBlockingQueue<>();

    private final Arena arena = Arena.ofShared();
    private final List<Node> nodes = new ArrayList<>();
    long timeoutSeconds = 3600;

    private static final class Node {
        final long id;
        final long parent;
        final byte[] name;
        final int mode;
        MemorySegment content = MemorySegment.NULL;
        boolean slow;
        boolean broken;
        final Map<String, byte[]> xattrs = new LinkedHashMap<>();
        final Map<String, Node> children = new LinkedHashMap<>();

        Node(long id, long parent, byte[] name, int mode) {
            this.id = id;
            this.parent = parent;
            this.name = name;
            this.mode = mode;
        }
    }

    TreeFileSystem() {
        nodes.add(new Node(ROOT, ROOT, new byte[0], 0040755));
    }

    private static String key(byte[] name) {
        return new String(name, StandardCharsets.ISO_8859_1);
    }

    private Node add(long parent, byte[] name, int mode) {
        var node = new Node(nodes.size() + 1L, parent, name, mode);
        nodes.add(node);
        node(parent).children.put(key(name), node);
        return node;
    }

    private Node node(long id) {
        return nodes.get((int) id - 1);
    }

    long directory(long parent, String name) {
        return add(parent, name.getBytes(StandardCharsets.UTF_8), 0040750).id;
    }

    long file(long parent, byte[] name, byte[] content) {
        var node = add(parent, name, 0100644);
        node.content = arena.allocate(Math.max(1, content.length)).asSlice(0, content.length);
        MemorySegment.copy(content, 0, node.content, ValueLayout.JAVA_BYTE, 0, content.length);
        return node.id;
    }

    long file(long parent, String name, byte[] content) {
        return file(parent, name.getBytes(StandardCharsets.UTF_8), content);
    }

    /** Its reads are parked. */
    long slowFile(long parent, String name, byte[] content) {
        long id = file(parent, name, content);
        node(id).slow = true;
        return id;
    }

    /** Its reads throw. */
    void brokenFile(long parent, String name) {
        node(file(parent, name, new byte[8192])).broken = true;
    }

    void link(long parent, String name, String target) {
        var node = add(parent, name.getBytes(StandardCharsets.UTF_8), 0120777);
        node.content = MemorySegment.ofArray(target.getBytes(StandardCharsets.UTF_8));
    }

    void xattr(long id, String name, byte[] value) {
        node(id).xattrs.put(name, value);
    }

    /** A name that appears while the tree is served. */
    void rename(long parent, String from, String to) {
        var children = node(parent).children;
        var node = children.remove(from);
        if (node != null) {
            children.put(to, node);
        }
    }

    MemorySegment content(long id) {
        return node(id).content;
    }

    private void fill(Node node, AttrOut out) {
        out.ino(node.id)
                .mode(node.mode)
                .size(node.content.byteSize())
                .blocks((node.content.byteSize() + 511) / 512)
                .links(1)
                .owner(12, 0xFFFF_FFFEL)
                .times(MTIME, 123)
                .blockSize(4096)
                .timeout(timeoutSeconds);
    }

    @Override
    public int lookup(long parent, FuseName name, EntryOut out) {
        lookups.incrementAndGet();
        var found = node(parent).children.get(key(name.toBytes()));
        if (found == null) {
            out.absent(timeoutSeconds);
            return 0;
        }
        references.incrementAndGet();
        fill(found, out.node(found.id, 0, timeoutSeconds));
        return 0;
    }

    @Override
    public int getattr(long node, AttrOut out) {
        fill(node(node), out);
        return 0;
    }

    @Override
    public int readlink(long node, DataOut out) {
        out.append(node(node).content.toArray(ValueLayout.JAVA_BYTE));
        return 0;
    }

    @Override
    public int open(long node, int flags, OpenOut out) {
        opens.incrementAndGet();
        out.keepCache().noFlush().handle(node);
        return 0;
    }

    @Override
    public int read(long node, long offset, int size, ReadReply reply) {
        var file = node(node);
        if (file.broken) {
            throw new IllegalStateException("a bug");
        }
        long length = Math.min(size, file.content.byteSize() - offset);
        if (length <= 0) {
            reply.sendEnd();
        } else if (file.slow) {
            parked.add(reply.park());
        } else {
            // In two parts, so that gathering is exercised.
            long half = length / 2;
            reply.send(
                    List.of(
                            file.content.asSlice(offset, half),
                            file.content.asSlice(offset + half, length - half)));
        }
        return 0;
    }

    /** Answers a parked read with what the file holds. */
    void answer(ParkedRead read) {
        var content = node(read.node()).content;
        long length = Math.min(read.size(), content.byteSize() - read.offset());
        read.send(List.of(content.asSlice(read.offset(), length)));
    }

    @Override
    public int readdir(long node, long offset, DirOut out) {
        var directory = node(node);
        var all = new ArrayList<@Nullable Node>();
        all.add(directory);
        all.add(node(directory.parent));
        all.addAll(directory.children.values());
        for (int i = (int) offset; i < all.size(); i++) {
            var entry = all.get(i);
            byte[] name = i == 0 ? new byte[] {'.'} : i == 1 ? new byte[] {'.', '.'} : entry.name;
            if (!out.add(entry.id, entry.mode >>> 12, name, i + 1L)) {
                break;
            }
            if (out.isPlus() && i > 1) {
                references.incrementAndGet();
                fill(entry, out.entry().node(entry.id, 0, timeoutSeconds));
            }
        }
        return 0;
    }

    @Override
    public int getxattr(long node, FuseName name, DataOut out) {
        var value = node(node).xattrs.get(name.toString());
        if (value == null) {
            return FuseResult.ENODATA;
        }
        out.append(value);
        return 0;
    }

    @Override
    public int listxattr(long node, DataOut out) {
        node(node)
                .xattrs
                .keySet()
                .forEach(
                        name -> out.append(name.getBytes(StandardCharsets.UTF_8)).append((byte) 0));
        return 0;
    }

    @Override
    public int statfs(long node, StatfsOut out) {
        out.blockSize(512).files(nodes.size()).nameLength(255);
        return 0;
    }

    @Override
    public void forget(long node, long count) {
        references.addAndGet(-count);
    }
}
