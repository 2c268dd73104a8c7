package dev.naiad.blobcache.chunkmap;

import static org.assertj.core.api.Assertions.assertThat;

import dev.naiad.testkit.SeededRandom;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Random;
import java.util.concurrent.CyclicBarrier;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class MappedChunkMapTest {
    @TempDir Path directory;
    private Path path;

    @BeforeEach
    void name() {
        path = directory.resolve("x.blob.data.chunk_map");
    }

    @Test
    void tenChunksWithThreeReadyAreTheBytesOfTheOriginal() throws Exception {
        try (var map = MappedChunkMap.open(path, 10)) {
            map.setReady(0);
            map.setReady(3);
            map.setReady(9);
        }
        byte[] file = Files.readAllBytes(path);
        assertThat(file).hasSize(4098);
        var words = ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN);
        assertThat(words.getInt(0)).isEqualTo(0x424D4150);
        assertThat(words.getInt(4)).isEqualTo(1);
        assertThat(words.getInt(8)).isEqualTo(0x434D4150);
        for (int i = 12; i < 4096; i++) {
            assertThat(file[i]).isZero();
        }
        assertThat(file[4096]).isEqualTo((byte) 0x90);
        assertThat(file[4097]).isEqualTo((byte) 0x40);
    }

    @Test
    void bitsSurviveReopening() throws Exception {
        var random = new Random(7);
        var expected = new BitSet();
        int chunks = 1001;
        try (var map = MappedChunkMap.open(path, chunks)) {
            for (int i = 0; i < 300; i++) {
                int chunk = random.nextInt(chunks);
                expected.set(chunk);
                map.setReady(chunk);
            }
        }
        try (var map = MappedChunkMap.open(path, chunks)) {
            for (int i = 0; i < chunks; i++) {
                assertThat(map.isReady(i)).as("chunk %d", i).isEqualTo(expected.get(i));
            }
            assertThat(map.readyCount()).isEqualTo(expected.cardinality());
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 7, 8, 9, 31, 32, 33, 63, 65, 100})
    void aFullMapIsMarkedByTheNextOpener(int chunks) throws Exception {
        try (var map = MappedChunkMap.open(path, chunks)) {
            for (int i = 0; i < chunks; i++) {
                assertThat(map.readyCount()).isEqualTo(i);
                map.setReady(i);
            }
        }
        assertThat(allReadyWord()).isZero();
        MappedChunkMap.open(path, chunks).close();
        assertThat(allReadyWord()).isEqualTo(0x4D4D4150);
    }

    @Test
    void theMarkerStandsForAllBits() throws Exception {
        MappedChunkMap.open(path, 20).close();
        byte[] file = Files.readAllBytes(path);
        ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN).putInt(12, 0x4D4D4150);
        Files.write(path, file);
        try (var map = MappedChunkMap.open(path, 20)) {
            assertThat(map.isReady(19)).isTrue();
            assertThat(map.readyCount()).isEqualTo(20);
        }
    }

    @Test
    void aFileOfZerosIsOneThatIsBeingMade() throws Exception {
        Files.write(path, new byte[4096 + 2]);
        try (var map = MappedChunkMap.open(path, 10)) {
            map.setReady(1);
        }
        byte[] file = Files.readAllBytes(path);
        assertThat(file[0]).isEqualTo((byte) 0x50);
        assertThat(file[4096]).isEqualTo((byte) 0x40);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"short", "long", "magic", "magic2", "version", "marker", "unborn with bits"})
    void whatIsNoMapOfThisBlobIsReplacedByAnEmptyOne(String damage) throws Exception {
        try (var map = MappedChunkMap.open(path, 10)) {
            map.setReady(2);
        }
        byte[] file = Files.readAllBytes(path);
        switch (damage) {
            case "short" -> file = java.util.Arrays.copyOf(file, 4097);
            case "long" -> file = java.util.Arrays.copyOf(file, 4099);
            case "magic" -> file[0] ^= 1;
            case "version" -> file[4] ^= 2;
            case "magic2" -> file[8] ^= 1;
            case "marker" -> file[12] = 1;
            default -> java.util.Arrays.fill(file, 0, 16, (byte) 0);
        }
        Files.write(path, file);
        try (var map = MappedChunkMap.open(path, 10)) {
            assertThat(map.readyCount()).isZero();
        }
        assertThat(Files.size(path)).isEqualTo(4098);
    }

    @Test
    void damagedMapsAreNeverMoreThanMaps() throws Exception {
        var random = SeededRandom.create("MappedChunkMapTest");

        for (int round = 0; round < 300; round++) {
            int chunks = 1 + random.nextInt(40);
            try (var map = MappedChunkMap.replace(path, chunks)) {
                map.setReady(random.nextInt(chunks));
            }
            byte[] bytes = Files.readAllBytes(path);
            for (int i = random.nextInt(4); i >= 0; i--) {
                int at = random.nextBoolean() ? random.nextInt(16) : random.nextInt(bytes.length);
                bytes[at] = (byte) random.nextInt();
            }
            if (random.nextInt(5) == 0) {
                bytes = Arrays.copyOf(bytes, random.nextInt(bytes.length + 20));
            }
            Files.write(path, bytes);
            try (var map = MappedChunkMap.open(path, chunks)) {
                int ready = 0;
                for (int chunk = 0; chunk < chunks; chunk++) {
                    ready += map.isReady(chunk) ? 1 : 0;
                }
                assertThat(map.count()).isEqualTo(chunks);
                // Bits behind the last chunk are nobody's.
                assertThat(map.readyCount()).isEqualTo(ready).isLessThanOrEqualTo(chunks);
            }
        }
    }

    @Test
    void replacingLeavesTheOldMapToThoseWhoHaveItOpen() throws Exception {
        try (var old = MappedChunkMap.open(path, 10);
                var fresh = MappedChunkMap.replace(path, 10)) {
            old.setReady(5);
            assertThat(fresh.isReady(5)).isFalse();
            assertThat(old.isReady(5)).isTrue();
        }
        assertThat(directory).isDirectoryContaining(path::equals);
        assertThat(directory.toFile().list()).as("no temporary files").hasSize(1);
    }

    @Test
    void twoOpenersSeeEachOthersBitsAndLoseNone() throws Exception {
        int chunks = 64 * 32;
        try (var one = MappedChunkMap.open(path, chunks);
                var two = MappedChunkMap.open(path, chunks)) {
            var barrier = new CyclicBarrier(2);
            var evens = Thread.ofPlatform().start(() -> setEvery(one, 0, barrier));
            var odds = Thread.ofPlatform().start(() -> setEvery(two, 1, barrier));
            evens.join();
            odds.join();
            assertThat(one.readyCount()).isEqualTo(chunks);
            assertThat(two.readyCount()).isEqualTo(chunks);
        }
    }

    private static void setEvery(ChunkMap map, int first, CyclicBarrier barrier) {
        try {
            barrier.await();
        } catch (Exception e) {
            throw new AssertionError(e);
        }
        for (int i = first; i < map.count(); i += 2) {
            map.setReady(i);
        }
    }

    private int allReadyWord() throws Exception {
        return ByteBuffer.wrap(Files.readAllBytes(path)).order(ByteOrder.LITTLE_ENDIAN).getInt(12);
    }
}
