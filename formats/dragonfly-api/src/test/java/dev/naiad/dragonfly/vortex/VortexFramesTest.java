package dev.naiad.dragonfly.vortex;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Random;
import org.junit.jupiter.api.Test;

final class VortexFramesTest {
    private static final String TASK =
            "c12dc1c815c752b37b28deef259b7cdb8b7fd2874ce63efdccb734f687b1eb26";
    private static final PieceContent HELLO =
            new PieceContent(
                    1,
                    4194304,
                    12,
                    "crc32:3513858833",
                    "",
                    PieceContent.REMOTE_PEER,
                    0,
                    1700000000);

    private static String hex(ByteBuffer buffer) {
        byte[] bytes = new byte[buffer.remaining()];
        buffer.duplicate().get(bytes);
        return HexFormat.of().formatHex(bytes);
    }

    @Test
    void requestIsSeventyFourBytes() throws Exception {
        var request = new PieceRequest(0x2a, VortexTag.DOWNLOAD_PIECE, TASK, 1);
        ByteBuffer wire = request.encode();
        String ascii = HexFormat.of().formatHex(TASK.getBytes(StandardCharsets.US_ASCII));
        assertThat(hex(wire)).isEqualTo("2a0000000044" + ascii + "00000001");
        VortexHeader header = VortexHeader.read(wire);
        assertThat(PieceRequest.decode(header, wire)).isEqualTo(request);
    }

    @Test
    void contentHeaderIsThatOfTheOriginal() throws Exception {
        ByteBuffer wire = HELLO.encode(0x2a, VortexTag.PIECE_CONTENT);
        assertThat(
                        hex(wire)
                                + HexFormat.of()
                                        .formatHex(
                                                "hello vortex".getBytes(StandardCharsets.US_ASCII)))
                .isEqualTo(
                        "2a01000000410000003d000000010000000000400000000000000000000c0000001063726333323a"
                                + "3335313338353838333300000000010000000000000000000000006553f10068656c6c6f20766f72746578");
        VortexHeader header = VortexHeader.read(wire);
        assertThat(header.length()).isEqualTo(65);
        assertThat(PieceContent.decode(wire)).isEqualTo(HELLO);
    }

    @Test
    void errorCarriesCodeAndText() throws Exception {
        ByteBuffer wire = new VortexError(VortexError.Code.NOT_FOUND, "gone").encode(0x2a);
        assertThat(hex(wire)).isEqualTo("2aff0000000502676f6e65");
        VortexHeader.read(wire);
        assertThat(VortexError.decode(wire))
                .isEqualTo(new VortexError(VortexError.Code.NOT_FOUND, "gone"));
    }

    @Test
    void reservedTagsAndHugeLengthsAreRefused() {
        assertThatThrownBy(() -> VortexHeader.read(bytes("010900000000")))
                .isInstanceOf(VortexException.class)
                .hasMessageContaining("tag 9");
        assertThatThrownBy(() -> VortexHeader.read(bytes("0101ffffffff")))
                .isInstanceOf(VortexException.class)
                .hasMessageContaining("4294967295");
    }

    @Test
    void aDamagedContentHeaderNeverEscapesAsAnythingButAVortexException() {
        byte[] whole = new byte[65];
        HELLO.encode(1, VortexTag.PIECE_CONTENT).position(VortexHeader.SIZE).get(whole);
        var random = new Random(42);
        for (int i = 0; i < 20_000; i++) {
            byte[] damaged = Arrays.copyOf(whole, random.nextInt(whole.length + 1));
            for (int flips = random.nextInt(4); flips > 0 && damaged.length > 0; flips--) {
                damaged[random.nextInt(damaged.length)] = (byte) random.nextInt();
            }
            try {
                PieceContent.decode(ByteBuffer.wrap(damaged));
            } catch (VortexException expected) {
                assertThat(expected).hasMessageContaining("piece");
            }
        }
    }

    private static ByteBuffer bytes(String hex) {
        return ByteBuffer.wrap(HexFormat.of().parseHex(hex));
    }
}
