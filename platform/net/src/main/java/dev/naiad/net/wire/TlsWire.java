package dev.naiad.net.wire;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.util.List;
import javax.net.ssl.SNIHostName;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;

/** TLS over an open connection; the handshake is over when the object exists. */
public final class TlsWire extends Wire {
    private static final int COPY_BYTES = 16 << 10;

    private final SSLSocket socket;
    private final InputStream in;
    private final OutputStream out;

    /** Client side: proves that the server is {@code host} unless the context trusts anybody. */
    public static TlsWire client(
            Wire plain,
            Watchdog watchdog,
            SSLContext context,
            String host,
            int port,
            boolean verifyHost)
            throws IOException {
        var socket = layer(plain, context, host, port);
        socket.setUseClientMode(true);
        var parameters = socket.getSSLParameters();
        parameters.setProtocols(new String[] {"TLSv1.3", "TLSv1.2"});
        parameters.setApplicationProtocols(new String[] {"http/1.1"});
        if (verifyHost) {
            parameters.setEndpointIdentificationAlgorithm("HTTPS");
        }
        if (isName(host)) {
            parameters.setServerNames(List.of(new SNIHostName(host)));
        }
        socket.setSSLParameters(parameters);
        return handshake(plain, watchdog, socket);
    }

    /** Server side. */
    public static TlsWire server(Wire plain, Watchdog watchdog, SSLContext context)
            throws IOException {
        var socket = layer(plain, context, "client", 0);
        socket.setUseClientMode(false);
        var parameters = socket.getSSLParameters();
        parameters.setProtocols(new String[] {"TLSv1.3", "TLSv1.2"});
        socket.setSSLParameters(parameters);
        return handshake(plain, watchdog, socket);
    }

    private static SSLSocket layer(Wire plain, SSLContext context, String host, int port)
            throws IOException {
        Socket lower = plain.channel.socket();
        return (SSLSocket) context.getSocketFactory().createSocket(lower, host, port, true);
    }

    /** The deadline of the plain connection guards the handshake. */
    private static TlsWire handshake(Wire plain, Watchdog watchdog, SSLSocket socket)
            throws IOException {
        plain.begin();
        try {
            socket.startHandshake();
            return new TlsWire(plain, watchdog, socket);
        } catch (IOException e) {
            plain.abort();
            throw plain.explain(e);
        } finally {
            plain.end();
        }
    }

    private TlsWire(Wire plain, Watchdog watchdog, SSLSocket socket) throws IOException {
        super(plain.channel, watchdog);
        this.socket = socket;
        this.in = socket.getInputStream();
        this.out = socket.getOutputStream();
        plain.release();
    }

    /** Server names are sent for names only, not for addresses. */
    private static boolean isName(String host) {
        boolean address = host.chars().allMatch(c -> c == '.' || Character.isDigit(c));
        return host.indexOf(':') < 0 && host.indexOf('.') >= 0 && !address;
    }

    /** The certificate's names and so on, for tests and logs. */
    public String protocol() {
        return socket.getSession().getProtocol();
    }

    @Override
    int doRead(ByteBuffer target) throws IOException {
        if (target.hasArray()) {
            int count =
                    in.read(
                            target.array(),
                            target.arrayOffset() + target.position(),
                            target.remaining());
            if (count > 0) {
                target.position(target.position() + count);
            }
            return count;
        }
        byte[] copy = new byte[Math.min(target.remaining(), COPY_BYTES)];
        int count = in.read(copy);
        if (count > 0) {
            target.put(copy, 0, count);
        }
        return count;
    }

    @Override
    void doWrite(ByteBuffer source) throws IOException {
        int count = Math.min(source.remaining(), COPY_BYTES);
        if (source.hasArray()) {
            out.write(source.array(), source.arrayOffset() + source.position(), count);
            source.position(source.position() + count);
        } else {
            byte[] copy = new byte[count];
            source.get(copy);
            out.write(copy);
        }
    }

    @Override
    long doSendFile(FileChannel file, long offset, long length) throws IOException {
        byte[] copy = new byte[(int) Math.min(length, COPY_BYTES)];
        int count = file.read(ByteBuffer.wrap(copy), offset);
        if (count > 0) {
            out.write(copy, 0, count);
        }
        return count;
    }

    @Override
    public void shutdownOutput() throws IOException {
        socket.shutdownOutput();
    }

    /** Says farewell within a second, then closes. */
    @Override
    public void close() {
        timeout(java.time.Duration.ofSeconds(1));
        try {
            begin();
            try {
                socket.close();
            } finally {
                end();
            }
        } catch (IOException e) {
            // The farewell is a courtesy; the connection is closed below in any case.
        }
        abort();
    }
}
