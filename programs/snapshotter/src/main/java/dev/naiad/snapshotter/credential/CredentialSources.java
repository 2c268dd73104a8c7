package dev.naiad.snapshotter.credential;

import dev.naiad.base.config.Secret;
import dev.naiad.base.error.NaiadException;
import dev.naiad.oci.auth.Credential;
import dev.naiad.oci.auth.Credentials;
import dev.naiad.oci.ref.ImageReference;
import dev.naiad.snapshotter.daemon.CredentialLookup;
import dev.naiad.snapshotter.snapshots.Labels;
import java.util.Map;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The first source that knows an image's registry: the snapshot's labels, what the CRI pulled with,
 * docker's file.
 */
public final class CredentialSources implements CredentialLookup {
    private static final Logger LOG = LoggerFactory.getLogger(CredentialSources.class);

    private final PulledCredentials pulled;
    private final Credentials docker;

    public CredentialSources(PulledCredentials pulled, Credentials docker) {
        this.pulled = pulled;
        this.docker = docker;
    }

    @Override
    public Found of(String imageReference, Map<String, String> labels) {
        return fromLabels(labels)
                .or(() -> pulled.of(imageReference))
                .or(() -> fromDocker(imageReference))
                .map(CredentialSources::found)
                .orElse(Found.NOTHING);
    }

    private static Optional<Credential> fromLabels(Map<String, String> labels) {
        String user = labels.getOrDefault(Labels.PULL_USERNAME, "");
        String secret = labels.getOrDefault(Labels.PULL_SECRET, "");
        if (secret.isEmpty()) {
            return Optional.empty();
        }
        return Optional.of(
                user.isEmpty()
                        ? new Credential.RegistryToken(Secret.of(secret))
                        : new Credential.Basic(user, Secret.of(secret)));
    }

    /** A file or a helper that fails must not keep public images from starting. */
    private Optional<Credential> fromDocker(String imageReference) {
        String host = ImageReference.parse(imageReference).registryHost();
        try {
            return docker.of(host);
        } catch (NaiadException e) {
            LOG.warn("no credential for {}, asking without: {}", host, e.getMessage());
            return Optional.empty();
        }
    }

    private static Found found(Credential credential) {
        return switch (credential) {
            case Credential.Basic basic ->
                    basic.username().isEmpty()
                            ? new Found("", basic.password().reveal())
                            : new Found(basic.encoded().reveal(), "");
            case Credential.RegistryToken token -> new Found("", token.token().reveal());
            // nydusd has no field for it; the registry would refuse it as a bearer token.
            case Credential.IdentityToken token -> Found.NOTHING;
        };
    }
}
