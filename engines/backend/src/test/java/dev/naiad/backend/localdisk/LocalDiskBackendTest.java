package dev.naiad.backend.localdisk;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.naiad.backend.Backend;
import dev.naiad.backend.ReadPriority;
import dev.naiad.backend.TestBackends;
import dev.naiad.base.concurrent.Deadline;
import dev.naiad.base.error.CorruptFormatException;
import dev.naiad.base.error.NaiadException;
import dev.naiad.testkit.TestDisk;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;
import java.util.zip.CRC32;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LocalDiskBackendTest {
    private static final String FIRST = "0123456789abcdef".repeat(4);
    private static final String SECOND = "fedcba9876543210".repeat(4);
    private static final byte[] CONTENT = content();

    @TempDir Path dir = Path.of("/");

    private static byte[] content() {
        byte[] bytes = new byte[3_000_320];
        new Random(5).nextBytes(bytes);
        return bytes;
    }

    private Backend open(byte[] disk) throws Exception {
        Path device = Files.write(dir.resolve("disk"), disk);
        return TestBackends.open("localdisk", "{\"device_path\":\"" + device + "\"}");
    }

    private static byte[] disk() {
        return new TestDisk().blob(FIRST, new byte[] {1, 2, 3}).blob(SECOND, CONTENT).bytes();
    }

    private static byte[] read(Backend backend, String id, long offset, int count) {
        byte[] target = new byte[count];
        backend.read(
                id, offset, MemorySegment.ofArray(target), ReadPriority.USER, Deadline.never());
        return target;
    }

    @Test
    void blobsAreFoundByNameAndGuid() throws Exception {
        try (var backend = open(disk())) {
            assertThat(backend.type()).isEqualTo("localdisk");
            assertThat(backend.size(FIRST, Deadline.never())).isEqualTo(512);
            assertThat(read(backend, FIRST, 0, 3)).containsExactly(1, 2, 3);
            assertThat(backend.size(SECOND, Deadline.never())).isEqualTo(3_000_320);
            assertThat(read(backend, SECOND, 0, CONTENT.length)).isEqualTo(CONTENT);
            assertThat(read(backend, SECOND, 4095, 70_000))
                    .isEqualTo(Arrays.copyOfRange(CONTENT, 4095, 74_095));
            try (var in = backend.stream(SECOND, 1000, ReadPriority.USER, Deadline.never())) {
                assertThat(in.readAllBytes())
                        .isEqualTo(Arrays.copyOfRange(CONTENT, 1000, CONTENT.length));
            }
            assertThat(backend.metrics().readErrors()).isZero();
        }
    }

    @Test
    void onOldDisksTheNameIsTheFirstHalf() throws Exception {
        byte[] disk =
                new TestDisk().partition(SECOND.substring(0, 32), "1".repeat(32), CONTENT).bytes();
        try (var backend = open(disk)) {
            assertThat(read(backend, SECOND, 7, 5)).isEqualTo(Arrays.copyOfRange(CONTENT, 7, 12));
        }
    }

    @Test
    void whatIsNotThereIsSaid() throws Exception {
        try (var backend = open(disk())) {
            assertThatThrownBy(() -> backend.size("a".repeat(64), Deadline.never()))
                    .isInstanceOf(NaiadException.class)
                    .hasMessageContaining("in none of the partitions");
            assertThatThrownBy(() -> backend.size("", Deadline.never()))
                    .hasMessageContaining("in none of the partitions");
            // The next partition is nobody's business.
            assertThatThrownBy(() -> read(backend, FIRST, 510, 3))
                    .hasMessageContaining("its partition has 512 bytes");
            assertThat(backend.metrics().readErrors()).isOne();
        }
        assertThatThrownBy(() -> TestBackends.open("localdisk", "{}"))
                .hasMessageContaining("device_path");
        assertThatThrownBy(
                        () ->
                                TestBackends.open(
                                        "localdisk",
                                        "{\"device_path\":\"/d\",\"disable_gpt\":true}"))
                .hasMessageContaining("disable_gpt");
    }

    @Test
    void everyFlippedByteOfTheTableIsFound() throws Exception {
        byte[] good = disk();
        for (int at : new int[] {512, 519, 524, 528, 584, 592, 596, 600, 1024, 1056, 1080, 1152}) {
            byte[] bad = good.clone();
            bad[at] ^= 1;
            try (var backend = open(bad)) {
                assertThatThrownBy(() -> backend.size(SECOND, Deadline.never()))
                        .as("byte " + at)
                        .isInstanceOf(CorruptFormatException.class)
                        .hasMessageContaining("disk");
            }
        }
        try (var backend = open(new byte[100])) {
            assertThatThrownBy(() -> backend.size(SECOND, Deadline.never()))
                    .isInstanceOf(CorruptFormatException.class);
        }
    }

    @Test
    void aPartitionThatGoesBeyondTheDiskIsRefused() throws Exception {
        byte[] disk = disk();
        var bytes = ByteBuffer.wrap(disk).order(ByteOrder.LITTLE_ENDIAN);
        bytes.putLong(1024 + 40, disk.length / 512);
        var crc = new CRC32();
        crc.update(disk, 1024, 128 * 128);
        bytes.putInt(512 + 88, (int) crc.getValue()).putInt(512 + 16, 0);
        crc.reset();
        crc.update(disk, 512, 92);
        bytes.putInt(512 + 16, (int) crc.getValue());
        try (var backend = open(disk)) {
            assertThatThrownBy(() -> backend.size(SECOND, Deadline.never()))
                    .isInstanceOf(CorruptFormatException.class)
                    .hasMessageContaining("a partition inside");
        }
    }
}
