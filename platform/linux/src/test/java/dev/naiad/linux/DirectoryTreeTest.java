package dev.naiad.linux;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class DirectoryTreeTest {
    @TempDir Path dir;

    @Test
    void hardLinksCountOnceAndSymbolicLinksAreNotFollowed() throws IOException {
        Path root = Files.createDirectory(dir.resolve("root"));
        Path outside = Files.createDirectory(dir.resolve("outside"));
        Files.write(outside.resolve("big"), new byte[1 << 20]);
        assertThat(DirectoryTree.size(root).inodes()).isEqualTo(1);
        Files.write(root.resolve("a"), new byte[100_000]);
        Files.createLink(root.resolve("b"), root.resolve("a"));
        Files.createSymbolicLink(root.resolve("link"), outside);
        Files.createDirectories(root.resolve("d/e/f"));
        DirectoryTree.Size size = DirectoryTree.size(root);
        assertThat(size.inodes()).isEqualTo(6);
        assertThat(size.bytes()).isBetween(100_000L, 400_000L);
        DirectoryTree.delete(root);
        assertThat(root).doesNotExist();
        assertThat(outside.resolve("big")).exists();
    }

    @Test
    void anyNamesAtAnyDepthAreDeleted() throws IOException {
        Path root = Files.createDirectory(dir.resolve("root"));
        Path deep = root;
        for (int i = 0; i < 60; i++) {
            deep = Files.createDirectory(deep.resolve("d".repeat(100)));
            if (deep.toString().length() > 3500) {
                break;
            }
        }
        for (int i = 0; i < 2000; i++) {
            Files.createFile(root.resolve("a file with a rather long name " + i));
        }
        DirectoryTree.delete(root);
        assertThat(root).doesNotExist();
        DirectoryTree.delete(root);
    }
}
