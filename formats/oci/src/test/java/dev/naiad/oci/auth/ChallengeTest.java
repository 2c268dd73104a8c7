package dev.naiad.oci.auth;

import static org.assertj.core.api.Assertions.assertThat;

import dev.naiad.base.config.Secret;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class ChallengeTest {
    @Test
    void bearerIsTakenApart() {
        var challenges =
                Challenge.parse(
                        "Bearer realm=\"https://auth.docker.io/token\",service=\"registry.docker.io\","
                                + "scope=\"repository:a/b:pull,push\"");
        assertThat(challenges).hasSize(1);
        assertThat(challenges.getFirst().isBearer()).isTrue();
        assertThat(challenges.getFirst().parameters())
                .isEqualTo(
                        Map.of(
                                "realm", "https://auth.docker.io/token",
                                "service", "registry.docker.io",
                                "scope", "repository:a/b:pull,push"));
    }

    @Test
    void severalChallengesOfOneHeaderAreSeparated() {
        var challenges =
                Challenge.parse(
                        "Basic realm=\"a \\\"b\\\", c\", BEARER Realm = https://x , x=y, Negotiate");
        assertThat(challenges)
                .extracting(Challenge::scheme)
                .containsExactly("basic", "bearer", "negotiate");
        assertThat(challenges.get(0).parameter("realm")).isEqualTo("a \"b\", c");
        assertThat(challenges.get(1).parameter("realm")).isEqualTo("https://x");
    }

    @Test
    void nonsenseGivesNothingOrLittleAndNeverFails() {
        assertThat(Challenge.parse("")).isEmpty();
        assertThat(Challenge.parse("=\"")).isEmpty();
        assertThat(Challenge.parse("Bearer realm=\"open").getFirst().parameter("realm"))
                .isEqualTo("open");
    }

    @Test
    void tokenRequestsKeepSecretsOutOfTheUrl() {
        var challenge =
                Challenge.parse("Bearer realm=\"https://a/token\",service=\"s x\"").getFirst();
        Credential user = new Credential.Basic("me", Secret.of("pass"));
        var get = TokenRequest.get(challenge, "repository:a:pull", Optional.of(user), "id");
        assertThat(get.url())
                .isEqualTo("https://a/token?service=s+x&scope=repository%3Aa%3Apull&client_id=id");
        assertThat(get.authorization().reveal()).isEqualTo("Basic bWU6cGFzcw==");
        var post =
                TokenRequest.post(
                        challenge,
                        "repository:a:pull",
                        new Credential.IdentityToken(Secret.of("refresh")),
                        "id");
        assertThat(post.url()).isEqualTo("https://a/token");
        assertThat(post.form().reveal())
                .startsWith("grant_type=refresh_token&refresh_token=refresh&");
        assertThat(post.toString()).doesNotContain("refresh_token=refresh");
    }
}
