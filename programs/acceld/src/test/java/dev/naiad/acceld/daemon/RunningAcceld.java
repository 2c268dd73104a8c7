package dev.naiad.acceld.daemon;

import dev.naiad.accelctl.Accelctl;
import dev.naiad.base.cli.ProgramContext;
import dev.naiad.base.config.ConfigNode;
import dev.naiad.base.config.JsonReader;
import dev.naiad.net.client.HttpClient;
import dev.naiad.net.client.HttpClientConfig;
import dev.naiad.net.client.HttpRequest;
import dev.naiad.net.client.RequestBody;
import dev.naiad.testkit.Await;
import dev.naiad.testkit.RunningProcess;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** acceld in a process of its own, and what its users do. */
final class RunningAcceld implements AutoCloseable {
    private final RunningProcess process;
    private final HttpClient client = new HttpClient("test", HttpClientConfig.defaults());

    private RunningAcceld(RunningProcess process) {
        this.process = process;
    }

    /** Writes a configuration. */
    static Path configure(Path directory, String host, String auth, String threshold, String more) {
        try {
            return Files.writeString(
                    directory.resolve("acceld.yaml"),
                    """
                    server: {name: API, host: 127.0.0.1, port: 0}
                    metric: {enabled: true}
                    provider:
                      source: {"%s": {auth: "%s", webhook: {auth_header: "hook secret"}}}
                      work_dir: "%s"
                      gcpolicy: {threshold: %s}
                    converter:
                      worker: 2
                      platforms: linux/amd64
                      driver: {type: nydus, config: {%s}}
                      rules: [{tag_suffix: -nydus}]
                    """
                            .formatted(host, auth, directory.resolve("work"), threshold, more));
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    /** Starts it without waiting. */
    static RunningProcess launch(Path config) {
        var command = new ArrayList<String>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.add("-Xmx512m");
        command.add("-XX:TieredStopAtLevel=1");
        command.add("--enable-native-access=ALL-UNNAMED");
        command.add("--sun-misc-unsafe-memory-access=allow");
        command.add("-cp");
        command.add(
                System.getProperty(
                        "surefire.test.class.path", System.getProperty("java.class.path")));
        command.add(AcceldMain.class.getName());
        command.add("--config");
        command.add(config.toString());
        Path log = config.resolveSibling("acceld-" + System.nanoTime() + ".log");
        // No credentials but those of the configuration.
        return RunningProcess.start(
                log, Map.of("DOCKER_CONFIG", config.resolveSibling("none").toString()), command);
    }

    /** Starts it and waits until it answers. */
    static RunningAcceld start(Path config) {
        return new RunningAcceld(launch(config).awaitOutput(Acceld.SERVING));
    }

    String output() {
        return process.output();
    }

    String address() {
        String log = process.output();
        String rest = log.substring(log.indexOf(Acceld.SERVING) + Acceld.SERVING.length());
        return rest.strip().split("[^0-9.:]", -1)[0];
    }

    private HttpRequest request(String method, String path) {
        return HttpRequest.of(method, HttpRequest.get("http://" + address() + path).url());
    }

    /** What a registry sends; the answer's status and text. */
    String webhook(String image, boolean sync) {
        var request =
                request("POST", "/api/v1/conversions?sync=" + sync)
                        .with("Content-Type", "application/json")
                        .with("Authorization", "hook secret")
                        .withBody(RequestBody.of(pushOf(image)));
        try (var response = client.send(request)) {
            return response.status() + " " + response.text(1 << 20).strip();
        }
    }

    List<ConfigNode> tasks() {
        try (var response = client.send(request("GET", "/api/v1/conversions"))) {
            return JsonReader.parse("tasks", response.text(1 << 20)).items();
        }
    }

    /** Waits for a task of an image that ended, and gives it. */
    ConfigNode ended(String image) {
        Await.until(
                "a task of " + image + " ends",
                () ->
                        tasks().stream()
                                .anyMatch(
                                        task ->
                                                task.get("source").text().equals(image)
                                                        && !task.get("status")
                                                                .text()
                                                                .equals("PROCESSING")));
        return tasks().stream()
                .filter(task -> task.get("source").text().equals(image))
                .findFirst()
                .orElseThrow();
    }

    /** What accelctl printed on both its streams, behind its exit code. */
    String accelctl(String... args) throws Exception {
        var said = new ByteArrayOutputStream();
        try (var out = new PrintStream(said, true, StandardCharsets.UTF_8)) {
            int code = Accelctl.run(ProgramContext.forTest(out, out, Map.of()), List.of(args));
            return code + "\n" + said.toString(StandardCharsets.UTF_8);
        }
    }

    int terminate() {
        return process.terminate();
    }

    void kill() {
        process.kill();
    }

    @Override
    public void close() {
        process.close();
        client.close();
    }

    /** What a registry says when an image was pushed. */
    private static String pushOf(String image) {
        return "{\"type\":\"PUSH_ARTIFACT\",\"event_data\":{\"resources\":[{\"resource_url\":\""
                + image
                + "\"}]}}";
    }
}
