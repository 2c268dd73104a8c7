package dev.naiad.codec.cipher;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** The vectors of IEEE 1619, and lengths around blocks and strides as OpenSSL encrypts them. */
class AesXtsTest {
    private static final String UNIT_4 =
            "27a7479befa1d476489f308cd4cfa6e2a96e4bbe3208ff25287dd3819616e89c"
                    + "c78cf7f5e543445f8333d8fa7f56000005279fa5d8b5e4ad40e736ddb4d35412"
                    + "328063fd2aab53e5ea1e0a9f332500a5df9487d07a5c92cc512c8866c7e860ce"
                    + "93fdf166a24912b422976146ae20ce846bb7dc9ba94a767aaef20c0d61ad0265"
                    + "5ea92dc4c4e41a8952c651d33174be51a10c421110e6d81588ede82103a252d8"
                    + "a750e8768defffed9122810aaeb99f9172af82b604dc4b8e51bcb08235a6f434"
                    + "1332e4ca60482a4ba1a03b3e65008fc5da76b70bf1690db4eae29c5f1badd03c"
                    + "5ccf2a55d705ddcd86d449511ceb7ec30bf12b1fa35b913f9f747a8afd1b130e"
                    + "94bff94effd01a91735ca1726acd0b197c4e5b03393697e126826fb6bbde8ecc"
                    + "1e08298516e2c9ed03ff3c1b7860f6de76d4cecd94c8119855ef5297ca67e9f3"
                    + "e7ff72b1e99785ca0a7e7720c5b36dc6d72cac9574c8cbbc2f801e23e56fd344"
                    + "b07f22154beba0f08ce8891e643ed995c94d9a69c9f1b5f499027a78572aeebd"
                    + "74d20cc39881c213ee770b1010e4bea718846977ae119f7a023ab58cca0ad752"
                    + "afe656bb3c17256a9f6e9bf19fdd5a38fc82bbe872c5539edb609ef4f79c203e"
                    + "bb140f2e583cb2ad15b4aa5b655016a8449277dbd477ef2c8d6c017db738b18d"
                    + "eb4a427d1923ce3ff262735779a418f20a282df920147beabe421ee5319d0568";

    private static byte[] hex(String text) {
        return HexFormat.of().parseHex(text);
    }

    private static byte[] encrypt(AesXts cipher, byte[] plain) {
        byte[] stored = new byte[plain.length];
        cipher.encrypt(MemorySegment.ofArray(plain), MemorySegment.ofArray(stored));
        return stored;
    }

    private static byte[] decrypt(AesXts cipher, byte[] stored) {
        byte[] plain = new byte[stored.length];
        cipher.decrypt(MemorySegment.ofArray(stored), MemorySegment.ofArray(plain));
        return plain;
    }

    private static byte[] counting(int length) {
        byte[] bytes = new byte[length];
        for (int i = 0; i < length; i++) {
            bytes[i] = (byte) i;
        }
        return bytes;
    }

    @ParameterizedTest(name = "vector {0}")
    @CsvSource({
        "1, 00000000000000000000000000000000, 00000000000000000000000000000000, 00,"
                + " 0000000000000000000000000000000000000000000000000000000000000000,"
                + " 917cf69ebd68b2ec9b9fe9a3eadda692cd43d2f59598ed858c02c2652fbf922e",
        "2, 11111111111111111111111111111111, 22222222222222222222222222222222, 3333333333,"
                + " 4444444444444444444444444444444444444444444444444444444444444444,"
                + " c454185e6a16936e39334038acef838bfb186fff7480adc4289382ecd6d394f0",
        "3, fffefdfcfbfaf9f8f7f6f5f4f3f2f1f0, 22222222222222222222222222222222, 3333333333,"
                + " 4444444444444444444444444444444444444444444444444444444444444444,"
                + " af85336b597afc1a900b2eb21ec949d292df4c047e0b21532186a5971a227a89",
        "15, fffefdfcfbfaf9f8f7f6f5f4f3f2f1f0, bfbebdbcbbbab9b8b7b6b5b4b3b2b1b0, 9a78563412,"
                + " 000102030405060708090a0b0c0d0e0f10, 6c1625db4671522d3d7599601de7ca09ed",
        "16, fffefdfcfbfaf9f8f7f6f5f4f3f2f1f0, bfbebdbcbbbab9b8b7b6b5b4b3b2b1b0, 9a78563412,"
                + " 000102030405060708090a0b0c0d0e0f1011, d069444b7a7e0cab09e24447d24deb1fedbf",
        "17, fffefdfcfbfaf9f8f7f6f5f4f3f2f1f0, bfbebdbcbbbab9b8b7b6b5b4b3b2b1b0, 9a78563412,"
                + " 000102030405060708090a0b0c0d0e0f101112, e5df1351c0544ba1350b3363cd8ef4beedbf9d",
        "18, fffefdfcfbfaf9f8f7f6f5f4f3f2f1f0, bfbebdbcbbbab9b8b7b6b5b4b3b2b1b0, 9a78563412,"
                + " 000102030405060708090a0b0c0d0e0f10111213, 9d84c813f719aa2c7be3f66171c7c5c2edbf9dac"
    })
    void vectorsOfTheStandard(
            int number, String dataKey, String tweakKey, String unit, String plain, String stored) {
        var cipher = new AesXts(hex(dataKey + tweakKey), Arrays.copyOf(hex(unit), 16));
        assertThat(encrypt(cipher, hex(plain))).isEqualTo(hex(stored));
        assertThat(decrypt(cipher, hex(stored))).isEqualTo(hex(plain));
    }

