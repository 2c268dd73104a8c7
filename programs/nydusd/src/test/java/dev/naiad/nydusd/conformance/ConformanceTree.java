package dev.naiad.nydusd.conformance;

import dev.naiad.linux.Errno;
import dev.naiad.linux.ErrnoException;
import dev.naiad.linux.RawFiles;
import dev.naiad.linux.RawPath;
import dev.naiad.linux.Stat;
import dev.naiad.linux.Xattrs;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Random;

/**
 * A directory with everything an image can hold: the source that a mount is compared with. Needs
 * root.
 */
final class ConformanceTree {
    /** In all file names and contents there is no luck: the same tree each time. */
    private static final long SEED = 20_251;

    private final RawPath root;

    private ConformanceTree(Path root) {
        this.root = RawPath.of(root);
    }

    static void make(Path root) throws IOException {
        Files.createDirectory(root);
        new ConformanceTree(root).fill(root);
    }

    static byte[] random(int length, long seed) {
        byte[] bytes = new byte[length];
        new Random(seed).nextBytes(bytes);
        return bytes;
    }

    private void fill(Path path) throws IOException {
        for (int size : new int[] {0, 1, 4095, 4096, 4097, 1 << 20, (1 << 20) + 1, 3_500_000}) {
            file("size-" + size, random(size, SEED + size), 0644);
        }
        file("text", "the same words again and again\n".repeat(20_000), 0600);
        file("setuid", "x", 04755);
        file("nobody-may", "x", 0);
        holes(path.resolve("holes"));
        directory("empty", 0700);
        directory("sticky", 01777);
        directory("many", 0755);
        for (int i = 0; i < 700; i++) {
            file("many/a-file-with-a-longer-name-" + i, Integer.toString(i), 0644);
        }
        directory("deep", 0755);
        var deep = "deep";
        for (int i = 0; i < 30; i++) {
            deep += "/d" + i;
            directory(deep, 0755);
        }
        file(deep + "/bottom", "deep down", 0644);
        RawFiles.symlink(bytes("size-4096"), root.resolve("link"));
        RawFiles.symlink(bytes("/nowhere/" + "x".repeat(900)), root.resolve("long-link"));
        RawFiles.link(root.resolve("text"), root.resolve("hard-link"));
        RawFiles.link(root.resolve("text"), root.resolve("empty").resolve("hard-link"));
        RawFiles.mknod(root.resolve("fifo"), Stat.S_IFIFO | 0640, 0);
        RawFiles.mknod(root.resolve("character"), Stat.S_IFCHR | 0660, Stat.device(5, 300));
        RawFiles.mknod(root.resolve("block"), Stat.S_IFBLK | 0660, Stat.device(259, 70_000));
        RawFiles.mknod(root.resolve("socket"), Stat.S_IFSOCK | 0755, 0);
        byte[] odd = {'o', 'd', 'd', (byte) 0xff, (byte) 0x80, ' ', '\t', '\n'};
        Files.createFile(path.resolve("odd"));
        RawFiles.rename(root.resolve("odd"), root.resolve(odd));
        attributes();
        owners();
        times(root);
        // The builder stores no time for the root of a directory.
        RawFiles.setTimes(root, Instant.EPOCH, Instant.EPOCH);
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private void file(String name, String content, int mode) throws IOException {
        file(name, bytes(content), mode);
    }

    private void file(String name, byte[] content, int mode) throws IOException {
        Files.write(Path.of(root + "/" + name), content);
        RawFiles.chmod(at(name), mode);
    }

    private void directory(String name, int mode) {
        RawFiles.mkdir(at(name), 0755);
        RawFiles.chmod(at(name), mode);
    }

    private RawPath at(String name) {
        var path = root;
        for (var part : name.split("/", -1)) {
            path = path.resolve(part);
        }
        return path;
    }

    /** Data, a hole of more than two chunks, data, and a hole at the end. */
    private static void holes(Path path) throws IOException {
        try (var file = new RandomAccessFile(path.toFile(), "rw")) {
            file.write(random(5000, SEED));
            file.seek(3_000_000);
            file.write(random(100, SEED + 1));
            file.setLength(5_000_000);
        }
    }

    private void attributes() {
        // tmpfs of older kernels has no user attributes: then there are none to compare.
        attribute("text", "user.note", bytes("a value"));
        attribute("text", "user.empty", new byte[0]);
        attribute("text", "user.binary", random(2000, SEED));
        attribute("sticky", "user.on-a-directory", bytes("yes"));
        attribute(
                "setuid",
                "security.capability",
                new byte[] {1, 0, 0, 2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0});
    }

    private void attribute(String name, String key, byte[] value) {
        try {
            Xattrs.set(at(name), key, value);
        } catch (ErrnoException e) {
            if (!e.is(Errno.EOPNOTSUPP)) {
                throw e;
            }
        }
    }

    private void owners() {
        RawFiles.lchown(at("size-1"), 1000, 1001);
        RawFiles.lchown(at("size-4096"), 4_000_000_000L, 70_000);
        RawFiles.lchown(at("link"), 5, 6);
        RawFiles.lchown(at("empty"), 7, 8);
    }

    /** Times last, children before their directory. */
    private static void times(RawPath directory) {
        for (var entry : RawFiles.list(directory)) {
            var name = new String(entry.name().bytes(), StandardCharsets.ISO_8859_1);
            if (name.equals(".") || name.equals("..")) {
                continue;
            }
            var path = directory.resolve(entry.name().bytes());
            if (RawFiles.lstat(path).isDirectory()) {
                times(path);
            } else {
                time(path, name);
            }
        }
        time(directory, directory.toString());
    }

    private static void time(RawPath path, String name) {
        var random = new Random(name.hashCode());
        var time =
                Instant.ofEpochSecond(
                        random.nextLong(4_000_000_000L), random.nextInt(1_000_000_000));
        RawFiles.setTimes(path, time, time);
    }
}
