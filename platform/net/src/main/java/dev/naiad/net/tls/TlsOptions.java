package dev.naiad.net.tls;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * How a peer is proved. Verification is on unless switched off for a host by its configuration.
 *
 * @param skipVerify accepts any certificate and name
 * @param caFiles PEM bundles trusted beside the system's
 * @param identity certificate and key that prove us
 */
public record TlsOptions(boolean skipVerify, List<Path> caFiles, Optional<Identity> identity) {
    public static final TlsOptions DEFAULT = new TlsOptions(false, List.of(), Optional.empty());

    public TlsOptions {
        caFiles = List.copyOf(caFiles);
    }

    public TlsOptions withSkipVerify(boolean skip) {
        return new TlsOptions(skip, caFiles, identity);
    }

    public TlsOptions withCaFiles(List<Path> files) {
        return new TlsOptions(skipVerify, files, identity);
    }

    /** PEM files: a certificate chain, leaf first, and its PKCS#8 key. */
    public record Identity(Path certificates, Path key) {}
}
