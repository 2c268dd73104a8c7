package dev.naiad.base.bytes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.naiad.base.error.CorruptFormatException;
import dev.naiad.base.error.ErrorKind;
import dev.naiad.base.error.NaiadException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class BytesTest {
    @ParameterizedTest
    @CsvSource({
        "0, 0",
        "4096, 4096",
        "64k, 65536",
        "64KiB, 65536",
        "64 kb, 65536",
        "1.5MiB, 1572864",
        "1g, 1073741824",
        "2TiB, 2199023255552",
        "0x1000, 4096",
        "10B, 10",
        "10Mi, 10485760"
    })
    void sizesAreRead(String text, long bytes) {
        assertThat(ByteSize.parse(text).bytes()).isEqualTo(bytes);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "x",
                "1x",
                "-1",
                "1.5.2k",
                "MiB",
                "99999999999999999999",
                "9999999PiB",
                "0x",
                "1 2"
            })
    void whatIsNoSizeIsRefused(String text) {
        assertThatThrownBy(() -> ByteSize.parse(text))
                .isInstanceOf(NaiadException.class)
                .satisfies(
                        e ->
                                assertThat(((NaiadException) e).kind())
                                        .isEqualTo(ErrorKind.INVALID_ARGUMENT));
    }

    @Test
    void sizesArePrintedInTheLargestUnitThatDividesThem() {
        assertThat(ByteSize.of(0)).hasToString("0B");
        assertThat(ByteSize.of(4097)).hasToString("4097B");
        assertThat(ByteSize.ofMib(64)).hasToString("64MiB");
        assertThat(ByteSize.of(1L << 40)).hasToString("1TiB");
        assertThat(ByteSize.parse(ByteSize.of(Long.MAX_VALUE).toString()))
                .isEqualTo(ByteSize.of(Long.MAX_VALUE));
    }

    @Test
    void rangesDoNotOverflow() {
        assertThat(ByteRange.of(5, 10).endExclusive()).isEqualTo(15);
        assertThatThrownBy(() -> ByteRange.of(Long.MAX_VALUE, 1))
                .isInstanceOf(NaiadException.class);
        assertThatThrownBy(() -> ByteRange.of(-1, 1)).isInstanceOf(NaiadException.class);
    }

    @Test
    void digestsAreReadAndPrinted() {
        String text = "sha256:" + "ab".repeat(32);
        assertThat(Digest.parse(text)).hasToString(text).isEqualTo(Digest.sha256("ab".repeat(32)));
        assertThat(Digest.sha256Of(new byte[0]).hex()).startsWith("e3b0c44298fc1c14");
        assertThat(Digest.of(Digest.Algorithm.CRC32C, new byte[] {1, 2, 3, 4}))
                .hasToString("crc32c:01020304");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "sha256",
                "sha256:",
                "sha256:abc",
                "md5:d41d8cd98f00b204e9800998ecf8427e",
                ":ab",
                "SHA256:ab"
            })
    void whatIsNoDigestIsRefused(String text) {
        assertThatThrownBy(() -> Digest.parse(text)).isInstanceOf(NaiadException.class);
    }

    @Test
    void upperCaseDigitsAreNoDigest() {
        assertThatThrownBy(() -> Digest.parse("sha256:" + "AB".repeat(32)))
                .isInstanceOf(NaiadException.class);
    }

    @Test
    void unsignedFieldsAreReadAsTheyAre() {
        var view =
                LittleEndian.of(
                        new byte[] {
                            (byte) 0xff,
                            (byte) 0xff,
                            (byte) 0xff,
                            (byte) 0xff,
                            1,
                            0,
                            0,
                            0,
                            0,
                            0,
                            0,
                            (byte) 0x80
                        },
                        "s");
        assertThat(view.u8(0)).isEqualTo(255);
        assertThat(view.u16(0)).isEqualTo(65535);
        assertThat(view.u32(0)).isEqualTo(0xffff_ffffL);
        assertThat(view.u32(1)).isEqualTo(0x01ff_ffffL);
        assertThatThrownBy(() -> view.u31(0)).isInstanceOf(CorruptFormatException.class);
        assertThatThrownBy(() -> view.u64(4)).isInstanceOf(CorruptFormatException.class);
    }

    @Test
    void readsBeyondTheEndNameStructAndOffset() {
        var whole = MemorySegment.ofArray(new byte[64]);
        var view = LittleEndian.slice(whole, 32, 16, "superblock");
        assertThatThrownBy(() -> view.u32(13))
                .isInstanceOf(CorruptFormatException.class)
                .hasMessage(
                        "superblock at offset 45: expected 4 bytes, found 3 bytes before the end");
        assertThatThrownBy(() -> LittleEndian.slice(whole, 60, 5, "tail"))
                .isInstanceOf(CorruptFormatException.class);
        assertThatThrownBy(() -> LittleEndian.slice(whole, -1, 5, "tail"))
                .isInstanceOf(CorruptFormatException.class);
        assertThatThrownBy(() -> view.u8(-1)).isInstanceOf(CorruptFormatException.class);
        assertThatThrownBy(() -> view.bytes(8, 9)).isInstanceOf(CorruptFormatException.class);
        assertThat(view.slice(8, 8, "part").base()).isEqualTo(40);
    }

    @Test
    void whatIsWrittenIsRead() {
        var view =
                LittleEndian.of(new byte[32], "s")
                        .putU8(0, 200)
                        .putU16(1, 60000)
                        .putU32(3, 4_000_000_000L);
        view.putU64(7, 1L << 62).putBytes(15, new byte[] {1, 2});
        assertThat(view.u8(0)).isEqualTo(200);
        assertThat(view.u16(1)).isEqualTo(60000);
        assertThat(view.u32(3)).isEqualTo(4_000_000_000L);
        assertThat(view.u64(7)).isEqualTo(1L << 62);
        assertThat(view.bytes(15, 2)).containsExactly(1, 2);
    }

    @Test
    void aSourceReadsOnlyWhatItHas() {
        var source = ByteSource.of("blob", MemorySegment.ofArray(new byte[] {1, 2, 3}));
        assertThat(source.readBytes(1, 2)).containsExactly(2, 3);
        assertThatThrownBy(() -> source.readBytes(2, 2))
                .hasMessageContaining("blob")
                .isInstanceOf(NaiadException.class);
        assertThatThrownBy(() -> source.readBytes(-1, 1)).isInstanceOf(NaiadException.class);
    }

    @Test
    void hexadecimalGoesBothWays() {
        assertThat(Hex.encode(new byte[] {0, (byte) 0xab})).isEqualTo("00ab");
        assertThat(Hex.decode("00AB")).containsExactly(0, 0xab);
        assertThatThrownBy(() -> Hex.decode("0")).isInstanceOf(NaiadException.class);
        assertThat(Hex.isLowerHex("ab", 2)).isTrue();
        assertThat(Hex.isLowerHex("ab".toUpperCase(Locale.ROOT), 2)).isFalse();
    }

    /** Views of arrays, of parts of them, and of other memory do the same. */
    @Test
    void fieldsOfArraysAndOfNativeMemoryAreReadAndWrittenAlike() {
        byte[] array = new byte[72];
        byte[] readOnly = new byte[64];
        try (var arena = Arena.ofConfined()) {
            var memory = arena.allocate(64);
            var views =
                    List.of(
                            LittleEndian.of(MemorySegment.ofArray(array).asSlice(3, 64), "array"),
                            LittleEndian.of(memory, "memory"));
            for (var view : views) {
                view.putU8(0, 0x1f0)
                        .putU16(1, 0xfedc_ba98)
                        .putU32(3, 0xdead_beefL)
                        .putU64(8, 0x8123_4567_89ab_cdefL)
                        .putBytes(20, new byte[] {1, 2, 3, 4}, 1, 2)
                        .slice(30, 10, "part")
                        .putU64(1, -2);
            }
            var bytes = MemorySegment.ofArray(array).asSlice(3, 64);
            assertThat(memory.mismatch(bytes)).isEqualTo(-1);
            MemorySegment.copy(bytes, 0, MemorySegment.ofArray(readOnly), 0, 64);
            var frozen = MemorySegment.ofArray(readOnly).asReadOnly();
            for (var view :
                    List.of(views.get(0), views.get(1), LittleEndian.of(frozen, "frozen"))) {
                assertThat(view.u8(0)).isEqualTo(0xf0);
                assertThat(view.u16(1)).isEqualTo(0xba98);
                assertThat(view.u32(3)).isEqualTo(0xdead_beefL);
                assertThat(view.bits32(3)).isEqualTo(0xdead_beef);
                assertThat(view.bits64(8)).isEqualTo(0x8123_4567_89ab_cdefL);
                assertThat(view.bytes(20, 3)).containsExactly(2, 3, 0);
                assertThat(view.bits64(31)).isEqualTo(-2);
                assertThatThrownBy(() -> view.bits64(57))
                        .isInstanceOf(CorruptFormatException.class);
                assertThatThrownBy(() -> view.u8(-1)).isInstanceOf(CorruptFormatException.class);
            }
            for (var view : views) {
                assertThatThrownBy(() -> view.putU64(57, 0))
                        .isInstanceOf(CorruptFormatException.class);
                assertThatThrownBy(() -> view.putU8(64, 0))
                        .isInstanceOf(CorruptFormatException.class);
                assertThatThrownBy(() -> view.putBytes(62, new byte[4], 0, 3))
                        .isInstanceOf(CorruptFormatException.class);
            }
        }
        assertThat(array[67]).isZero(); // one past the view
    }
}
