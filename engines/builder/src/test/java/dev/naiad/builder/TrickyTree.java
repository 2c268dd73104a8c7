package dev.naiad.builder;

import static org.assertj.core.api.Assertions.assertThat;

import dev.naiad.base.bytes.Digest;
import dev.naiad.base.bytes.Hex;
import dev.naiad.linux.Fd;
import dev.naiad.linux.Open;
import dev.naiad.linux.RawFiles;
import dev.naiad.linux.RawPath;
import dev.naiad.linux.Stat;
import dev.naiad.linux.Xattrs;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.Arrays;
import java.util.Comparator;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;

/** A directory with everything that is hard, and a way to compare two of them completely. */
final class TrickyTree {
    private TrickyTree() {}

    static void create(Path root) throws IOException {
        var random = new Random(42);
        Files.createDirectories(root.resolve("dir"));
        for (int i = 0; i < 900; i++) {
            Files.writeString(root.resolve("dir/small-" + i), "content of " + i);
        }
        byte[] noise = new byte[5_000_000];
        random.nextBytes(noise);
        Files.write(root.resolve("noise"), noise);
        Files.write(root.resolve("noise-again"), noise);
        Files.writeString(root.resolve("text"), "all work and no play. ".repeat(150_000));
        Files.write(root.resolve("exactly-two-chunks"), Arrays.copyOf(noise, 2 << 20));
        Files.write(root.resolve("one-block"), Arrays.copyOf(noise, 4096));
        Files.writeString(root.resolve("empty"), "");
        Files.createDirectories(root.resolve("empty-dir"));
        Files.createDirectories(root.resolve("a/b/c/d/e/f"));
        Files.writeString(root.resolve("a/b/c/d/e/f/deep"), "deep");
        Files.createDirectories(root.resolve("opaque"));
        Files.writeString(root.resolve("opaque/hidden"), "hidden");
        Files.createDirectories(root.resolve("replaced/below"));
        Files.writeString(root.resolve("-dash"), "sorts before the dots? no, behind; '!' does");
        Files.writeString(root.resolve("!bang"), "!");
        Files.createLink(root.resolve("a/hard"), root.resolve("text"));
        Files.createLink(root.resolve("zhard"), root.resolve("text"));
        Files.createSymbolicLink(root.resolve("short-link"), Path.of("text"));
        Files.createSymbolicLink(root.resolve("long-link"), Path.of("x/".repeat(2000)));
        var raw = RawPath.of(root);
        RawFiles.mknod(raw.resolve(new byte[] {(byte) 0xff, 'x'}), Stat.S_IFREG | 0600, 0);
        RawFiles.mknod(raw.resolve("null"), Stat.S_IFCHR | 0666, Stat.device(1, 3));
        RawFiles.mknod(raw.resolve("disk"), Stat.S_IFBLK | 0660, Stat.device(259, 70000));
        RawFiles.mknod(raw.resolve("fifo"), Stat.S_IFIFO | 0644, 0);
        Files.setPosixFilePermissions(
                root.resolve("noise"), PosixFilePermissions.fromString("rwxr-x---"));
        RawFiles.chmod(raw.resolve("text"), 04755);
        RawFiles.lchown(raw.resolve("one-block"), 12345, 3_000_000_000L);
        RawFiles.lchown(raw.resolve("short-link"), 7, 8);
        Xattrs.set(
                raw.resolve("noise"),
                "user.note",
                "n".repeat(300).getBytes(StandardCharsets.UTF_8));
        Xattrs.set(raw.resolve("noise"), "trusted.secret", new byte[] {0, 1, 2});
        Xattrs.set(raw.resolve("empty-dir"), "user.on-a-directory", new byte[] {'y'});
        Xattrs.set(
                raw.resolve("text"),
                "security.capability",
                Hex.decode("0100000200040000000000000000000000000000"));
        var time = Instant.parse("1999-12-31T23:59:59.123456789Z");
        RawFiles.setTimes(raw.resolve("text"), time, time);
        RawFiles.setTimes(raw.resolve("dir"), time, Instant.ofEpochSecond(-5));
    }

