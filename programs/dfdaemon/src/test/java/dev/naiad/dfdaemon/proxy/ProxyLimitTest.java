package dev.naiad.dfdaemon.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.SocketException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** {@code proxy.server.requestRateLimit}, and heads that cost too much. */
final class ProxyLimitTest {
    @Test
    void requestsFarAboveTheRateAreSentAway() throws Exception {
        try (var node = new ProxyNode(", requestRateLimit: 1")) {
            var answers = new ArrayList<FutureTask<String>>();
            for (int i = 0; i < 6; i++) {
                var answer = new FutureTask<>(() -> node.ask("GET " + ProxyNode.MANIFEST));
                answers.add(answer);
                Thread.ofVirtual().start(answer);
            }
            List<String> statuses = new ArrayList<>();
            for (FutureTask<String> answer : answers) {
                String text = answer.get(60, TimeUnit.SECONDS);
                statuses.add(text.substring(9, 12));
                if (text.startsWith("HTTP/1.1 429")) {
                    assertThat(text).contains("X-Dragonfly-Error-Type: proxy");
                }
            }
            assertThat(statuses).contains("200", "429").containsOnly("200", "429");
            assertThat(node.seen()).hasSize((int) statuses.stream().filter("200"::equals).count());
        }
    }

    @Test
    void aHeadThatIsTooLargeIsRefused() throws Exception {
        try (var node = new ProxyNode("")) {
            String[] tiny = new String[600];
            java.util.Arrays.fill(tiny, "a:");
            assertThat(answer(node, tiny)).startsWith("HTTP/1.1 431");
            assertThat(answer(node, "a: " + "b".repeat(17 << 10))).startsWith("HTTP/1.1 431");
            assertThat(node.seen()).isEmpty();
            assertThat(node.ask("GET " + ProxyNode.MANIFEST, "a: " + "b".repeat(8 << 10)))
                    .startsWith("HTTP/1.1 200");
        }
    }

    /** The answer; a server that closes with a part of the head unread may lose it to a reset. */
    private static String answer(ProxyNode node, String... headers) throws IOException {
        try {
            return node.ask("GET " + ProxyNode.MANIFEST, headers);
        } catch (SocketException reset) {
            return "HTTP/1.1 431 lost";
        }
    }
}
