package dev.naiad.fuzz;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.naiad.net.http.HeadReader;
import dev.naiad.net.wire.Watchdog;
import dev.naiad.net.wire.Wire;
import dev.naiad.net.wire.WireReader;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.stream.Stream;
import org.junit.jupiter.params.provider.MethodSource;

/** Heads of HTTP/1.1 messages, through a real connection. */
class HttpHeadFuzzTest {
    /** As much as a socket takes in without a reader. */
    private static final int LARGEST = 32 << 10;

    private static final int LINE = 8 << 10;

    static Stream<byte[]> seeds() {
        return Stream.of(
                        "GET /v2/ HTTP/1.1\r\nHost: localhost:5000\r\nAccept: a, b\r\n\r\n",
                        "\r\nHTTP/1.1 206 Partial Content\nContent-Range: bytes 0-9/10\nX:  y \n\n",
                        "POST /x HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n5;a=b\r\nhello\r\n0\r\nT: r\r\n\r\n")
                .map(text -> text.getBytes(StandardCharsets.ISO_8859_1));
    }

    @MethodSource("seeds")
    @FuzzTest
    void read(byte[] bytes) throws IOException {
        Path directory = Files.createTempDirectory(Path.of("/tmp"), "nd");
        Path socket = directory.resolve("s");
        var address = UnixDomainSocketAddress.of(socket);
        try (var server = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
                var watchdog = new Watchdog("fuzz")) {
            server.bind(address);
            try (var client = SocketChannel.open(address);
                    var wire = Wire.accepted(server.accept(), watchdog)) {
                var sent = ByteBuffer.wrap(Arrays.copyOf(bytes, Math.min(bytes.length, LARGEST)));
                while (sent.hasRemaining()) {
                    client.write(sent);
                }
                client.shutdownOutput();
                readAll(new WireReader(wire));
            }
        } finally {
            Files.deleteIfExists(socket);
            Files.delete(directory);
        }
    }

    private static void readAll(WireReader in) {
        try {
            while (HeadReader.startLine(in, LINE) != null) {
                HeadReader.fields(in, LINE)
                        .forEach(
                                (name, value) -> {
                                    if ((name + value).indexOf('\n') >= 0) {
                                        throw new AssertionError("a line feed in " + name);
                                    }
                                });
            }
        } catch (IOException e) {
            // Refused by name: malformed, too long, or cut off.
        }
    }
}
