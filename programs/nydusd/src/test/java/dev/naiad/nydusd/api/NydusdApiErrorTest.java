package dev.naiad.nydusd.api;

import static org.assertj.core.api.Assertions.assertThat;

import dev.naiad.base.error.ErrorKind;
import dev.naiad.base.error.NaiadException;
import org.junit.jupiter.api.Test;

class NydusdApiErrorTest {
    @Test
    void textsHaveTheShapeThatClientsSearch() {
        var exists =
                NydusdApiError.of(
                        "Mount",
                        "MountFilesystem",
                        new NaiadException(
                                ErrorKind.ALREADY_EXISTS, "object or filesystem already exists"));
        assertThat(exists.status()).isEqualTo(500);
        assertThat(exists.toJson())
                .isEqualTo(
                        "{\"code\":\"UNDEFINED\",\"message\":\"Mount(MountFilesystem(Other(\\\"object or filesystem already exists\\\")))\"}");
        assertThat(NydusdApiError.noCounter("Pattern").toJson())
                .contains("Pattern(Metrics(Stats(NoCounter)))");
        assertThat(
                        NydusdApiError.of(
                                        "Upgrade",
                                        "DaemonAbnormal",
                                        new NaiadException(ErrorKind.UNIMPLEMENTED, "x"))
                                .status())
                .isEqualTo(501);
        assertThat(NydusdApiError.query("mountpoint").toJson())
                .contains("'mountpoint' should be specified in query string");
    }

    @Test
    void quotesInsideTextsAreEscaped() {
        var error =
                NydusdApiError.of(
                        "Mount",
                        "MountFilesystem",
                        new NaiadException(ErrorKind.INVALID_ARGUMENT, "a \"b\" c"));
        assertThat(error.getMessage())
                .isEqualTo("Mount(MountFilesystem(Other(\"a \\\"b\\\" c\")))");
    }
}
