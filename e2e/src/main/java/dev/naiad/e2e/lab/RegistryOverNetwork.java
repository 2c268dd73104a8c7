package dev.naiad.e2e.lab;

import dev.naiad.e2e.containerd.RegistryReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/**
 * A registry as seen from a network namespace. This process cannot enter one, so curl does and
 * passes the bytes on.
 */
record RegistryOverNetwork(Network.Namespace namespace, String url) implements RegistryReader {
    @Override
    public void get(String path, String accept, Body body) throws IOException {
        var words =
                namespace.wrap(
                        List.of(
                                "curl",
                                "--silent",
                                "--show-error",
                                "--fail",
                                "--location",
                                "--header",
                                "Accept: " + accept,
                                url + path));
        var errors = Files.createTempFile("nd-err", "");
        try {
            var curl =
                    Command.builder(words, Map.of(), Path.of("/"))
                            .redirectError(errors.toFile())
                            .start();
            try (var stream = curl.getInputStream()) {
                body.read(stream);
                int code = curl.waitFor();
                if (code != 0) {
                    throw new IOException(
                            url
                                    + path
                                    + ": "
                                    + Files.readString(errors, StandardCharsets.UTF_8).strip());
                }
            } finally {
                curl.destroyForcibly();
            }
        } catch (InterruptedException stopped) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted: " + url + path, stopped);
        } finally {
            Files.deleteIfExists(errors);
        }
    }
}
