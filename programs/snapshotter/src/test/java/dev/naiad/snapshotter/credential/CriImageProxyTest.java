package dev.naiad.snapshotter.credential;

import static org.assertj.core.api.Assertions.assertThat;

import dev.naiad.base.config.Secret;
import dev.naiad.containerdapi.cri.AuthConfig;
import dev.naiad.oci.auth.Credential;
import dev.naiad.oci.auth.Credentials;
import dev.naiad.snapshotter.daemon.CredentialLookup.Found;
import dev.naiad.snapshotter.snapshots.Labels;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

final class CriImageProxyTest {
    private static final Credential.Basic BASIC = new Credential.Basic("user", Secret.of("pass"));

    @Test
    void aPullsCredentialIsTakenOnlyForItsRegistry() {
        var auth = AuthConfig.newBuilder().setUsername("user").setPassword("pass");
        assertThat(CriImageProxy.credential(auth.build(), "reg:5000")).contains(BASIC);
        assertThat(
                        CriImageProxy.credential(
                                auth.setServerAddress("https://reg:5000/v2/").build(), "reg:5000"))
                .contains(BASIC);
        assertThat(CriImageProxy.credential(auth.build(), "other")).isEmpty();
        assertThat(
                        CriImageProxy.credential(
                                auth.setServerAddress("https://index.docker.io/v1/").build(),
                                "registry-1.docker.io"))
                .contains(BASIC);
        assertThat(
                        CriImageProxy.credential(
                                AuthConfig.newBuilder().setAuth("dXNlcjpwYXNz").build(), "x"))
                .contains(BASIC);
        assertThat(CriImageProxy.credential(AuthConfig.getDefaultInstance(), "x")).isEmpty();
    }

    @Test
    void labelsComeBeforeThePullAndThePullBeforeDocker() {
        var pulled = new PulledCredentials();
        Credentials docker =
                host ->
                        host.equals("reg:5000")
                                ? Optional.of(new Credential.Basic("docker", Secret.of("d")))
                                : Optional.empty();
        var sources = new CredentialSources(pulled, docker);
        String image = "reg:5000/a/b:v1";
        assertThat(sources.of("other/a:v1", Map.of())).isEqualTo(Found.NOTHING);
        assertThat(sources.of(image, Map.of())).isEqualTo(new Found("ZG9ja2VyOmQ=", ""));
        pulled.remember(image, BASIC);
        assertThat(sources.of(image, Map.of())).isEqualTo(new Found("dXNlcjpwYXNz", ""));
        assertThat(sources.of(image, Map.of(Labels.PULL_USERNAME, "u", Labels.PULL_SECRET, "p")))
                .isEqualTo(new Found("dTpw", ""));
        assertThat(sources.of(image, Map.of(Labels.PULL_SECRET, "token")))
                .isEqualTo(new Found("", "token"));
        pulled.forget(image);
        assertThat(sources.of(image, Map.of())).isEqualTo(new Found("ZG9ja2VyOmQ=", ""));
        assertThat(sources.of(image, Map.of()).toString()).doesNotContain("ZG9ja2VyOmQ=");
    }
}
