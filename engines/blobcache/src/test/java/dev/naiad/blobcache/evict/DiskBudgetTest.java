package dev.naiad.blobcache.evict;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DiskBudgetTest {
    @TempDir Path directory;

    private void blob(String id, int kibibytes, long writtenAt) throws Exception {
        for (String suffix : new String[] {".blob.data", ".blob.data.chunk_map", ".blob.meta"}) {
            Path file = directory.resolve(id + suffix);
            var content = new byte[suffix.equals(".blob.data") ? kibibytes << 10 : 4096];
            java.util.Arrays.fill(content, (byte) 1);
            Files.write(file, content);
            Files.setLastModifiedTime(file, FileTime.fromMillis(writtenAt));
        }
    }

    private boolean isThere(String id) {
        return Files.exists(directory.resolve(id + ".blob.data"));
    }

    @Test
    void theLongestUnwrittenGoFirstAndWhatIsInUseStays() throws Exception {
        blob("oldest", 400, 1000);
        blob("used", 400, 2000);
        blob("older", 400, 3000);
        blob("young", 400, 4000);
        Files.write(directory.resolve("something else"), new byte[1 << 20]);
        var budget = new DiskBudget(directory, 900 << 10, () -> Set.of("used"));
        assertThat(budget.enforce()).isPositive();
        assertThat(isThere("oldest")).isFalse();
        assertThat(isThere("older")).isFalse();
        assertThat(isThere("used")).isTrue();
        assertThat(isThere("young")).isTrue();
        try (var files = Files.list(directory)) {
            assertThat(files).hasSize(7);
        }
        assertThat(budget.enforce()).isZero();
    }

    @Test
    void withoutABudgetNothingIsRemoved() throws Exception {
        blob("a", 4000, 1000);
        var budget = new DiskBudget(directory, 0, Set::of);
        budget.wrote(1L << 40);
        assertThat(budget.enforce()).isZero();
        assertThat(isThere("a")).isTrue();
    }

    @Test
    void theBudgetIsLookedAfterWhileBytesAreWritten() throws Exception {
        blob("a", 4000, 1000);
        var budget = new DiskBudget(directory, 1 << 20, Set::of);
        budget.wrote(1000);
        assertThat(isThere("a")).isTrue();
        budget.wrote(1 << 20);
        assertThat(isThere("a")).isFalse();
    }

    @Test
    void aDirectoryThatIsGoneDoesNotFailTheWriterAndIsLookedAfterWhenItIsBack() throws Exception {
        var gone = directory.resolve("gone");
        var budget = new DiskBudget(gone, 1 << 20, Set::of);
        budget.wrote(1 << 30);
        assertThat(budget.enforce()).isZero();
        assertThat(gone).doesNotExist();
        Files.createDirectory(gone);
        Files.write(gone.resolve("a.blob.data"), new byte[4 << 20]);
        budget.wrote(1 << 30);
        assertThat(gone.resolve("a.blob.data")).doesNotExist();
    }
}
