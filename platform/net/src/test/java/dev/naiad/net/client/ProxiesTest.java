package dev.naiad.net.client;

import static org.assertj.core.api.Assertions.assertThat;

import dev.naiad.net.http.HttpUrl;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ProxiesTest {
    private static final Map<String, String> ENV =
            Map.of(
                    "HTTP_PROXY", "http://me:p%40ss@proxy:3128",
                    "https_proxy", "secure:3129",
                    "NO_PROXY", "internal.net, .dotted.org ,*.star.io,10.1.0.0/16,h:8080");

    @ParameterizedTest
    @CsvSource({
        "http://example.com/,proxy",
        "https://example.com/,secure",
        "http://internal.net/,",
        "https://a.internal.net/,",
        "http://notinternal.net/,proxy",
        "http://dotted.org/,proxy",
        "http://x.dotted.org/,",
        "http://x.star.io/,",
        "http://10.1.2.3/,",
        "http://10.2.2.3/,proxy",
        "http://h:8080/,",
        "http://h:8081/,proxy",
        "http://127.0.0.1:4001/,",
        "http://localhost/,",
    })
    void environmentDecidesAsInOtherTools(String url, String proxyHost) {
        var proxy = Proxies.fromEnvironment(ENV).of(HttpUrl.parse(url));
        assertThat(proxy.map(p -> p.url().host()).orElse(null)).isEqualTo(proxyHost);
    }

    @Test
    void proxyCredentialsAreDecodedAndNotPrinted() {
        var proxy =
                Proxies.fromEnvironment(ENV).of(HttpUrl.parse("http://example.com/")).orElseThrow();
        assertThat(proxy.authorization()).isEqualTo("Basic bWU6cEBzcw==");
        assertThat(proxy.toString()).doesNotContain("p@ss").doesNotContain("bWU6");
    }

    @Test
    void starSwitchesProxiesOff() {
        var proxies = Proxies.fromEnvironment(Map.of("http_proxy", "p:1", "no_proxy", "*"));
        assertThat(proxies.of(HttpUrl.parse("http://example.com/"))).isEmpty();
    }
}
