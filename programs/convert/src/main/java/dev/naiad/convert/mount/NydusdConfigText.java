package dev.naiad.convert.mount;

import dev.naiad.base.cli.CommandLine;
import dev.naiad.base.config.ConfigNode;
import dev.naiad.base.config.JsonReader;
import dev.naiad.base.config.JsonWriter;
import dev.naiad.base.error.ErrorKind;
import dev.naiad.base.error.NaiadException;
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

    private final Optional<String> type;
    private final Optional<ConfigNode> backend;
    private final boolean insecure;
    private final boolean prefetch;
    private final String caFile;

    /** Reads the flags, so that a wrong one is told before anything is pulled. */
    NydusdConfigText(Map<String, String> env, CommandLine line) {
        this.type = line.find("backend-type").filter(text -> !text.isEmpty());
        this.backend = type.map(_ -> backend(line));
        this.insecure = line.flag("target-insecure");
        this.prefetch = line.flag("prefetch");
        this.caFile = env.getOrDefault("SSL_CERT_FILE", "");
    }

    private static ConfigNode backend(CommandLine line) {
        Optional<String> text = line.find("backend-config").filter(t -> !t.isEmpty());
        Optional<String> file = line.find("backend-config-file").filter(t -> !t.isEmpty());
        if (text.isPresent()) {
            return JsonReader.parse("--backend-config", text.get());
        }
        return JsonReader.read(
                Path.of(
                        file.orElseThrow(
                                () ->
                                        new NaiadException(
                                                ErrorKind.INVALID_ARGUMENT,
                                                "--backend-type needs --backend-config or"
                                                        + " --backend-config-file"))));
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
        json.put("type", type.orElse("registry"));
        if (backend.isPresent()) {
            json.put("config", backend.get());
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
