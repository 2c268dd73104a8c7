package dev.naiad.nydusify.main;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import dev.naiad.imagetestkit.SampleImage;
import dev.naiad.testkit.RealRegistry;
import java.net.Inet4Address;
import java.net.NetworkInterface;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** How registries are reached: credential helpers, proxies, certificates, plain HTTP. */
@Timeout(300)
class AccessTest {
    private final List<RealRegistry> open = new ArrayList<>();

    @TempDir Path dir = Path.of("/");

    @AfterEach
    void stop() {
        open.forEach(RealRegistry::close);
    }

    private RealRegistry started(RealRegistry registry) {
        open.add(registry);
        return registry;
    }

    private NydusifyRun run(Map<String, String> env, String... args) throws Exception {
        var all = new ArrayList<>(List.of(args));
        all.add("--work-dir=" + dir.resolve("work"));
        var full = new java.util.HashMap<>(env);
        full.putIfAbsent("DOCKER_CONFIG", dir.toString());
        return NydusifyRun.of(full, all);
    }

    /** Docker's helpers are asked by every command that speaks to a registry. */
    @Test
    void credentialHelpersAreAsked() throws Exception {
        RealRegistry registry = started(RealRegistry.builder().password().start());
        String at = registry.authority();
        SampleImage.push(registry, "app", "1", SampleImage.smallLayers(), false);
        Path asked = dir.resolve("asked");
        Path programs = Files.createDirectories(dir.resolve("bin"));
        Path helper = programs.resolve("docker-credential-fake");
        Files.writeString(
                helper,
                "#!/bin/sh\nPATH=/usr/bin:/bin\nread -r server\necho \"$1 $server\" >>"
                        + asked
                        + "\nprintf '{\"ServerURL\":\"%s\",\"Username\":\""
                        + RealRegistry.USER
                        + "\",\"Secret\":\""
                        + RealRegistry.PASSWORD
                        + "\"}' \"$server\"\n");
        Files.setPosixFilePermissions(helper, PosixFilePermissions.fromString("rwxr-xr-x"));
        Files.writeString(
                dir.resolve("config.json"), "{\"credHelpers\":{\"" + at + "\":\"fake\"}}");
        Path list =
                Files.writeString(
                        dir.resolve("files.json"),
                        "{\"version\":\"v1\",\"files\":[{\"path\":\"/etc/motd\",\"ranges\":null}]}");
        Map<String, String> env = Map.of("PATH", programs.toString());
        String source = at + "/app:1";
        String nydus = at + "/app:1-nydus";
        String[][] commands = {
            {"convert", "--source", source, "--target", nydus},
            {"check", "--no-mount", "--source", source, "--target", nydus},
            {"copy", "--source", nydus, "--target", at + "/copied:1"},
            {
                "optimize",
                "--source",
                nydus,
                "--target",
                at + "/fast:1",
                "--prefetch-files",
                list.toString()
            },
            {"chunkdict", "generate", "--sources", nydus, "--target", at + "/dict:1"},
        };
        for (String[] command : commands) {
            Files.deleteIfExists(asked);
            NydusifyRun run = run(env, command);
            assertThat(run.code()).as(command[0] + ": " + run.err()).isZero();
            assertThat(asked).as(command[0]).content().contains("get " + at);
            assertThat(run.err()).doesNotContain(RealRegistry.PASSWORD);
        }
        run(Map.of("DOCKER_CONFIG", dir.resolve("none").toString()), commands[2]).failedWith("401");
    }

    @Test
    void proxiesOfTheEnvironmentAreUsed() throws Exception {
        RealRegistry registry = started(RealRegistry.start());
        SampleImage.push(registry, "app", "1", SampleImage.smallLayers(), false);
        try (var proxy = new TestProxy(registry.authority())) {
            // There is no such host: only the proxy can know it.
            run(
                            Map.of("HTTP_PROXY", proxy.url()),
                            "convert",
                            "--plain-http",
                            "--source",
                            "registry.invalid:5000/app:1",
                            "--target",
                            "registry.invalid:5000/app:1-nydus")
                    .good();
            assertThat(proxy.asked())
                    .isNotEmpty()
                    .allMatch(line -> line.contains(" http://registry.invalid:5000/v2/"));
        }
        RealRegistry tls = started(RealRegistry.builder().tls().start());
        SampleImage.push(tls, "app", "1", SampleImage.smallLayers(), false);
        try (var proxy = new TestProxy(tls.authority())) {
            run(
                            Map.of("HTTPS_PROXY", proxy.url()),
                            "convert",
                            "--source-insecure",
                            "--target-insecure",
                            "--source",
                            "registry.invalid/app:1",
                            "--target",
                            "registry.invalid/app:1-nydus")
                    .good();
            assertThat(proxy.asked())
                    .isNotEmpty()
                    .allMatch(line -> line.equals("CONNECT registry.invalid:443 HTTP/1.1"));
        }
    }

    @Test
    void eachSideHasItsOwnFlagForCertificates() throws Exception {
        RealRegistry source = started(RealRegistry.builder().tls().start());
        RealRegistry target = started(RealRegistry.builder().tls().start());
        SampleImage.push(source, "app", "1", SampleImage.smallLayers(), false);
        String[] convert = {
            "convert",
            "--source",
            source.authority() + "/app:1",
            "--target",
            target.authority() + "/app:1"
        };
        run(Map.of(), convert).failedWith("--source-insecure accepts any certificate");
        run(Map.of(), with(convert, "--source-insecure"))
                .failedWith("--target-insecure accepts any certificate");
        run(Map.of(), with(convert, "--source-insecure", "--target-insecure")).good();
    }

    @Test
    void aRegistryOnTheLoopbackDeviceIsAskedWhatItSpeaks() throws Exception {
        RealRegistry plain = started(RealRegistry.start());
        RealRegistry tls = started(RealRegistry.builder().tls().start());
        SampleImage.push(plain, "app", "1", SampleImage.smallLayers(), false);
        run(
                        Map.of("SSL_CERT_FILE", tls.certificate().toString()),
                        "copy",
                        "--source",
                        plain.authority() + "/app:1",
                        "--target",
                        tls.authority() + "/app:1")
                .good();
        assertThat(tls.accesses()).anyMatch(each -> each.path().endsWith("/manifests/1"));
    }

    @Test
    void nobodyFallsBackToPlainHttp() throws Exception {
        Optional<String> address = address();
        assumeThat(address).as("an address of this machine that is not loopback").isPresent();
        RealRegistry registry =
                started(RealRegistry.builder().host(address.orElseThrow()).password().start());
        SampleImage.push(registry, "app", "1", SampleImage.smallLayers(), false);
        int before = registry.accesses().size();
        String[] copy = {
            "copy",
            "--source",
            registry.authority() + "/app:1",
            "--target",
            registry.authority() + "/copied:1"
        };
        run(Map.of(), copy).failedWith("does not speak TLS", "--plain-http");
        run(Map.of(), with(copy, "--source-insecure")).failedWith("does not speak TLS");
        assertThat(registry.accesses()).hasSize(before);
    }

    private static Optional<String> address() throws Exception {
        return NetworkInterface.networkInterfaces()
                .flatMap(NetworkInterface::inetAddresses)
                .filter(each -> each instanceof Inet4Address && !each.isLoopbackAddress())
                .map(java.net.InetAddress::getHostAddress)
                .findFirst();
    }

    private static String[] with(String[] args, String... more) {
        return java.util.stream.Stream.concat(
                        java.util.stream.Stream.of(args), java.util.stream.Stream.of(more))
                .toArray(String[]::new);
    }
}
