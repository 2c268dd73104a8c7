package dev.naiad.builder;

import dev.naiad.base.bytes.ByteSource;
import dev.naiad.rafs.BlobFeatures;
import dev.naiad.rafs.Bootstrap;
import dev.naiad.rafs.blob.BlobReader;
import dev.naiad.rafs.reader.BootstrapReader;
import dev.naiad.testkit.Commands;
import dev.naiad.testkit.Requires;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/** An image as the kernel's EROFS driver shows it, its decoded blobs as devices. */
final class ErofsMount implements AutoCloseable {
    private final Path mount;
    private final List<String> loops;

    private ErofsMount(Path mount, List<String> loops) {
        this.mount = mount;
        this.loops = loops;
    }

    static void requirements() {
        Requires.mounts();
        Requires.commands("fsck.erofs", "mount", "umount", "losetup");
        Requires.fileSystem("erofs");
    }

    /** Checks an image with fsck.erofs, mounts it and compares it with a directory. */
    static void compare(Path temp, byte[] bootstrap, Map<String, Path> blobs, Path source)
            throws IOException {
        try (var mounted = of(temp, bootstrap, blobs)) {
            TrickyTree.assertEqual(source, mounted.path());
        }
    }

    /**
     * Checks an image with fsck.erofs and mounts it below {@code temp}.
     *
     * @param blobs files by blob id
     */
    static ErofsMount of(Path temp, byte[] bootstrap, Map<String, Path> blobs) throws IOException {
        return of(temp, bootstrap, blobs, false);
    }

    /** The same as the snapshotter does it: everything is a loop device. */
    static ErofsMount overLoops(Path temp, byte[] bootstrap, Map<String, Path> blobs)
            throws IOException {
        return of(temp, bootstrap, blobs, true);
    }

    private static ErofsMount of(
            Path temp, byte[] bootstrap, Map<String, Path> blobs, boolean overLoops)
            throws IOException {
        var boot = temp.resolve("image.boot");
        Files.write(boot, bootstrap);
        var image = BootstrapReader.open(MemorySegment.ofArray(bootstrap), "image.boot");
        ImageCheck.check(image);
        var devices = new ArrayList<String>();
        for (var blob : image.blobs()) {
            var file = Objects.requireNonNull(blobs.get(blob.id()));
            if (blob.has(BlobFeatures.TARFS)) {
                devices.add(file.toString());
                continue;
            }
            var data = temp.resolve(blob.index() + ".data");
            decode(image, blob.index(), file, data);
            devices.add(data.toString());
        }
        Commands.run("fsck.erofs", boot.toString()).orFail();
        var mount = Files.createDirectory(temp.resolve("erofs"));
        String failed = "not tried as files";
        if (!overLoops) {
            var mounted = mount(boot.toString(), devices, mount);
            if (mounted.exitCode() == 0) {
                return new ErofsMount(mount, List.of());
            }
            failed = "as files: " + mounted.output();
        }
        // Kernels before 6.12 mount EROFS from block devices only.
        var loops = new ArrayList<String>();
        try {
            for (String device : devices) {
                loops.add(loop(device));
            }
            String bootLoop = loop(boot.toString());
            loops.add(bootLoop);
            mount(bootLoop, loops.subList(0, devices.size()), mount).orFail();
        } catch (AssertionError e) {
            loops.forEach(ErofsMount::detach);
            throw new AssertionError(failed, e);
        }
        return new ErofsMount(mount, loops);
    }

    private static Commands.Result mount(String boot, List<String> devices, Path mount) {
        var options = new StringBuilder("ro");
        devices.forEach(device -> options.append(",device=").append(device));
        return Commands.run(
                "mount", "-t", "erofs", "-o", options.toString(), boot, mount.toString());
    }

    private static String loop(String file) {
        return Commands.run("losetup", "--find", "--show", "--read-only", file)
                .orFail()
                .output()
                .strip();
    }

    private static void detach(String loop) {
        Commands.run("losetup", "--detach", loop);
    }

    Path path() {
        return mount;
    }

    @Override
    public void close() {
        Commands.run("umount", mount.toString()).orFail();
        loops.forEach(ErofsMount::detach);
    }

    /** The uncompressed blob, through the blob's own chunk information. */
    private static void decode(Bootstrap image, int index, Path blob, Path target)
            throws IOException {
        var info = image.blobs().get(index);
        var reader =
                new BlobReader(
                        ByteSource.of(
                                blob.toString(), MemorySegment.ofArray(Files.readAllBytes(blob))),
                        info);
        var meta = reader.meta();
        try (var file = new RandomAccessFile(target.toFile(), "rw")) {
            file.setLength(info.uncompressedSize());
            for (int i = 0; i < meta.count(); i++) {
                byte[] plain = new byte[meta.uncompressedSize(i)];
                reader.chunk(meta, i, MemorySegment.ofArray(plain));
                file.getChannel().write(ByteBuffer.wrap(plain), meta.uncompressedOffset(i));
            }
        }
    }
}
