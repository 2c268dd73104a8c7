package dev.naiad.convert.verify;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PathPartsTest {
    @ParameterizedTest
    @CsvSource({
        "a/b/c, /a/b/c, 0",
        "/a//./b/, /a/b, 0",
        "a/../b, /b, 0",
        "../../a, /a, 2",
        "a/../../b/.., /, 1",
        "./, /, 0",
        "..., /..., 0",
        ".a/..b, /.a/..b, 0"
    })
    void partsAreThoseOfUnpackers(String path, String absolute, int above) {
        var parts = PathParts.of(path.getBytes(StandardCharsets.UTF_8));
        assertThat(new String(parts.absolute(), StandardCharsets.UTF_8)).isEqualTo(absolute);
        assertThat(parts.above()).isEqualTo(above);
    }
}
