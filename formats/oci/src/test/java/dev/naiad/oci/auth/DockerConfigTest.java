package dev.naiad.oci.auth;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.naiad.base.config.Secret;
import dev.naiad.base.error.NaiadException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DockerConfigTest {
    @TempDir Path dir = Path.of("/");

    private Optional<Credential> lookUp(String json, String host) throws IOException {
        Files.writeString(dir.resolve("config.json"), json);
        return DockerConfig.fromEnvironment(
                        Map.of("DOCKER_CONFIG", dir.toString(), "PATH", dir.toString()))
                .of(host);
    }

    private static Optional<Credential> basic(String user, String password) {
        return Optional.of(new Credential.Basic(user, Secret.of(password)));
    }

    @Test
    void authsAreFoundByHostAndByOldUrlKeys() throws Exception {
        String json =
                "{\"auths\":{\"r.io:5000\":{\"auth\":\"bWU6cGFzczp3b3Jk\"},"
                        + "\"https://old.io/v1/\":{\"username\":\"u\",\"password\":\"p\"},"
                        + "\"https://index.docker.io/v1/\":{\"auth\":\"aHViOnB3AAA=\"}}}";
        assertThat(lookUp(json, "r.io:5000")).isEqualTo(basic("me", "pass:word"));
        assertThat(lookUp(json, "old.io")).isEqualTo(basic("u", "p"));
        assertThat(lookUp(json, "docker.io")).isEqualTo(basic("hub", "pw"));
        assertThat(lookUp(json, "registry-1.docker.io")).isEqualTo(basic("hub", "pw"));
        assertThat(lookUp(json, "r.io")).isEmpty();
    }

    @Test
    void tokensAreRecognised() throws Exception {
        String json =
                "{\"auths\":{\"a\":{\"identitytoken\":\"t1\"},\"b\":{\"registrytoken\":\"t2\"}}}";
        assertThat(lookUp(json, "a")).contains(new Credential.IdentityToken(Secret.of("t1")));
        assertThat(lookUp(json, "b")).contains(new Credential.RegistryToken(Secret.of("t2")));
    }

    @Test
    void aMissingFileHasNoCredentials() {
        var config = DockerConfig.fromEnvironment(Map.of("DOCKER_CONFIG", dir.toString()));
        assertThat(config.of("r.io")).isEmpty();
        assertThat(DockerConfig.defaultFile(Map.of("HOME", "/h")))
                .isEqualTo(Path.of("/h/.docker/config.json"));
    }

    @Test
    void malformedEntriesAreNamedWithoutTheirSecret() {
        assertThatThrownBy(() -> lookUp("{\"auths\":{\"a\":{\"auth\":\"c2VjcmV0\"}}}", "a"))
                .isInstanceOf(NaiadException.class)
                .hasMessageContaining("auths.a.auth")
                .hasMessageNotContaining("c2VjcmV0");
        assertThatThrownBy(() -> lookUp("{", "a")).hasMessageContaining("config.json");
    }

    private void helper(String name, String script) throws IOException {
        Path file = dir.resolve("docker-credential-" + name);
        Files.writeString(file, "#!/bin/sh\n" + script + "\n");
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
    }

    @Test
    void helpersAreAskedByTheirProtocol() throws Exception {
        helper(
                "good",
                "read server\n[ \"$1\" = get ] && echo \"{\\\"ServerURL\\\":\\\"$server\\\","
                        + "\\\"Username\\\":\\\"u-$server\\\",\\\"Secret\\\":\\\"s\\\"}\"");
        helper("token", "echo '{\"Username\":\"<token>\",\"Secret\":\"t\"}'");
        helper("none", "echo 'credentials not found in native keychain'; exit 1");
        helper("broken", "echo boom; exit 3");
        assertThat(lookUp("{\"credHelpers\":{\"r.io\":\"good\"}}", "r.io"))
                .isEqualTo(basic("u-r.io", "s"));
        assertThat(lookUp("{\"credsStore\":\"good\"}", "docker.io"))
                .isEqualTo(basic("u-https://index.docker.io/v1/", "s"));
        assertThat(lookUp("{\"credsStore\":\"token\"}", "r.io"))
                .contains(new Credential.IdentityToken(Secret.of("t")));
        String fallback = "{\"credsStore\":\"none\",\"auths\":{\"r.io\":{\"auth\":\"YTpi\"}}}";
        assertThat(lookUp(fallback, "r.io")).isEqualTo(basic("a", "b"));
        assertThatThrownBy(() -> lookUp("{\"credsStore\":\"broken\"}", "r.io"))
                .hasMessageContaining("docker-credential-broken");
        assertThatThrownBy(() -> lookUp("{\"credsStore\":\"absent\"}", "r.io"))
                .hasMessageContaining("not on PATH");
    }
}
