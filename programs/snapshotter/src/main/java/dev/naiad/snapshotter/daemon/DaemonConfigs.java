package dev.naiad.snapshotter.daemon;

import dev.naiad.base.config.ConfigNode;
import dev.naiad.base.config.JsonReader;
import dev.naiad.base.config.JsonWriter;
import dev.naiad.base.error.ErrorKind;
import dev.naiad.base.error.NaiadException;
import dev.naiad.oci.ref.ImageReference;
import dev.naiad.snapshotter.snapshots.Labels;
import dev.naiad.snapshotter.store.StoredSnapshot;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;

/**
 * Makes the nydusd configuration of one image out of the template, the image's reference and the
 * credentials.
 */
public final class DaemonConfigs {
    private final NydusdTemplate template;
    private final CredentialLookup credentials;
    private final MirrorDirectory mirrors;
    private final Path cacheDir;

    public DaemonConfigs(
            NydusdTemplate template,
            CredentialLookup credentials,
            MirrorDirectory mirrors,
            Path cacheDir) {
        this.template = template;
        this.credentials = credentials;
        this.mirrors = mirrors;
        this.cacheDir = cacheDir;
    }

    /** What a shared daemon's directory gets: nothing of any image. */
    String ofSharedDaemon() {
        return template.plain();
    }

    /**
     * The reference of the image a bootstrap layer belongs to. @throws NaiadException if no label
     * names it
     */
    static String reference(StoredSnapshot meta) {
        return Labels.imageReference(meta.info().labels())
                .orElseThrow(
                        () ->
                                new NaiadException(
                                        ErrorKind.INTERNAL,
                                        "failed to find image ref of snapshot "
                                                + meta.id()
                                                + ", labels "
                                                + goMap(meta.info().labels())));
    }

    /** The labels as Go prints a map, without those that hold secrets. */
    private static String goMap(Map<String, String> labels) {
        var text = new StringBuilder("map[");
        labels.forEach(
                (key, value) -> {
                    boolean secret =
                            key.equals(Labels.PULL_SECRET) || key.equals(Labels.PULL_USERNAME);
                    text.append(text.length() > 4 ? " " : "")
                            .append(key)
                            .append(':')
                            .append(secret ? "[redacted]" : value);
                });
        return text.append(']').toString();
    }

    /** One line of JSON. */
    String of(String reference, Map<String, String> labels) {
        if (!template.needsRegistry()) {
            return template.complete(NydusdTemplate.Completion.NONE, cacheDir);
        }
        ImageReference image = ImageReference.parse(reference);
        String host = registryHost(image);
        CredentialLookup.Found found = credentials.of(reference, labels);
        return template.complete(
                new NydusdTemplate.Completion(
                        host,
                        image.path(),
                        found.auth(),
                        found.registryToken(),
                        mirrors.mirrorsOf(host)),
                cacheDir);
    }

    /**
     * A configuration that has to replace another.
     *
     * @param auth base64 of user and password
     */
    record Renewed(String config, String auth) {
        @Override
        public String toString() {
            return "[redacted]";
        }
    }

    /**
     * A configuration with the credential as it is now; empty if it is the same or none is known.
     */
    Optional<Renewed> renewed(String reference, String config) {
        if (!template.needsRegistry() || config.isEmpty()) {
            return Optional.empty();
        }
        String auth = credentials.of(reference, Map.of()).auth();
        ConfigNode root = JsonReader.parse("configuration of " + reference, config);
        ConfigNode device = root.get("device");
        ConfigNode backend = device.get("backend");
        ConfigNode registry = backend.get("config");
        if (auth.isEmpty() || registry.get("auth").text().equals(auth)) {
            return Optional.empty();
        }
        ConfigNode changed = registry.without("registry_token").with("auth", ConfigNode.of(auth));
        ConfigNode whole =
                root.with("device", device.with("backend", backend.with("config", changed)));
        return Optional.of(
                new Renewed(JsonWriter.compact().likeGo().value(whole).toString(), auth));
    }

    /** compat: Docker Hub's images are read under this name, mirrors and proxies know it by it. */
    private static String registryHost(ImageReference image) {
        return Optional.of(image.domain())
                .filter(domain -> !domain.equals("docker.io"))
                .orElse("index.docker.io");
    }
}
