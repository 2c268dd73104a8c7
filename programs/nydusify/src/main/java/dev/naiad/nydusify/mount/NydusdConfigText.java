package dev.naiad.nydusify.mount;

import dev.naiad.base.config.ConfigNode;
import dev.naiad.base.config.JsonReader;
import dev.naiad.base.config.JsonWriter;
import dev.naiad.convert.storage.BackendFlags;
import dev.naiad.oci.auth.Credential;
import dev.naiad.oci.ref.ImageReference;
import dev.naiad.rafs.RafsVersion;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The configuration that nydusd gets, of version 1, which every nydusd reads. */
final class NydusdConfigText {
    private static final Logger LOG = LoggerFactory.getLogger(NydusdConfigText.class);
    private static final int PREFETCH_THREADS = 10;
    private static final int PREFETCH_MERGE_BYTES = 131_072;

    private final Optional<BackendFlags.Choice> backend;
    private final boolean insecure;
    private final boolean prefetch;
    private final String caFile;

    /**
     * @param backend that has the blobs; else the registry
     * @param insecure whether certificates of the registry are not verified
     */
    NydusdConfigText(
            Map<String, String> env,
            Optional<BackendFlags.Choice> backend,
            boolean insecure,
            boolean prefetch) {
        this.backend = backend;
        this.insecure = insecure;
        this.prefetch = prefetch;
        this.caFile = env.getOrDefault("SSL_CERT_FILE", "");
    }

    /**
     * For one image.
     *
     * @param cache where nydusd keeps what it has fetched
     */
    ConfigNode of(
            String scheme,
            ImageReference reference,
            Optional<Credential> credential,
            RafsVersion version,
            Path cache) {
        var json = JsonWriter.compact().object().key("device").object().key("backend").object();
        json.put("type", backend.map(BackendFlags.Choice::type).orElse("registry"));
        if (backend.isPresent()) {
            json.put("config", backend.get().section());
        } else {
            json.key("config").object();
            registry(json, scheme, reference, credential);
            json.end();
        }
        json.end().key("cache").object().put("type", "blobcache").key("config").object();
        json.put("work_dir", cache.toString()).end().end().end();
        json.put("mode", "direct")
                .put("digest_validate", version == RafsVersion.V5)
                .put("iostats_files", false)
                .put("enable_xattr", true);
        json.key("fs_prefetch").object().put("enable", prefetch);
        json.put("threads_count", PREFETCH_THREADS).put("merging_size", PREFETCH_MERGE_BYTES);
        return JsonReader.parse("nydusd_config.json", json.end().end().toString());
    }

    private void registry(
            JsonWriter json,
            String scheme,
            ImageReference reference,
            Optional<Credential> credential) {
        json.put("scheme", scheme)
                .put("host", reference.registryHost())
                .put("repo", reference.path())
                .put("skip_verify", insecure)
                .put("timeout", 30)
                .put("connect_timeout", 5)
                .put("retry_limit", 2);
        if (!caFile.isEmpty()) {
            json.put("ca_cert_files", List.of(caFile));
        }
        switch (credential.orElse(null)) {
            case Credential.Basic basic -> json.put("auth", basic.encoded().reveal());
            case Credential.RegistryToken token ->
                    json.put("registry_token", token.token().reveal());
            case Credential.IdentityToken _ ->
                    LOG.warn(
                            "nydusd cannot use an identity token and reads {} without one",
                            reference.domain());
            case null -> {}
        }
    }
}
