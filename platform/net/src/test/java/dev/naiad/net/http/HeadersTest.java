package dev.naiad.net.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.naiad.base.error.NaiadException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class HeadersTest {
    @Test
    void namesCompareWithoutCaseAndKeepTheirSpelling() {
        var headers = Headers.of("Content-Type", "a", "x-one", "1", "X-One", "2");
        assertThat(headers.first("content-type")).contains("a");
        assertThat(headers.all("X-ONE")).containsExactly("1", "2");
        assertThat(headers.with("CONTENT-TYPE", "b").toString())
                .isEqualTo("x-one: 1, X-One: 2, CONTENT-TYPE: b");
        assertThat(headers.without("x-one").size()).isEqualTo(1);
    }

    @Test
    void tokensOfListsAreFound() {
        var headers = Headers.of("Connection", "Keep-Alive, Upgrade");
        assertThat(headers.hasToken("connection", "upgrade")).isTrue();
        assertThat(headers.hasToken("connection", "close")).isFalse();
    }

    @ParameterizedTest
    @ValueSource(strings = {"a\r\nX: y", "a\nb", "a\u0000b"})
    void valuesThatBreakOutOfTheirLineAreRefused(String value) {
        assertThatThrownBy(() -> Headers.of("X", value)).isInstanceOf(NaiadException.class);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "a b", "a:b", "ä", "a\r\n"})
    void namesThatAreNoTokensAreRefused(String name) {
        assertThatThrownBy(() -> Headers.of(name, "v")).isInstanceOf(NaiadException.class);
    }

    @Test
    void secretsAreNotPrinted() {
        var headers =
                Headers.of(
                        "Authorization", "Basic eDp5", "Proxy-Authorization", "p", "Cookie", "c");
        assertThat(headers.toString()).doesNotContain("eDp5").contains("Authorization: [redacted]");
    }
}
