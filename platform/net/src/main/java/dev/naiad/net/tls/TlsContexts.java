package dev.naiad.net.tls;

import dev.naiad.base.error.ErrorKind;
import dev.naiad.base.error.IoReason;
import dev.naiad.base.error.NaiadException;
import java.io.IOException;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.spec.InvalidKeySpecException;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import javax.net.ssl.KeyManager;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509ExtendedTrustManager;
import javax.net.ssl.X509TrustManager;
import org.jspecify.annotations.Nullable;

/**
 * Builds TLS contexts. Reading the system's bundle takes tens of milliseconds: make one context and
 * keep it.
 */
public final class TlsContexts {
    /** Where distributions keep their trusted roots; the first that exists is read. */
    private static final List<Path> SYSTEM_BUNDLES =
            List.of(
                    Path.of("/etc/ssl/certs/ca-certificates.crt"),
                    Path.of("/etc/pki/tls/certs/ca-bundle.crt"),
                    Path.of("/etc/ssl/cert.pem"));

    private static final Pattern PEM =
            Pattern.compile("-----BEGIN ([A-Z0-9 ]+)-----([A-Za-z0-9+/=\\s]+)-----END \\1-----");
    private static final char[] NO_PASSWORD = new char[0];

    private TlsContexts() {}

    /** A context for connections that we open. */
    public static SSLContext client(TlsOptions options) {
        try {
            TrustManager trust =
                    options.skipVerify() ? new TrustAnybody() : trust(options.caFiles());
            return context(options.identity(), new TrustManager[] {trust});
        } catch (GeneralSecurityException e) {
            throw new NaiadException(
                    ErrorKind.INVALID_ARGUMENT, "TLS set-up: " + e.getMessage(), e);
        }
    }

    /** A context for a server that shows this certificate. */
    public static SSLContext server(TlsOptions.Identity identity) {
        try {
            return context(Optional.of(identity), null);
        } catch (GeneralSecurityException e) {
            throw new NaiadException(
                    ErrorKind.INVALID_ARGUMENT, "TLS set-up: " + e.getMessage(), e);
        }
    }

    private static SSLContext context(
            Optional<TlsOptions.Identity> identity, TrustManager @Nullable [] trust)
            throws GeneralSecurityException {
        KeyManager @Nullable [] keys = null;
        if (identity.isPresent()) {
            var store = emptyStore();
            store.setKeyEntry(
                    "identity",
                    privateKey(identity.get().key()),
                    NO_PASSWORD,
                    certificates(identity.get().certificates()).toArray(Certificate[]::new));
            var factory = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
            factory.init(store, NO_PASSWORD);
            keys = factory.getKeyManagers();
        }
        var context = SSLContext.getInstance("TLS");
        context.init(keys, trust, null);
        return context;
    }

    private static TrustManager trust(List<Path> extra) throws GeneralSecurityException {
        var roots = new ArrayList<Certificate>();
        Optional<Path> system = SYSTEM_BUNDLES.stream().filter(Files::isReadable).findFirst();
        if (system.isPresent()) {
            roots.addAll(certificates(system.get()));
        } else {
            for (TrustManager each : managers(null)) {
                if (each instanceof X509TrustManager x509) {
                    roots.addAll(List.of(x509.getAcceptedIssuers()));
                }
            }
        }
        for (Path file : extra) {
            roots.addAll(certificates(file));
        }
        var store = emptyStore();
        for (int i = 0; i < roots.size(); i++) {
            store.setCertificateEntry("root" + i, roots.get(i));
        }
        return managers(store)[0];
    }

    private static TrustManager[] managers(@Nullable KeyStore store)
            throws GeneralSecurityException {
        var factory = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        factory.init(store);
        return factory.getTrustManagers();
    }

    private static KeyStore emptyStore() throws GeneralSecurityException {
        var store = KeyStore.getInstance("PKCS12");
        try {
            store.load(null, NO_PASSWORD);
        } catch (IOException e) {
            throw new GeneralSecurityException(e);
        }
        return store;
    }

    private static List<Certificate> certificates(Path file) throws GeneralSecurityException {
        var factory = CertificateFactory.getInstance("X.509");
        var found = new ArrayList<Certificate>();
        var matcher = PEM.matcher(read(file));
        while (matcher.find()) {
            if (matcher.group(1).endsWith("CERTIFICATE")) {
                byte[] der = Base64.getMimeDecoder().decode(matcher.group(2));
                found.add(factory.generateCertificate(new java.io.ByteArrayInputStream(der)));
            }
        }
        if (found.isEmpty()) {
            throw new NaiadException(
                    ErrorKind.INVALID_ARGUMENT, file + ": holds no PEM certificate");
        }
        return found;
    }

    private static PrivateKey privateKey(Path file) throws GeneralSecurityException {
        var matcher = PEM.matcher(read(file));
        while (matcher.find()) {
            if (matcher.group(1).equals("PRIVATE KEY")) {
                var spec =
                        new PKCS8EncodedKeySpec(Base64.getMimeDecoder().decode(matcher.group(2)));
                for (String algorithm : List.of("RSA", "EC", "EdDSA")) {
                    try {
                        return KeyFactory.getInstance(algorithm).generatePrivate(spec);
                    } catch (InvalidKeySpecException e) {
                        // The PEM label does not say which algorithm it is: try the next.
                    }
                }
            }
        }
        throw new NaiadException(
                ErrorKind.INVALID_ARGUMENT,
                file + ": holds no PKCS#8 key (\"BEGIN PRIVATE KEY\", RSA, EC or Ed25519)");
    }

    private static String read(Path file) {
        try {
            return Files.readString(file, java.nio.charset.StandardCharsets.ISO_8859_1);
        } catch (IOException e) {
            throw new NaiadException(
                    ErrorKind.INVALID_ARGUMENT, IoReason.after(file.toString(), e), e);
        }
    }

    /** What skip_verify means; extended, so that the JDK adds no checks of its own. */
    private static final class TrustAnybody extends X509ExtendedTrustManager {
        @Override
        public void checkClientTrusted(X509Certificate[] chain, String type, Socket socket) {}

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String type, Socket socket) {}

        @Override
        public void checkClientTrusted(X509Certificate[] chain, String type, SSLEngine engine) {}

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String type, SSLEngine engine) {}

        @Override
        public void checkClientTrusted(X509Certificate[] chain, String type) {}

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String type) {}

        @Override
        public X509Certificate[] getAcceptedIssuers() {
            return new X509Certificate[0];
        }
    }
}
