package dev.naiad.dragonfly;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class SchedulerRingTest {
    private static InetSocketAddress node(String ip) {
        try {
            return new InetSocketAddress(InetAddress.getByName(ip), 8002);
        } catch (UnknownHostException e) {
            throw new IllegalArgumentException(e);
        }
    }

    @ParameterizedTest
    @CsvSource({
        "10.1.2.3, ea9ca233af898ee5",
        "10.0.0.1, 9948a09af7ec8dee",
        "10.0.0.2, 3c5a35daa4177512",
        "10.0.0.3, 3fb2e2c7ee4f0057",
        "192.168.1.10, 66bb86f995f476ca",
        "2001:db8::1, 7594c522abec20ee",
    })
    void schedulersHashAsInTheOriginal(String ip, String hash) {
        assertThat(Long.toHexString(SchedulerRing.nodeHash(node(ip)))).isEqualTo(hash);
    }

    @ParameterizedTest
    @CsvSource({
        "00000, 32266d2bbc957c60, 10.0.0.2",
        "12345, 4e9d735f863c6067, 192.168.1.10",
        "abcde, f4cdb0a996a23a5e, 10.0.0.2",
        "5844f, efec496e8810c73a, 10.0.0.2",
        "e2d0f, 5c00fcf320620345, 192.168.1.10",
        "fffff, fe327ff26d77028c, 10.0.0.2",
        "10003, 6f74727bedb35019, 10.0.0.1",
        "10014, 3eadf2fc059f81e2, 10.0.0.3",
    })
    void tasksBelongToTheSchedulerOfTheOriginal(String key, String hash, String owner) {
        var ring =
                new SchedulerRing(
                        Stream.of("10.0.0.1", "10.0.0.2", "10.0.0.3", "192.168.1.10")
                                .map(SchedulerRingTest::node)
                                .toList());
        assertThat(SchedulerRing.keyHash(key + "rest")).isEqualTo(Long.parseUnsignedLong(hash, 16));
        assertThat(ring.owner(key)).contains(node(owner));
        assertThat(ring.successors(key)).hasSize(4).doesNotHaveDuplicates();
    }

    @Test
    void anEmptyRingHasNoOwner() {
        assertThat(new SchedulerRing(List.of()).owner("00000")).isEmpty();
    }
}
