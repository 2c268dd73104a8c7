package dev.naiad.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.naiad.testkit.Requires;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class RawFilesTest {
    @TempDir private Path directory;

    private RawPath at(String name) {
        return RawPath.of(directory).resolve(name);
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    @Test
    void namesNeedNotBeText() {
        byte[] name = {'x', (byte) 0xff, (byte) 0xfe, '\n'};
        RawPath path = RawPath.of(directory).resolve(name);
        RawFiles.mkdir(path, 0700);
        RawFiles.symlink(new byte[] {(byte) 0x80, '/'}, path.resolve("link"));
        assertThat(RawFiles.list(RawPath.of(directory)))
                .singleElement()
                .satisfies(e -> assertThat(e.name()).isEqualTo(RawPath.of(name)))
                .satisfies(e -> assertThat(e.type()).isEqualTo(4));
        assertThat(RawFiles.readlink(path.resolve("link"))).containsExactly(0x80, '/');
        RawFiles.unlink(path.resolve("link"));
        RawFiles.rmdir(path);
        assertThat(RawFiles.find(path)).isEmpty();
    }

    @Test
    void attributesAreThoseThatWereSet() {
        RawPath file = at("file");
        RawFiles.mknod(file, Stat.S_IFREG | 0600, 0);
        RawFiles.chmod(file, 04751);
        Instant time = Instant.ofEpochSecond(1_000_000_000L, 123_456_789);
        RawFiles.setTimes(file, time, time.minusSeconds(5));
        Stat stat = RawFiles.lstat(file);
        assertThat(stat.permissions()).isEqualTo(04751);
        assertThat(stat.isRegular()).isTrue();
        assertThat(stat.size()).isZero();
        assertThat(stat.atime()).isEqualTo(time);
        assertThat(stat.mtime()).isEqualTo(time.minusSeconds(5));
        RawFiles.link(file, at("other"));
        assertThat(RawFiles.lstat(file).links()).isEqualTo(2);
        assertThat(RawFiles.lstat(at("other")).inode()).isEqualTo(stat.inode());
        RawFiles.rename(at("other"), at("third"));
        assertThat(RawFiles.lstat(at("third")).inode()).isEqualTo(stat.inode());
    }

    @Test
    void linksAreNotFollowed() {
        RawFiles.symlink(bytes("nowhere"), at("link"));
        assertThat(RawFiles.lstat(at("link")).isSymlink()).isTrue();
        assertThatThrownBy(() -> RawFiles.stat(at("link"))).isInstanceOf(ErrnoException.class);
        RawFiles.setTimes(at("link"), Instant.EPOCH, Instant.EPOCH);
        assertThat(RawFiles.lstat(at("link")).mtime()).isEqualTo(Instant.EPOCH);
    }

    @Test
    void aLargeDirectoryIsListedWhole() throws Exception {
        for (int i = 0; i < 3000; i++) {
            Files.createFile(directory.resolve("a file with quite a long name " + i));
        }
        assertThat(
                        RawFiles.list(RawPath.of(directory)).stream()
                                .map(RawFiles.DirEntry::name)
                                .distinct())
                .hasSize(3000);
    }

    @Test
    void extendedAttributesOfFilesAndDescriptors() {
        RawPath file = at("file");
        try (Fd fd = Fd.open(file, Open.O_RDWR | Open.O_CREAT, 0600)) {
            try {
                Xattrs.set(file, "user.naiad", bytes("value"));
            } catch (ErrnoException e) {
                Requires.skip("needs user attributes on the temporary file system: " + e.what());
            }
            Xattrs.set(fd, "user.empty", new byte[0]);
            assertThat(Xattrs.get(fd, "user.naiad")).contains(bytes("value"));
            assertThat(Xattrs.get(file, "user.empty")).contains(new byte[0]);
            assertThat(Xattrs.get(file, "user.none")).isEmpty();
            assertThat(Xattrs.list(file)).contains("user.naiad", "user.empty");
            Xattrs.remove(file, "user.naiad");
            assertThat(Xattrs.list(fd)).contains("user.empty").doesNotContain("user.naiad");
        }
    }

    @Test
    void theFileSystemTellsItsSpace() {
        assertThat(RawFiles.fileSystem(RawPath.of(directory)).blocks()).isPositive();
    }

    @Test
    void devicesHaveTwoParts() {
        long device = Stat.device(0x12345, 0x6789abcd);
        assertThat(Stat.major(device)).isEqualTo(0x12345);
        assertThat(Stat.minor(device)).isEqualTo(0x6789abcd);
        assertThat(RawFiles.stat(RawPath.of("/dev/null")).rdevice()).isEqualTo(Stat.device(1, 3));
    }

    @Test
    void pathsWithZerosAreRefused() {
        assertThatThrownBy(() -> RawPath.of("a\0b")).hasMessageContaining("zero byte");
        assertThat(RawPath.of("/").resolve("x")).hasToString("/x");
    }
}
