package dev.naiad.oci.ref;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.naiad.base.error.NaiadException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ImageReferenceTest {
    private static final String HEX =
            "eea5346a2d78a903f11cbfbff3ef95104fd367ed15c07f54c6baeb8567df5fd7";

    @ParameterizedTest
    @CsvSource({
        "alpine,docker.io/library/alpine:latest",
        "alpine:3.19,docker.io/library/alpine:3.19",
        "docker.io/alpine,docker.io/library/alpine:latest",
        "index.docker.io/dragonflyoss/alpine,docker.io/dragonflyoss/alpine:latest",
        "dragonflyoss/alpine:1,docker.io/dragonflyoss/alpine:1",
        "localhost/a,localhost/a:latest",
        "localhost:5000/a/b:t,localhost:5000/a/b:t",
        "127.0.0.1:5000/src/alpine:3.19,127.0.0.1:5000/src/alpine:3.19",
        "[::1]:5000/a,[::1]:5000/a:latest",
        "ghcr.io/o/r,ghcr.io/o/r:latest",
        "Host/a,Host/a:latest",
        "a__b/c-d.e,docker.io/a__b/c-d.e:latest",
    })
    void shortFormsAreFilledIn(String text, String full) {
        var reference = ImageReference.parse(text);
        assertThat(reference).hasToString(full);
        assertThat(ImageReference.parse(full)).isEqualTo(reference);
    }

    @Test
    void digestsKeepTheirTagAndGetNoOther() {
        var plain = ImageReference.parse("alpine@sha256:" + HEX);
        assertThat(plain).hasToString("docker.io/library/alpine@sha256:" + HEX);
        assertThat(plain.manifestKey()).isEqualTo("sha256:" + HEX);
        var both = ImageReference.parse("r.io/a:1@sha256:" + HEX);
        assertThat(both).hasToString("r.io/a:1@sha256:" + HEX);
        assertThat(both.manifestKey()).isEqualTo("sha256:" + HEX);
    }

    @Test
    void dockerHubAnswersElsewhere() {
        assertThat(ImageReference.parse("alpine").registryHost()).isEqualTo("registry-1.docker.io");
        assertThat(ImageReference.parse("r.io:1/a").registryHost()).isEqualTo("r.io:1");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "UPPER",
                "a//b",
                "a:",
                "a:b c",
                "a@sha256:short",
                "-a",
                "a/-b",
                "r.io/",
                "a:b:c",
                HEX,
                "r.io/A",
                "http://r.io/a"
            })
    void whatIsNoReferenceIsRefused(String text) {
        assertThatThrownBy(() -> ImageReference.parse(text)).isInstanceOf(NaiadException.class);
    }
}
