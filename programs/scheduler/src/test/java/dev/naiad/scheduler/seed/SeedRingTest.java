package dev.naiad.scheduler.seed;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SeedRingTest {
    private final SeedRing ring =
            new SeedRing(List.of("10.0.0.1:4000", "10.0.0.2:4000", "10.0.0.3:4000"));

    @ParameterizedTest
    @CsvSource({
        "c058b4454fdd8b341e618fe172efddeac19e1bb263022380725d72ed62285d61, 2996243733, 10.0.0.1:4000",
        "abb3b909e1606a64a07b1639e1e2634653182173cd5069f4a7060ad2ba1b79d0, 2263346099, 10.0.0.3:4000",
        "cd2de25723efbbe395cc4dec21a3d9ed19dff2cc73b19eb7cad05d1346fd2498, 2667203911, 10.0.0.3:4000"
    })
    void picksWhatTheOriginalRingPicks(String taskId, long crc, String member) {
        assertThat(SeedRing.crc32(taskId)).isEqualTo(crc);
        assertThat(ring.pick(taskId)).contains(member);
    }

    @Test
    void anEmptyRingPicksNobody() {
        assertThat(new SeedRing(List.of()).pick("x")).isEmpty();
    }
}
