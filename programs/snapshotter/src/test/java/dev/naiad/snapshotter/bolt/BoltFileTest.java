package dev.naiad.snapshotter.bolt;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.naiad.base.error.CorruptFormatException;
import dev.naiad.base.error.ErrorKind;
import dev.naiad.base.error.NaiadException;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class BoltFileTest {
    private static final Duration NO_WAIT = Duration.ZERO;

    @TempDir Path dir;

    private Path db() {
        return dir.resolve("test.db");
    }

    @Test
    void aNewFileIsPrivateAndEmptyAndCanBeReopened() throws IOException {
        try (var file = BoltFile.open(db(), NO_WAIT)) {
            assertThat(file.<Boolean>read(root -> root.bucket(bytes("v1")).isPresent())).isFalse();
        }
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(db())))
                .isEqualTo("rw-------");
        try (var file = BoltFile.open(db(), NO_WAIT)) {
            assertSound(file);
        }
    }

    @Test
    void valuesAndNestedBucketsSurviveAReopen() {
        try (var file = BoltFile.open(db(), NO_WAIT)) {
            file.write(
                    root -> {
                        BoltBucket outer = root.createBucket(bytes("outer"));
                        outer.put(bytes("k"), bytes("v"));
                        outer.createBucket(bytes("inner")).put(bytes("big"), new byte[20_000]);
                        assertThat(outer.nextSequence()).isEqualTo(1);
                        return 0;
                    });
        }
        try (var file = BoltFile.open(db(), NO_WAIT)) {
            file.read(
                    root -> {
                        BoltBucket outer = root.bucket(bytes("outer")).orElseThrow();
                        assertThat(outer.get(bytes("k"))).contains(bytes("v"));
                        assertThat(outer.sequence()).isEqualTo(1);
                        assertThat(outer.bucket(bytes("inner")).orElseThrow().get(bytes("big")))
                                .hasValueSatisfying(big -> assertThat(big).hasSize(20_000));
                        return 0;
                    });
            assertSound(file);
        }
    }

    @Test
    void aFailedTransactionLeavesNothing() {
        try (var file = BoltFile.open(db(), NO_WAIT)) {
            file.write(
                    root -> {
                        root.createBucket(bytes("a")).put(bytes("k"), bytes("1"));
                        return 0;
                    });
            assertThatThrownBy(
                            () ->
                                    file.write(
                                            root -> {
                                                root.bucket(bytes("a"))
                                                        .orElseThrow()
                                                        .put(bytes("k"), bytes("2"));
                                                root.createBucket(bytes("b"));
                                                throw new NaiadException(ErrorKind.ABORTED, "no");
                                            }))
                    .hasMessageContaining("no");
            file.read(
                    root -> {
                        assertThat(root.bucket(bytes("a")).orElseThrow().get(bytes("k")))
                                .contains(bytes("1"));
                        assertThat(root.bucket(bytes("b"))).isEmpty();
                        return 0;
                    });
            assertSound(file);
        }
    }

    @Test
    void aSecondOpenerIsRefusedWhileTheFirstHoldsTheFile() {
        try (var first = BoltFile.open(db(), NO_WAIT)) {
            assertThat(first).isNotNull();
            assertThatThrownBy(() -> BoltFile.open(db(), NO_WAIT).close())
                    .isInstanceOfSatisfying(
                            NaiadException.class,
                            e -> assertThat(e.kind()).isEqualTo(ErrorKind.UNAVAILABLE))
                    .hasMessageContaining("timeout");
        }
        BoltFile.open(db(), NO_WAIT).close();
    }

    @Test
    void randomHistoriesGiveWhatAMapGives() {
        for (long seed = 1; seed <= 6; seed++) {
            randomHistory(seed);
        }
    }

    private void randomHistory(long seed) {
        var random = new Random(seed);
        Path path = dir.resolve("random-" + seed);
        Map<String, Map<String, byte[]>> model = new TreeMap<>();
        BoltFile file = BoltFile.open(path, NO_WAIT);
        try {
            for (int transaction = 0; transaction < 50; transaction++) {
                var next = copy(model);
                int steps = random.nextInt(1, 60);
                file.write(
                        root -> {
                            for (int i = 0; i < steps; i++) {
                                change(random, root, next);
                            }
                            return 0;
                        });
                model = next;
                if (random.nextInt(8) == 0) {
                    file.close();
                    file = BoltFile.open(path, NO_WAIT);
                }
                assertThat(read(file))
                        .as("seed %d transaction %d", seed, transaction)
                        .isEqualTo(readable(model));
                assertSound(file);
            }
        } finally {
            file.close();
        }
    }

    private static void change(
            Random random, BoltBucket root, Map<String, Map<String, byte[]>> model) {
        String name = "bucket-" + random.nextInt(5);
        if (random.nextInt(60) == 0) {
            root.deleteBucket(bytes(name));
            model.remove(name);
            return;
        }
        BoltBucket bucket = root.createBucketIfAbsent(bytes(name));
        var expected = model.computeIfAbsent(name, n -> new TreeMap<>());
        // Skewed towards deleting at times, so that trees also shrink.
        boolean delete = random.nextInt(10) < (name.hashCode() % 2 == 0 ? 3 : 6);
        String key = "key-" + random.nextInt(400);
        if (delete) {
            bucket.delete(bytes(key));
            expected.remove(key);
        } else {
            byte[] value =
                    new byte[random.nextInt(12) == 0 ? random.nextInt(9000) : random.nextInt(80)];
            random.nextBytes(value);
            bucket.put(bytes(key), value);
            expected.put(key, value);
        }
    }

    @Test
    void deletingEverythingGivesTheSpaceBack() throws IOException {
        try (var file = BoltFile.open(db(), NO_WAIT)) {
            for (int round = 0; round < 8; round++) {
                file.write(
                        root -> {
                            BoltBucket bucket = root.createBucketIfAbsent(bytes("b"));
                            for (int i = 0; i < 500; i++) {
                                bucket.createBucket(bytes("snapshot-" + i))
                                        .put(bytes("label"), new byte[300]);
                            }
                            return 0;
                        });
                file.write(
                        root -> {
                            BoltBucket bucket = root.bucket(bytes("b")).orElseThrow();
                            for (int i = 0; i < 500; i++) {
                                bucket.deleteBucket(bytes("snapshot-" + i));
                            }
                            return 0;
                        });
                assertSound(file);
            }
            assertThat(Files.size(db())).isLessThan(2 << 20);
        }
    }

    @Test
    void aFreeListOfMoreThan65534PagesKeepsItsCountInFrontOfTheNumbers() {
        for (int count : new int[] {0, 1, 0xFFFE, 0xFFFF, 70_000}) {
            long[] numbers = java.util.stream.LongStream.range(2, 2L + count).toArray();
            byte[] page = BoltPage.encodeFreeList(9, numbers, BoltPage.freeListSize(count), 0);
            assertThat(BoltPage.freeList(page, "test", 0)).isEqualTo(numbers);
        }
    }

    @Test
    void everyPrefixOfACommitsWritesLeavesTheOldOrTheNewState() throws IOException {
        byte[] before;
        try (var file = BoltFile.open(db(), NO_WAIT)) {
            file.write(
                    root -> {
                        BoltBucket bucket = root.createBucket(bytes("b"));
                        for (int i = 0; i < 300; i++) {
                            bucket.put(bytes("k" + i), bytes("old"));
                        }
                        return 0;
                    });
        }
        before = Files.readAllBytes(db());
        byte[] after;
        try (var file = BoltFile.open(db(), NO_WAIT)) {
            file.write(
                    root -> {
                        BoltBucket bucket = root.bucket(bytes("b")).orElseThrow();
                        for (int i = 0; i < 300; i++) {
                            bucket.put(bytes("k" + i), bytes("new"));
                        }
                        return 0;
                    });
        }
        after = Files.readAllBytes(db());
        int page = 4096;
        var changed = new ArrayList<Integer>();
        for (int p = 2; p < after.length / page; p++) {
            changed.add(p);
        }
        changed.add(0);
        changed.add(1);
        byte[] image = java.util.Arrays.copyOf(before, after.length);
        for (int step = 0; step <= changed.size(); step++) {
            Path half = dir.resolve("half-" + step);
            Files.write(half, image);
            try (var file = BoltFile.open(half, NO_WAIT)) {
                String value =
                        file.read(
                                root ->
                                        new String(
                                                root.bucket(bytes("b"))
                                                        .orElseThrow()
                                                        .get(bytes("k7"))
                                                        .orElseThrow(),
                                                UTF_8));
                assertThat(value).isEqualTo(step <= changed.size() - 2 ? "old" : value);
                assertSound(file);
            }
            Files.delete(half);
            if (step < changed.size()) {
                int p = changed.get(step);
                System.arraycopy(after, p * page, image, p * page, page);
            }
        }
    }

    @Test
    void aTornNewestMetaPageFallsBackToTheOlderOne() throws IOException {
        long transaction;
        try (var file = BoltFile.open(db(), NO_WAIT)) {
            for (String value : List.of("first", "second")) {
                file.write(
                        root -> {
                            root.createBucketIfAbsent(bytes("b")).put(bytes("k"), bytes(value));
                            return 0;
                        });
            }
            transaction = file.metaForTest().transaction();
        }
        try (var raw = new RandomAccessFile(db().toFile(), "rw")) {
            raw.seek((transaction & 1) * 4096 + 16 + 20);
            raw.write(0x5a);
        }
        try (var file = BoltFile.open(db(), NO_WAIT)) {
            assertThat(
                            file.<byte[]>read(
                                    root ->
                                            root.bucket(bytes("b"))
                                                    .orElseThrow()
                                                    .get(bytes("k"))
                                                    .orElseThrow()))
                    .isEqualTo(bytes("first"));
        }
    }

    @Test
    void damagedFilesAreRefusedNotMisread() throws IOException {
        try (var file = BoltFile.open(db(), NO_WAIT)) {
            file.write(
                    root -> {
                        BoltBucket bucket = root.createBucket(bytes("b"));
                        for (int i = 0; i < 400; i++) {
                            bucket.put(bytes("key-" + i), new byte[60]);
                        }
                        return 0;
                    });
        }
        byte[] good = Files.readAllBytes(db());
        var random = new Random(7);
        for (int i = 0; i < 400; i++) {
            byte[] bad = good.clone();
            int at = random.nextInt(2 * 4096, bad.length);
            bad[at] ^= (byte) (1 << random.nextInt(8));
            Path path = dir.resolve("bad");
            Files.write(path, bad);
            try (var file = BoltFile.open(path, NO_WAIT)) {
                read(file);
            } catch (NaiadException e) {
                assertThat(e.kind()).as("bit at %d", at).isEqualTo(ErrorKind.DATA_LOSS);
            }
            Files.delete(path);
        }
        Files.write(dir.resolve("noise"), new byte[20_000]);
        assertThatThrownBy(() -> BoltFile.open(dir.resolve("noise"), NO_WAIT).close())
                .isInstanceOf(CorruptFormatException.class);
    }

    private static void assertSound(BoltFile file) {
        BitSet used = new BoltReachable(file, file.metaForTest()).pages();
        BitSet free = file.freeForTest();
        assertThat(used.intersects(free)).as("a page used and free").isFalse();
        var all = new BitSet();
        all.or(used);
        all.or(free);
        var expected = new BitSet();
        expected.set(2, (int) file.metaForTest().highWater());
        assertThat(all).as("every page used or free").isEqualTo(expected);
    }

    private static Map<String, Map<String, String>> read(BoltFile file) {
        return file.read(
                root -> {
                    var found = new TreeMap<String, Map<String, String>>();
                    root.scanBuckets(
                            (name, bucket) -> {
                                var values = new TreeMap<String, String>();
                                bucket.scan(
                                        new byte[0],
                                        (key, value) -> {
                                            values.put(
                                                    new String(key, UTF_8),
                                                    java.util.HexFormat.of().formatHex(value));
                                            return true;
                                        });
                                found.put(new String(name, UTF_8), values);
                                return true;
                            });
                    return found;
                });
    }

    private static Map<String, Map<String, String>> readable(
            Map<String, Map<String, byte[]>> model) {
        var found = new TreeMap<String, Map<String, String>>();
        model.forEach(
                (name, values) -> {
                    var texts = new TreeMap<String, String>();
                    values.forEach(
                            (key, value) ->
                                    texts.put(key, java.util.HexFormat.of().formatHex(value)));
                    found.put(name, texts);
                });
        return found;
    }

    private static Map<String, Map<String, byte[]>> copy(Map<String, Map<String, byte[]>> model) {
        Map<String, Map<String, byte[]>> copy = new TreeMap<>();
        model.forEach((name, values) -> copy.put(name, new TreeMap<>(values)));
        return copy;
    }

    private static byte[] bytes(String text) {
        return text.getBytes(UTF_8);
    }
}
