package dev.naiad.linux;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

final class UnixSocketTest {
    @Test
    @Timeout(value = 1, unit = TimeUnit.MINUTES, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
    void aSendThatNobodyReadsEndsAfterItsLimit() {
        List<Fd> two = UnixSocket.pair();
        try (Fd sender = two.getFirst();
                Fd receiver = two.getLast()) {
            UnixSocket.limitSends(sender, Duration.ofMillis(50));
            assertThatThrownBy(() -> UnixSocket.send(sender, new byte[16 << 20], List.of(receiver)))
                    .isInstanceOf(ErrnoException.class)
                    .hasMessageContaining("EAGAIN");
        }
    }
}
