package dev.naiad.nydusimage.command;

import static dev.naiad.nydusimage.command.ImageTool.blobs;
import static dev.naiad.nydusimage.command.ImageTool.noise;
import static org.assertj.core.api.Assertions.assertThat;

import dev.naiad.backend.config.ConnectionConfig;
import dev.naiad.backend.registry.RegistryRepository;
import dev.naiad.base.bytes.Digest;
import dev.naiad.base.concurrent.Deadline;
import dev.naiad.net.client.Proxies;
import dev.naiad.net.http.Headers;
import dev.naiad.net.server.HttpServer;
import dev.naiad.net.server.HttpServerConfig;
import dev.naiad.net.wire.Endpoint;
import dev.naiad.testkit.Commands;
import dev.naiad.testkit.RealRegistry;
import dev.naiad.testkit.Requires;
import dev.naiad.testkit.TestDisk;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Images become archives again, wherever their blobs are; nothing unchecked gets into one. */
@Timeout(value = 120, unit = TimeUnit.SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class UnpackCommandTest {
    private final ImageTool tool = new ImageTool();

    @AfterEach
    void clean() {
        tool.close();
    }

    private Path image(String version) throws Exception {
        tool.write("a/large", noise(1, 3_000_000));
        tool.write("a/dir/text", "text ".repeat(1000));
        tool.write("b/more", noise(2, 100_000));
        return tool.merged(version, "image", List.of("a", "b"), "--chunk-size", "0x10000");
    }

    private ImageTool.Result unpack(Path image, Object... more) throws Exception {
        var args = new ArrayList<Object>(List.of("unpack", image));
        args.addAll(List.of("--output", tool.path("remote.tar")));
        args.addAll(List.of(more));
        return tool.run(args.toArray());
    }

    @ParameterizedTest
    @ValueSource(strings = {"5", "6"})
    void blobsAreReadFromARegistry(String version) throws Exception {
        Requires.commands("docker-registry");
        var image = image(version);
        byte[] expected = tool.unpacked(image);
        try (var registry = RealRegistry.start()) {
            var settings =
                    new RegistryRepository.Settings(
                            "http",
                            registry.authority(),
                            registry.authority(),
                            "some/image",
                            "pull,push",
                            "test",
                            host -> Optional.empty(),
                            ConnectionConfig.DEFAULT,
                            Proxies.NONE);
            try (var repository = new RegistryRepository(settings)) {
                for (var blob : blobs(image)) {
                    repository.putBlob(
                            Digest.sha256(blob.id()),
                            Files.readAllBytes(tool.path("blobs").resolve(blob.id())),
                            Deadline.never());
                }
            }
            String config =
                    "{\"scheme\":\"http\",\"host\":\""
                            + registry.authority()
                            + "\",\"repo\":\"some/image\"}";
            unpack(image, "--backend-type", "registry", "--backend-config", config).succeeded();
            assertThat(Files.readAllBytes(tool.path("remote.tar"))).isEqualTo(expected);
            // Chunks that follow each other are not one request each.
            long requests =
                    registry.accesses().stream()
                            .filter(access -> access.toString().contains("GET"))
                            .count();
            assertThat(requests).isLessThan(20);
            var file = tool.write("backend.json", config);
            unpack(image, "--backend-type", "registry", "--backend-config-file", file).succeeded();
            assertThat(Files.readAllBytes(tool.path("remote.tar"))).isEqualTo(expected);
            String nowhere = config.replace("some/image", "no/image");
            unpack(image, "--backend-type", "registry", "--backend-config", nowhere)
                    .failed(blobs(image).getFirst().id());
        }
    }

    @Test
    void blobsAreReadFromASocketAsConvertersServeThem() throws Exception {
        var image = image("6");
        byte[] expected = tool.unpacked(image);
        var socket = tool.path("blobs.sock");
        var server =
                new HttpServer(
                        "blobs",
                        Endpoint.unix(socket),
                        HttpServerConfig.defaults(),
                        exchange -> {
                            var file = tool.path("blobs" + exchange.path());
                            try (var channel = FileChannel.open(file)) {
                                exchange.replyFile(Headers.EMPTY, channel, channel.size());
                            }
                        });
        try (server) {
            server.start();
            String config = "{\"addr\":\"" + socket + "\"}";
            unpack(image, "--backend-type", "http-proxy", "--backend-config", config).succeeded();
            assertThat(Files.readAllBytes(tool.path("remote.tar"))).isEqualTo(expected);
        }
    }

    @Test
    void theArchiveMayGoToAPipeAndAReaderThatGoesAwayIsAFailure() throws Exception {
        Requires.commands("mkfifo");
        var image = image("6");
        byte[] expected = tool.unpacked(image);
        var pipe = tool.path("pipe");
        Commands.run("mkfifo", pipe.toString()).orFail();
        for (int wanted : new int[] {Integer.MAX_VALUE, 1000}) {
            var reader =
                    new FutureTask<>(
                            () -> {
                                try (var in = Files.newInputStream(pipe)) {
                                    return in.readNBytes(wanted);
                                }
                            });
            Thread.ofPlatform().daemon().start(reader);
            var result = tool.run("unpack", image, "-D", tool.path("blobs"), "--output", pipe);
            if (wanted > expected.length) {
                result.succeeded();
                assertThat(reader.get(60, TimeUnit.SECONDS)).isEqualTo(expected);
            } else {
                result.failed("pipe");
                assertThat(reader.get(60, TimeUnit.SECONDS)).hasSize(wanted);
            }
        }
    }

    @Test
    void aSingleBlobFileServesASingleLayer() throws Exception {
        tool.write("tree/file", noise(4, 5000));
        var image = tool.create("6", "tree");
        byte[] expected = tool.unpacked(image);
        var blob = tool.path("blobs").resolve(blobs(image).getFirst().id());
        unpack(image, "--blob", Files.move(blob, tool.path("elsewhere"))).succeeded();
        assertThat(Files.readAllBytes(tool.path("remote.tar"))).isEqualTo(expected);
        // Converters give an empty file where a layer has no data.
        Files.createDirectories(tool.path("bare/dir"));
        unpack(tool.create("6", "bare"), "--blob", tool.write("empty", "")).succeeded();
    }

    @ParameterizedTest
    @ValueSource(strings = {"5", "6"})
    void everyFlippedByteOfDataIsFound(String version) throws Exception {
        tool.write("tree/file", noise(4, 5000));
        tool.write("tree/text", "text ".repeat(5000));
        var image = tool.create(version, "tree", "--chunk-size", "0x1000");
        var info = blobs(image).getFirst();
        var blob = tool.path("blobs").resolve(info.id());
        byte[] good = Files.readAllBytes(blob);
        for (int at = 0; at < info.compressedDataSize(); at += 97) {
            byte[] bad = good.clone();
            bad[at] ^= 0x10;
            Files.write(blob, bad);
            var result = unpack(image, "-D", tool.path("blobs"));
            assertThat(result.code()).as("byte " + at).isEqualTo(1);
            assertThat(result.err()).contains(info.id());
        }
    }

    @Test
    void blobsInPartitionsOfADiskAreFound() throws Exception {
        var image = image("6");
        var disk = new TestDisk();
        for (var info : blobs(image)) {
            disk.blob(info.id(), Files.readAllBytes(tool.path("blobs").resolve(info.id())));
        }
        var device = disk.write(tool.path("disk"));
        byte[] wanted = tool.unpacked(image);
        var config = "{\"device_path\":\"" + device + "\"}";
        tool.run(
                        "unpack",
                        image,
                        "--backend-type",
                        "localdisk",
                        "--backend-config",
                        config,
                        "--output",
                        tool.path("disk.tar"))
                .succeeded();
        assertThat(Files.readAllBytes(tool.path("disk.tar"))).isEqualTo(wanted);
    }

    @Test
    void mistakesAreNamedAndLeaveNoArchive() throws Exception {
        var image = image("6");
        unpack(image).failed("one of --blob, --blob-dir or --backend-type must be specified");
        unpack(image, "--backend-type", "registry").misused("--backend-config");
        unpack(image, "--backend-config", "{}").misused("--backend-type");
        unpack(image, "--backend-type", "ftp", "--backend-config", "{}").misused("ftp");
        unpack(image, "--backend-type", "registry", "--backend-config", "{}").failed("host");
        unpack(image, "--backend-type", "registry", "--backend-config", "{")
                .failed("--backend-config");
        unpack(image, "--backend-type", "localdisk", "--backend-config", "{}")
                .failed("device_path");
        unpack(image, "-D", "d", "-b", "b").misused("cannot be used with");
        assertThat(tool.path("remote.tar")).doesNotExist();
        unpack(image, "-D", tool.path("nowhere")).failed("does not exist");
        tool.run("unpack", image, "-D", tool.path("blobs")).misused("--output");
        tool.run("unpack", image, "-D", tool.path("blobs"), "--output", tool.path("no/such/x"))
                .failed("no/such/x");
    }
}
