package dev.naiad.convert.remote;

import dev.naiad.backend.config.ConnectionConfig;
import dev.naiad.backend.factory.Backends;
import dev.naiad.backend.registry.RegistryRepository;
import dev.naiad.base.cli.ProgramContext;
import dev.naiad.base.config.Durations;
import dev.naiad.base.error.ErrorKind;
import dev.naiad.base.error.NaiadException;
import dev.naiad.convert.pull.ImageSource;
import dev.naiad.convert.pull.RegistrySource;
import dev.naiad.convert.push.ImageTarget;
import dev.naiad.convert.push.RegistryTarget;
import dev.naiad.net.client.HttpClient;
import dev.naiad.net.client.HttpClientConfig;
import dev.naiad.net.client.HttpRequest;
import dev.naiad.net.client.Proxies;
import dev.naiad.net.http.HttpUrl;
import dev.naiad.net.tls.TlsOptions;
import dev.naiad.oci.auth.Credentials;
import dev.naiad.oci.auth.DockerConfig;
import dev.naiad.oci.ref.ImageReference;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;

/**
 * Opens repositories for references. TLS is verified unless a side is marked insecure; plain HTTP
 * is spoken if asked for, and to registries of this machine that do not speak TLS.
 */
public final class Registries {
    private static final String USER_AGENT = "nydusify";

    private static final long MIN_PIECE = 64 << 10;
    private static final long MAX_PIECE = 64 << 20;
    private static final Duration CONNECT = Duration.ofSeconds(10);

    /** How long a registry may say nothing; what it says then is an error. */
    private static final String TIMEOUT_VARIABLE = "NAIAD_REGISTRY_TIMEOUT";

    private static final String TIMEOUT = "60s";

    private final Credentials credentials;
    private final Proxies proxies;
    private final boolean plainHttp;
    private final List<Path> caFiles;
    private final int pieceBytes;
    private final Backends backends;
    private final Duration timeout;

    /**
     * @param clock signs requests to storage backends
     * @param plainHttp whether http is spoken to all of them
     */
    public Registries(
            Map<String, String> env,
            InstantSource clock,
            Credentials credentials,
            boolean plainHttp) {
        this.backends = Backends.of(USER_AGENT, env, clock);
        this.pieceBytes = RegistryTarget.PIECE_BYTES;
        this.credentials = credentials;
        this.proxies = Proxies.fromEnvironment(env);
        this.plainHttp = plainHttp;
        this.timeout = timeout(env);
        // What Go programs and OpenSSL read as well.
        String file = env.getOrDefault("SSL_CERT_FILE", "");
        this.caFiles = file.isEmpty() ? List.of() : List.of(Path.of(file));
    }

    /** With the credentials of docker's configuration, and the program's environment. */
    public static Registries of(ProgramContext context, boolean plainHttp) {
        return new Registries(
                context.env(),
                context.clock(),
                DockerConfig.fromEnvironment(context.env()),
                plainHttp);
    }

    private Registries(Registries other, int pieceBytes) {
        this.credentials = other.credentials;
        this.proxies = other.proxies;
        this.plainHttp = other.plainHttp;
        this.caFiles = other.caFiles;
        this.pieceBytes = pieceBytes;
        this.backends = other.backends;
        this.timeout = other.timeout;
    }

    private static Duration timeout(Map<String, String> env) {
        String text = env.getOrDefault(TIMEOUT_VARIABLE, "");
        try {
            Duration parsed = Durations.parse(text.isEmpty() ? TIMEOUT : text);
            if (parsed.isPositive()) {
                return parsed;
            }
        } catch (NaiadException e) {
            // Said below.
        }
        throw new NaiadException(
                ErrorKind.INVALID_ARGUMENT,
                TIMEOUT_VARIABLE + ": " + text + " is not a time to wait, such as 60s");
    }

    /** Opens the storage backends that images may have their blobs in. */
    public Backends backends() {
        return backends;
    }

    /**
     * The same with uploads in pieces of another size: a registry may have a limit for requests.
     *
     * @param bytes within limits that keep memory small; 0 changes nothing
     */
    public Registries withPieces(long bytes) {
        return bytes <= 0
                ? this
                : new Registries(this, (int) Math.clamp(bytes, MIN_PIECE, MAX_PIECE));
    }

    /** The repository of a reference, to read from. */
    public ImageSource source(ImageReference reference, boolean insecure) {
        return new RegistrySource(open(reference, insecure, "pull"));
    }

    /** The repository of a reference, to write to. */
    public ImageTarget target(ImageReference reference, boolean insecure) {
        return new RegistryTarget(open(reference, insecure, "pull,push"), pieceBytes);
    }

    private RegistryRepository open(ImageReference reference, boolean insecure, String actions) {
        var connection =
                ConnectionConfig.DEFAULT
                        .withSkipVerify(insecure)
                        .withCaCertFiles(caFiles)
                        .withTimeouts(CONNECT, timeout);
        return new RegistryRepository(
                new RegistryRepository.Settings(
                        scheme(reference),
                        reference.domain(),
                        reference.registryHost(),
                        reference.path(),
                        actions,
                        USER_AGENT,
                        credentials,
                        connection,
                        proxies));
    }

    /** What a reference is spoken to with. */
    public String scheme(ImageReference reference) {
        if (plainHttp) {
            return "http";
        }
        HttpUrl url = HttpUrl.of("http", reference.registryHost(), "/v2/");
        return loopback(url.host()) ? spoken(url) : "https";
    }

    /**
     * What a registry on the loopback device speaks: nobody can listen in there, so asking in the
     * open gives nothing away. Servers of TLS refuse a plain request at once, with an alert or with
     * status 400; plain ones may wait for the rest of a TLS greeting for ever.
     */
    private static String spoken(HttpUrl plain) {
        var config =
                HttpClientConfig.defaults()
                        .withTimeouts(CONNECT, CONNECT)
                        .withTls(TlsOptions.DEFAULT.withSkipVerify(true));
        try (var client = new HttpClient("probe", config);
                var response = client.send(HttpRequest.get(plain))) {
            return response.status() == 400 ? "https" : response.url().scheme();
        } catch (NaiadException e) {
            return "https";
        }
    }

    private static boolean loopback(String host) {
        return host.equals("localhost") || host.startsWith("127.") || host.equals("::1");
    }

    /** Adds to a failure what its user may want to do. */
    public static NaiadException hint(NaiadException failure, String side) {
        String text = failure.what();
        String hint = "";
        if (text.contains("does not speak TLS")) {
            hint = " (--plain-http speaks http)";
        } else if (failure.kind() == ErrorKind.FAILED_PRECONDITION && text.contains("TLS with")) {
            hint = " (--" + side + "-insecure accepts any certificate)";
        }
        return hint.isEmpty()
                ? failure
                : new NaiadException(failure.kind(), text + hint, failure.getCause());
    }
}
