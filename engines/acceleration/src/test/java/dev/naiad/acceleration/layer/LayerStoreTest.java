package dev.naiad.acceleration.layer;

import static org.assertj.core.api.Assertions.assertThat;

import dev.naiad.base.bytes.ByteSize;
import dev.naiad.base.bytes.Digest;
import dev.naiad.testkit.FakeClock;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LayerStoreTest {
    private final FakeClock clock = new FakeClock();

    @TempDir Path directory = Path.of("/");

    private LayerStore open(long limit) {
        return LayerStore.open(directory, ByteSize.of(limit), clock);
    }

    private Digest keep(LayerStore store, String key, int size) throws Exception {
        clock.advance(Duration.ofSeconds(1));
        byte[] bytes = new byte[size];
        bytes[0] = (byte) key.charAt(0);
        Path made = store.newFile();
        Files.write(made, bytes);
        store.keep(key, Digest.sha256Of(bytes), made);
        Files.deleteIfExists(made);
        return Digest.sha256Of(bytes);
    }

    private boolean has(LayerStore store, String key) {
        clock.advance(Duration.ofSeconds(1));
        var found = store.find(key);
        found.ifPresent(LayerStore.Found::close);
        return found.isPresent();
    }

    private List<String> blobs() throws Exception {
        try (var files = Files.list(directory.resolve("blobs/sha256"))) {
            return files.map(file -> file.getFileName().toString()).sorted().toList();
        }
    }

    @Test
    void theLeastOftenUsedGoesFirstThenTheLeastRecent() throws Exception {
        LayerStore store = open(1000);
        keep(store, "a", 300);
        keep(store, "b", 300);
        keep(store, "c", 300);
        has(store, "a"); // used twice now
        has(store, "b");
        has(store, "b");

        Digest d = keep(store, "d", 300); // room is made for it

        assertThat(store.size()).isEqualTo(900);
        assertThat(has(store, "c")).isFalse();
        assertThat(blobs()).hasSize(3).contains(d.hex());
        store.shrinkToPercent(50);
        assertThat(store.size()).isEqualTo(300);
        assertThat(has(store, "b")).isTrue();
    }

    @Test
    void usesAndOrderSurviveARestart() throws Exception {
        LayerStore first = open(10_000);
        keep(first, "old", 400);
        keep(first, "new", 400);
        keep(first, "popular", 400);
        has(first, "popular");
        has(first, "old"); // twice, as the popular one, but later

        LayerStore second = open(10_000);

        assertThat(second.size()).isEqualTo(1200);
        second.shrinkToPercent(8);
        assertThat(second.size()).isEqualTo(800);
        second.shrinkToPercent(4);
        assertThat(has(second, "new")).isFalse();
        assertThat(has(second, "popular")).isFalse();
        assertThat(has(second, "old")).isTrue();
    }

    @Test
    void whatACrashLeftHalfDoneIsRemoved() throws Exception {
        LayerStore first = open(10_000);
        Digest kept = keep(first, "a", 100);
        Digest cut = keep(first, "b", 100);
        first.newFile();
        Files.write(directory.resolve("blobs/sha256/" + cut.hex()), new byte[50]);
        Files.write(directory.resolve("blobs/sha256/" + "0".repeat(64)), new byte[10]);

        LayerStore second = open(10_000);

        assertThat(blobs()).containsExactly(kept.hex());
        assertThat(directory.resolve("ingest")).isEmptyDirectory();
        assertThat(has(second, "a")).isTrue();
        assertThat(has(second, "b")).isFalse();
    }

    @Test
    void aBlobThatIsLargerThanTheStoreIsNotKept() throws Exception {
        LayerStore store = open(100);

        keep(store, "a", 101);

        assertThat(store.size()).isZero();
        assertThat(blobs()).isEmpty();
    }

    @Test
    void aBlobOfTwoSourcesCountsOnceAndGoesWithTheLast() {
        Digest shared = Digest.sha256Of(new byte[] {1});
        Digest other = Digest.sha256Of(new byte[] {2});
        var at = Instant.EPOCH;
        var all =
                List.of(
                        new KeptLayer("a", shared, 100, 1, at),
                        new KeptLayer("b", shared, 100, 3, at),
                        new KeptLayer("c", other, 100, 2, at));

        assertThat(LayerStore.victims(all, 200)).isEmpty();
        assertThat(LayerStore.victims(all, 100))
                .extracting(KeptLayer::key)
                .containsExactly("a", "c");
        assertThat(LayerStore.victims(all, 0)).hasSize(3);
    }

    @Test
    void aBlobThatIsGoneIsNotFound() throws Exception {
        LayerStore store = open(1000);
        Digest blob = keep(store, "a", 100);
        Files.delete(directory.resolve("blobs/sha256/" + blob.hex()));

        assertThat(has(store, "a")).isFalse();
        assertThat(store.size()).isZero();
    }

    @Test
    void roomIsMadeBeforeABlobComesAndNotByTheBlobItself() throws Exception {
        LayerStore store = open(1000);
        keep(store, "a", 400);
        keep(store, "b", 400);
        has(store, "a");
        has(store, "b");

        keep(store, "c", 400); // used least often of the three, once it is here

        assertThat(has(store, "c")).isTrue();
        assertThat(has(store, "b")).isTrue();
        assertThat(has(store, "a")).isFalse();
    }

    @Test
    void aBlobThatIsTooLargeDrivesNobodyOut() throws Exception {
        LayerStore store = open(100);
        keep(store, "a", 60);

        keep(store, "b", 101);

        assertThat(has(store, "a")).isTrue();
        assertThat(has(store, "b")).isFalse();
    }

    @Test
    void aBlobStaysAsLongAsOneOfItsSourcesIsKnown() throws Exception {
        LayerStore store = open(1000);
        byte[] bytes = {1, 2, 3};
        for (String key : List.of("one", "two")) {
            Path made = store.newFile();
            Files.write(made, bytes);
            store.keep(key, Digest.sha256Of(bytes), made);
        }
        assertThat(store.size()).isEqualTo(3);

        store.discard("one");

        assertThat(has(store, "one")).isFalse();
        assertThat(has(store, "two")).isTrue();
        store.discard("two");
        assertThat(blobs()).isEmpty();
    }
}
