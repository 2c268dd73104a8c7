package dev.naiad.net.http;

import static org.assertj.core.api.Assertions.assertThat;

import dev.naiad.base.error.ErrorKind;
import dev.naiad.net.grpc.GrpcStatus;
import io.grpc.Status;
import java.util.EnumSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class StatusMappingTest {
    @ParameterizedTest
    @EnumSource(ErrorKind.class)
    void everyKindHasAnErrorStatusWithAReason(ErrorKind kind) {
        assertThat(HttpStatus.of(kind)).isBetween(400, 599);
        assertThat(GrpcStatus.of(kind).isOk()).isFalse();
    }

    @Test
    void kindsSurviveGrpcButForNoSpace() {
        for (ErrorKind kind : EnumSet.complementOf(EnumSet.of(ErrorKind.NO_SPACE))) {
            assertThat(GrpcStatus.kindOf(GrpcStatus.of(kind))).isEqualTo(kind);
        }
        assertThat(GrpcStatus.of(ErrorKind.NO_SPACE).getCode())
                .isEqualTo(Status.Code.RESOURCE_EXHAUSTED);
    }

    @Test
    void statusesMeanKinds() {
        assertThat(HttpStatus.kindOf(401)).isEqualTo(ErrorKind.UNAUTHENTICATED);
        assertThat(HttpStatus.kindOf(403)).isEqualTo(ErrorKind.PERMISSION_DENIED);
        assertThat(HttpStatus.kindOf(404)).isEqualTo(ErrorKind.NOT_FOUND);
        assertThat(HttpStatus.kindOf(416)).isEqualTo(ErrorKind.OUT_OF_RANGE);
        assertThat(HttpStatus.kindOf(429)).isEqualTo(ErrorKind.RESOURCE_EXHAUSTED);
        assertThat(HttpStatus.kindOf(500)).isEqualTo(ErrorKind.UNAVAILABLE);
        assertThat(HttpStatus.kindOf(504)).isEqualTo(ErrorKind.DEADLINE_EXCEEDED);
    }
}
