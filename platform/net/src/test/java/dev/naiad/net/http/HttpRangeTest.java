package dev.naiad.net.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.naiad.base.bytes.ByteRange;
import dev.naiad.base.error.NaiadException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class HttpRangeTest {
    @ParameterizedTest
    @CsvSource({
        "bytes=0-0,0,1",
        "bytes=0-99,0,100",
        "bytes=90-200,90,10",
        "bytes=90-,90,10",
        "bytes=-10,90,10",
        "bytes=-500,0,100",
        "BYTES= 5 - 6,5,2",
    })
    void rangesAreCutAtTheEnd(String header, long offset, long length) {
        assertThat(HttpRange.parse(header, 100)).contains(new ByteRange(offset, length));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "items=0-1",
                "bytes=",
                "bytes=a-b",
                "bytes=5-4",
                "bytes=0-1,3-4",
                "bytes=--5",
                "bytes=5-x"
            })
    void whatIsNoSingleRangeMeansTheWholeResource(String header) {
        assertThat(HttpRange.parse(header, 100)).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"bytes=100-", "bytes=100-200", "bytes=-0"})
    void rangesBehindTheEndAreRefused(String header) {
        assertThatThrownBy(() -> HttpRange.parse(header, 100)).isInstanceOf(NaiadException.class);
    }

    @Test
    void contentRangeIsReadAndWritten() {
        var range = new ByteRange(5, 10);
        assertThat(HttpRange.contentRange(range, 100)).isEqualTo("bytes 5-14/100");
        assertThat(HttpRange.parseContentRange("bytes 5-14/100").orElseThrow().range())
                .isEqualTo(range);
        assertThat(HttpRange.parseContentRange("bytes 5-14/*").orElseThrow().size()).isEmpty();
        assertThat(HttpRange.parseContentRange("bytes 5-4/100")).isEmpty();
        assertThat(HttpRange.parseContentRange("bytes 5-14/14")).isEmpty();
        assertThat(HttpRange.parseContentRange("bytes */100")).isEmpty();
        assertThat(HttpRange.format(range)).isEqualTo("bytes=5-14");
    }
}