    /** Compares everything a user can see, but the root's own time. */
    static void assertEqual(Path expected, Path actual) {
        assertEqual(describe(expected, Set.of()), describe(actual, Set.of()));
    }

    static void assertEqual(Map<byte[], String> left, Map<byte[], String> right) {
        var all = new TreeMap<byte[], String>(Arrays::compareUnsigned);
        all.putAll(left);
        all.putAll(right);
        for (byte[] path : all.keySet()) {
            assertThat(right.get(path))
                    .as(new String(path, StandardCharsets.UTF_8))
                    .isEqualTo(left.get(path));
        }
        assertThat(right).hasSameSizeAs(left);
    }

    /**
     * All a user can see, by path.
     *
     * @param undated whose times are left out: paths without a slash at the start, as ISO 8859-1
     */
    static Map<byte[], String> describe(Path root, Set<String> undated) {
        Comparator<byte[]> order = Arrays::compareUnsigned;
        var result = new TreeMap<byte[], String>(order);
        describe(RawPath.of(root), new byte[0], undated, result, new TreeMap<>());
        return result;
    }

    private static void describe(
            RawPath path,
            byte[] name,
            Set<String> undated,
            Map<byte[], String> result,
            Map<Long, byte[]> inodes) {
        var stat = RawFiles.lstat(path);
        int type = stat.mode() & Stat.S_IFMT;
        var text = new StringBuilder();
        text.append("mode ").append(Integer.toOctalString(stat.mode() & 0xffff));
        text.append(" owner ").append(stat.uid()).append(':').append(stat.gid());
        var key = new String(name, StandardCharsets.ISO_8859_1);
        if (name.length > 0 && !undated.contains(key.substring(1))) {
            text.append(" mtime ").append(stat.mtime());
        }
        if (type == Stat.S_IFREG) {
            text.append(" size ").append(stat.size()).append(" links ").append(stat.links());
            text.append(" content ").append(Digest.sha256Of(content(path, stat.size())).hex());
            byte[] first = inodes.putIfAbsent(stat.inode(), name);
            text.append(" inode of ")
                    .append(new String(first == null ? name : first, StandardCharsets.ISO_8859_1));
        } else if (type == Stat.S_IFLNK) {
            text.append(" -> ")
                    .append(new String(RawFiles.readlink(path), StandardCharsets.ISO_8859_1));
        } else if (type == Stat.S_IFCHR || type == Stat.S_IFBLK) {
            text.append(" device ")
                    .append(Stat.major(stat.rdevice()))
                    .append(':')
                    .append(Stat.minor(stat.rdevice()));
        }
        for (String xattr : Xattrs.list(path).stream().sorted().toList()) {
            // SELinux labels belong to the machine the tree lies on.
            if (!xattr.equals("security.selinux")) {
                text.append(' ')
                        .append(xattr)
                        .append('=')
                        .append(Hex.encode(Xattrs.get(path, xattr).orElseThrow()));
            }
        }
        result.put(name, text.toString());
        if (type == Stat.S_IFDIR) {
            var children =
                    RawFiles.list(path).stream()
                            .sorted((a, b) -> a.name().compareTo(b.name()))
                            .toList();
            for (var child : children) {
                var below = new ByteArrayOutputStream();
                below.writeBytes(name);
                below.write('/');
                below.writeBytes(child.name().bytes());
                describe(
                        path.resolve(child.name().bytes()),
                        below.toByteArray(),
                        undated,
                        result,
                        inodes);
            }
        }
    }

    private static byte[] content(RawPath path, long size) {
        try (var fd = Fd.open(path, Open.O_RDONLY, 0);
                var arena = Arena.ofConfined()) {
            var bytes = arena.allocate(Math.max(1, size));
            fd.preadFully(bytes.asSlice(0, size), 0);
            return bytes.asSlice(0, size).toArray(ValueLayout.JAVA_BYTE);
        }
    }
}
