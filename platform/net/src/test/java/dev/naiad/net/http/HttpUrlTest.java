package dev.naiad.net.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.naiad.base.error.NaiadException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class HttpUrlTest {
    @ParameterizedTest
    @CsvSource({
        "http://h,http,h,80,/",
        "HTTPS://Example.COM/a%2Fb?x=%20|y,https,example.com,443,/a%2Fb?x=%20|y",
        "http://user:pw@h:8080/p#frag,http,h,8080,/p",
        "http://[::1]:5000/v2/,http,::1,5000,/v2/",
        "https://h?q=1,https,h,443,/?q=1",
    })
    void urlsAreTakenApartAndTheTargetIsKept(
            String text, String scheme, String host, int port, String target) {
        assertThat(HttpUrl.parse(text)).isEqualTo(new HttpUrl(scheme, host, port, target));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "h/p",
                "ftp://h/",
                "http://",
                "http:///p",
                "http://h:0/",
                "http://h:x/",
                "http://a b/",
                "http://h/a b",
                "http://h/a\nb",
                "http://h:99999/"
            })
    void whatIsNoUrlIsRefused(String text) {
        assertThatThrownBy(() -> HttpUrl.parse(text)).isInstanceOf(NaiadException.class);
    }

    @ParameterizedTest
    @CsvSource({
        "https://cdn.x/y?sig=a%2B,https://cdn.x/y?sig=a%2B",
        "//cdn.x/y,http://cdn.x/y",
        "/v2/up/1?_state=z,http://reg:5000/v2/up/1?_state=z",
        "other?q,http://reg:5000/v2/r/other?q",
        "?q,http://reg:5000/v2/r/blobs?q",
        "/x?u=http://y,http://reg:5000/x?u=http://y",
    })
    void locationsResolve(String location, String expected) {
        assertThat(HttpUrl.parse("http://reg:5000/v2/r/blobs?old").resolve(location))
                .hasToString(expected);
    }

    @Test
    void displayLeavesTheQueryOut() {
        var url = HttpUrl.parse("https://h:8443/p?X-Amz-Signature=secret");
        assertThat(url.display()).isEqualTo("https://h:8443/p");
        assertThat(url.authority()).isEqualTo("h:8443");
        assertThat(HttpUrl.parse("http://[fe80::1]/").authority()).isEqualTo("[fe80::1]");
        assertThat(url.withQuery("a=b").target()).isEqualTo("/p?X-Amz-Signature=secret&a=b");
    }
}