    @Test
    void vectorFourHas512Bytes() {
        var cipher =
                new AesXts(
                        hex("2718281828459045235360287471352631415926535897932384626433832795"),
                        new byte[16]);
        byte[] stored = encrypt(cipher, counting(512));
        assertThat(HexFormat.of().formatHex(stored)).isEqualTo(UNIT_4);
        assertThat(decrypt(cipher, stored)).isEqualTo(counting(512));
    }

    static Stream<Arguments> lengths() {
        return Stream.of(
                Arguments.of(
                        16, "4136da9def02cca63b1907dc059cd023dd957c4ad25de742fe3aa67c7e684572"),
                Arguments.of(
                        17, "8bac2651b37e9e3e4ba2101ea1cf00cd38d196b80ea8bf215c47c23f4414887a"),
                Arguments.of(
                        31, "8659e9801f3c3dca7c98ea6fa90b8379a7bf288da11993fd8c199729a138a094"),
                Arguments.of(
                        32, "698f8163a6be62a955ccc30e489059ce4e2220f6f837f7e09ec8e74615b78254"),
                Arguments.of(
                        33, "2885c27198d6464904ae706f0abc0d60bb6493ff3f77fa586de5e57a785a5943"),
                Arguments.of(
                        4095, "8d93a4a5f7d23b2fcd1004be02040a892c100df9430dffdcec82c61bee2dbb5e"),
                Arguments.of(
                        4096, "e75dbe67d5af6ee1f155b781ba3c8b3c32293f31036aec9e741b7860d7c6d4fb"),
                Arguments.of(
                        4097, "5710977d8dba954f782b08f1ab715e07b73dfac932881026da30340a181e8888"),
                Arguments.of(
                        4111, "9ca5067f10dafb5178cbdcf2426a03f8b02816b9e097b428534dce4aa9b5a579"),
                Arguments.of(
                        8192, "42eae7451f17f5f886263641491eca3d15a7f70e62b23dc98331f37b458166c8"),
                Arguments.of(
                        65551, "19ffad197026da1c1dbc990c71193acb6db95c0f555a94067b77803ed9aa392d"),
                Arguments.of(
                        1048576,
                        "bbd05f412faa9d0bf873592f85cc6b24a8577a7a10ae385fe58121a272605c87"));
    }

    @ParameterizedTest(name = "{0} bytes")
    @MethodSource("lengths")
    void lengthsAroundBlocksAndStridesAreAsOpenSslEncryptsThem(int length, String sha256)
            throws Exception {
        byte[] plain = new byte[length];
        for (int i = 0; i < length; i++) {
            plain[i] = (byte) (i * 7 + length);
        }
        byte[] iv = counting(16);
        for (int i = 0; i < iv.length; i++) {
            iv[i] = (byte) (iv[i] + 100);
        }
        byte[] stored = encrypt(new AesXts(counting(32), iv), plain);
        assertThat(HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(stored)))
                .isEqualTo(sha256);
    }

    @Test
    void whatWasEncryptedIsReadBackInPlaceAndFromNativeMemory() {
        var random = new Random(1619);
        byte[] key = new byte[32];
        byte[] iv = new byte[16];
        random.nextBytes(key);
        random.nextBytes(iv);
        var cipher = new AesXts(key, iv);
        for (int round = 0; round < 300; round++) {
            byte[] plain = new byte[16 + random.nextInt(20_000)];
            random.nextBytes(plain);
            try (var arena = Arena.ofConfined()) {
                var unit = arena.allocate(plain.length + 32L);
                unit.fill((byte) 0x5a);
                var view = unit.asSlice(0, plain.length);
                view.copyFrom(MemorySegment.ofArray(plain));
                cipher.encrypt(view, unit);
                assertThat(view.toArray(ValueLayout.JAVA_BYTE)).isNotEqualTo(plain);
                cipher.decrypt(view, unit);
                assertThat(view.toArray(ValueLayout.JAVA_BYTE))
                        .as("seed 1619, round %d", round)
                        .isEqualTo(plain);
                assertThat(unit.asSlice(plain.length).toArray(ValueLayout.JAVA_BYTE))
                        .as("padding of round %d", round)
                        .containsOnly(0x5a);
            }
        }
    }

    @Test
    void shorterUnitsAndShorterTargetsAreRefused() {
        var cipher = new AesXts(counting(32), counting(16));
        assertThatThrownBy(() -> encrypt(cipher, new byte[15]))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(
                        () ->
                                cipher.decrypt(
                                        MemorySegment.ofArray(new byte[32]),
                                        MemorySegment.ofArray(new byte[31])))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> new AesXts(new byte[16], new byte[16]))
                .isInstanceOf(IllegalArgumentException.class);
    }
}
