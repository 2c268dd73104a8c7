package dev.naiad.dragonfly;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class PieceLayoutTest {
    @ParameterizedTest
    @CsvSource({
        "0, 4, 0",
        "1, 4, 1",
        "4194304, 4, 1",
        "4194305, 4, 2",
        "6144000, 4, 2",
        "2097152499, 4, 501",
        "2097152500, 8, 251",
        "4194304499, 8, 501",
        "4194304500, 16, 251",
        "8388608499, 16, 501",
        "16777216499, 32, 501",
        "16777216500, 64, 251",
        "67108864000, 64, 1000",
    })
    void pieceLengthFollowsFromTheContentLength(long content, long mebibytes, int count) {
        var layout = PieceLayout.of(content);
        assertThat(layout.pieceLength()).isEqualTo(mebibytes << 20);
        assertThat(layout.count()).isEqualTo(count);
    }

    @Test
    void theLastPieceIsShorter() {
        var layout = PieceLayout.of(6_144_000);
        assertThat(layout.length(0)).isEqualTo(4_194_304);
        assertThat(layout.offset(1)).isEqualTo(4_194_304);
        assertThat(layout.length(1)).isEqualTo(1_949_696);
        assertThat(layout.pieceAt(4_194_303)).isZero();
        assertThat(layout.pieceAt(4_194_304)).isOne();
        assertThatThrownBy(() -> layout.offset(2)).hasMessage("piece 2 of 2");
        assertThatThrownBy(() -> layout.pieceAt(6_144_000))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void crcDigestsAreComparedAsNumbers() {
        assertThat(PieceDigest.format(7)).isEqualTo("crc32:7");
        assertThat(PieceDigest.parse("crc32:0000000007")).hasValue(7);
        assertThat(PieceDigest.parse("crc32:4294967295")).hasValue(4294967295L);
        assertThat(PieceDigest.parse("crc32:4294967296")).isEmpty();
        assertThat(PieceDigest.parse("crc32:")).isEmpty();
        assertThat(PieceDigest.parse("crc32:x")).isEmpty();
        assertThat(PieceDigest.parse("")).isEmpty();
    }
}
