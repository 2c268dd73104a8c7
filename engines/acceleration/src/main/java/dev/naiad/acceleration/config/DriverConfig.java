package dev.naiad.acceleration.config;

import dev.naiad.base.config.ConfigNode;
import dev.naiad.base.config.JsonReader;
import dev.naiad.base.config.Secret;
import dev.naiad.base.error.NaiadException;
import dev.naiad.oci.ref.ImageReference;
import dev.naiad.rafs.BlobLimits;
import dev.naiad.rafs.Compressor;
import dev.naiad.rafs.RafsVersion;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * How acceld converts: the keys of the Nydus driver.
 *
 * @param batchSize bytes of small chunks that are compressed together; 0 for none
 * @param patterns absolute paths that are fetched first
 * @param dictionary an image whose chunks are referred to
 * @param backendType where blobs go instead of the registry; empty for the registry
 * @param backendConfig its JSON
 */
public record DriverConfig(
        RafsVersion version,
        Compressor compressor,
        int chunkSize,
        int batchSize,
        boolean alignedChunks,
        List<String> patterns,
        Optional<ImageReference> dictionary,
        boolean dockerToOci,
        boolean mergeManifest,
        boolean ociRef,
        boolean withReferrer,
        String backendType,
        Secret backendConfig,
        boolean backendForcePush) {
    private static final int DEFAULT_CHUNK_SIZE = 0x100000;

    private static final String[] KEYS = {
        "work_dir",
        "builder",
        "fs_version",
        "rafs_version",
        "compressor",
        "rafs_compressor",
        "fs_chunk_size",
        "batch_size",
        "fs_align_chunk",
        "prefetch_patterns",
        "chunk_dict_ref",
        "docker2oci",
        "merge_manifest",
        "oci_ref",
        "with_referrer",
        "backend_type",
        "backend_config",
        "backend_force_push",
        "encrypt_recipients",
        "cache_ref",
        "cache_version",
        "cache_max_records"
    };

    public DriverConfig {
        patterns = List.copyOf(patterns);
    }

    /** What the conversions of other drivers have of these keys. */
    static DriverConfig ofOther(boolean dockerToOci) {
        return new DriverConfig(
                RafsVersion.V6,
                Compressor.ZSTD,
                DEFAULT_CHUNK_SIZE,
                0,
                false,
                List.of("/"),
                Optional.empty(),
                dockerToOci,
                false,
                false,
                false,
                "",
                Secret.of(""),
                false);
    }

    static DriverConfig parse(ConfigNode driver, Scalars in) {
        in.known(driver, "type", "config");
        ConfigNode config = driver.get("config");
        in.known(config, KEYS);
        String type = in.text(driver.get("type"), "");
        if (!type.equals("nydus")) {
            in.problems()
                    .add(
                            driver.get("type"),
                            "\"" + type + "\" is not a driver; use nydus or estargz");
        }
        if (!in.text(config.get("encrypt_recipients"), "").isEmpty()) {
            in.problems()
                    .add(
                            config.get("encrypt_recipients"),
                            "images are not encrypted for recipients; remove the key, and encrypt with skopeo copy --encryption-key");
        }
        boolean ociRef = in.flag(config.get("oci_ref"));
        var result =
                new DriverConfig(
                        version(config, in),
                        compressor(config, in),
                        chunkSize(config.get("fs_chunk_size"), in),
                        batchSize(config, in),
                        in.flag(config.get("fs_align_chunk")),
                        patterns(in.text(config.get("prefetch_patterns"), "")),
                        dictionary(config.get("chunk_dict_ref"), in),
                        ociRef || in.flag(config.get("docker2oci")),
                        in.flag(config.get("merge_manifest")),
                        ociRef,
                        in.flag(config.get("with_referrer")),
                        in.text(config.get("backend_type"), ""),
                        Secret.of(in.text(config.get("backend_config"), "")),
                        in.flag(config.get("backend_force_push")));
        result.checkBackend(config, in);
        return result;
    }

    private void checkBackend(ConfigNode config, Scalars in) {
        if (backendType.isEmpty()) {
            return;
        }
        if (!List.of("oss", "s3", "localfs").contains(backendType)) {
            in.problems()
                    .add(
                            config.get("backend_type"),
                            "\"" + backendType + "\" is none of oss, s3, localfs");
        }
        try {
            if (!JsonReader.parse("backend_config", backendConfig.reveal()).isObject()) {
                in.problems().add(config.get("backend_config"), "is not a JSON object");
            }
        } catch (NaiadException e) {
            // What it says is a secret.
            in.problems().add(config.get("backend_config"), "is not JSON");
        }
    }

    private static RafsVersion version(ConfigNode config, Scalars in) {
        ConfigNode node = either(config, "fs_version", "rafs_version");
        String text = in.text(node, "6");
        return switch (text) {
            case "5" -> RafsVersion.V5;
            case "6" -> RafsVersion.V6;
            default -> {
                in.problems().add(node, "\"" + text + "\" is none of 5, 6");
                yield RafsVersion.V6;
            }
        };
    }

    private static Compressor compressor(ConfigNode config, Scalars in) {
        ConfigNode node = either(config, "compressor", "rafs_compressor");
        String text = in.text(node, "zstd");
        return switch (text) {
            case "none" -> Compressor.NONE;
            case "lz4_block" -> Compressor.LZ4_BLOCK;
            case "zstd", "" -> Compressor.ZSTD;
            default -> {
                in.problems().add(node, "\"" + text + "\" is none of none, lz4_block, zstd");
                yield Compressor.ZSTD;
            }
        };
    }

    private static ConfigNode either(ConfigNode config, String key, String old) {
        return config.has(key) ? config.get(key) : config.get(old);
    }

    private static int chunkSize(ConfigNode node, Scalars in) {
        int size = (int) in.number(node, DEFAULT_CHUNK_SIZE, 0, Integer.MAX_VALUE);
        if (!BlobLimits.isChunkSize(size)) {
            in.problems().add(node, size + " is not a power of two within 0x1000..0x1000000");
            return DEFAULT_CHUNK_SIZE;
        }
        return size;
    }

    private static int batchSize(ConfigNode config, Scalars in) {
        ConfigNode node = config.get("batch_size");
        int size = (int) in.number(node, 0, 0, BlobLimits.MAX_CHUNK_SIZE);
        if (size != 0
                && (!BlobLimits.isChunkSize(size)
                        || size > chunkSize(config.get("fs_chunk_size"), in))) {
            in.problems()
                    .add(node, size + " is not a power of two within 0x1000 and the chunk size");
        }
        return size;
    }

    private static List<String> patterns(String text) {
        var result = new ArrayList<String>();
        for (String each : text.split("\n", -1)) {
            if (!each.isBlank()) {
                result.add(each.strip());
            }
        }
        return result.isEmpty() ? List.of("/") : result;
    }

    private static Optional<ImageReference> dictionary(ConfigNode node, Scalars in) {
        String text = in.text(node, "");
        if (text.isEmpty()) {
            return Optional.empty();
        }
        try {
            return Optional.of(ImageReference.parse(text));
        } catch (NaiadException e) {
            in.problems().add(node, e.what());
            return Optional.empty();
        }
    }

    /** What makes a layer converted with these options differ from one with others. */
    public String fingerprint() {
        return version.word()
                + " "
                + compressor.word()
                + " "
                + chunkSize
                + " "
                + batchSize
                + (alignedChunks ? " aligned" : "")
                + " "
                + patterns.hashCode();
    }
}
