package dev.naiad.convert.conversion;

import dev.naiad.base.cli.CommandSpec;
import dev.naiad.base.cli.Option;
import dev.naiad.base.cli.Style;
import dev.naiad.convert.remote.LocalFlags;
import dev.naiad.convert.remote.RegistryFlags;
import dev.naiad.convert.storage.BackendFlags;

/** The flags of {@code nydusify convert}. */
public final class ConvertSpec {
    private ConvertSpec() {}

    /** The command and its flags, as the original's. */
    public static CommandSpec spec() {
        return CommandSpec.builder(
                        Style.URFAVE, "convert", "Generate a Nydus image from an OCI image")
                .option(
                        Option.value("source", "value", "Source OCI image reference")
                                .env("SOURCE")
                                .require())
                .option(
                        Option.value("source-archive", "value", "Source OCI layout archive")
                                .env("SOURCE_ARCHIVE"))
                .option(
                        Option.value("target", "value", "Target (Nydus) image reference")
                                .env("TARGET"))
                .option(
                        Option.value(
                                        "target-suffix",
                                        "value",
                                        "Generate the target image reference by adding a suffix to the source image reference")
                                .env("TARGET_SUFFIX"))
                .option(
                        Option.value("target-archive", "value", "Target OCI layout archive")
                                .env("TARGET_ARCHIVE"))
                .options(RegistryFlags.insecure())
                .option(
                        Option.value(
                                "source-backend-type",
                                "value",
                                "What the source is if it is not an image: model-artifact, modelfile"))
                .options(BackendFlags.options("", "Nydus blobs"))
                .option(
                        Option.value(
                                        "source-backend-config",
                                        "value",
                                        "Json of the source: for modelfile modctl's storage, {\"work_dir\":\"DIR\"}")
                                .env("BACKEND_CONFIG"))
                .option(
                        Option.flag(
                                        "backend-force-push",
                                        "Force to push Nydus blobs even if they exist in the backend")
                                .env("BACKEND_FORCE_PUSH"))
                .option(
                        Option.value("build-cache", "value", "Remote image to use as build cache")
                                .env("BUILD_CACHE"))
                .option(
                        Option.value(
                                        "build-cache-tag",
                                        "value",
                                        "Tag of the target repository to use as build cache")
                                .env("BUILD_CACHE_TAG"))
                .option(
                        Option.flag(
                                        "build-cache-insecure",
                                        "Skip verifying server certs of the build cache")
                                .env("BUILD_CACHE_INSECURE"))
                .option(
                        Option.value("build-cache-version", "value", "Version of the build cache")
                                .env("BUILD_CACHE_VERSION")
                                .defaultValue("v1"))
                .option(
                        Option.number(
                                        "build-cache-max-records",
                                        "value",
                                        "Maximum of records in the build cache",
                                        1,
                                        200)
                                .env("BUILD_CACHE_MAX_RECORDS")
                                .defaultValue("200"))
                .option(
                        Option.value(
                                        "chunk-dict",
                                        "value",
                                        "Chunk dictionary for deduplication, bootstrap:registry:REF or bootstrap:local:PATH")
                                .env("CHUNK_DICT"))
                .option(
                        Option.flag(
                                        "chunk-dict-insecure",
                                        "Skip verifying server certs of the chunk dictionary")
                                .env("CHUNK_DICT_INSECURE"))
                .option(
                        Option.flag(
                                        "merge-platform",
                                        "Generate an OCI image index with both OCI and Nydus manifests")
                                .aliases("multi-platform")
                                .env("MERGE_PLATFORM", "MULTI_PLATFORM"))
                .option(
                        Option.flag(
                                "all-platforms",
                                "Convert images for all platforms, conflicts with --platform"))
                .option(
                        Option.value(
                                        "platform",
                                        "value",
                                        "Convert images for specific platforms, for example: 'linux/amd64,linux/arm64'")
                                .commaList()
                                .conflictsWith("all-platforms"))
                .option(
                        Option.flag("oci-ref", "Convert to OCI-referenced nydus zran image")
                                .env("OCI_REF"))
                .option(
                        Option.flag("oci", "Convert Docker media types to OCI media types")
                                .env("OCI"))
                .option(
                        Option.flag("with-referrer", "Associate a reference to the source image")
                                .env("WITH_REFERRER"))
                .option(
                        Option.flag(
                                        "no-verify",
                                        "Push without comparing the built image with the source")
                                .env("NO_VERIFY"))
                .option(
                        Option.flag("reverse", "Convert a Nydus image to an OCI image")
                                .env("REVERSE"))
                .option(
                        Option.flag("docker-v2-format", "Convert to docker v2 media types")
                                .env("DOCKER_V2_FORMAT")
                                .hide())
                .option(
                        Option.number(
                                        "fs-version",
                                        "value",
                                        "Nydus image format version number, possible values: 5, 6",
                                        5,
                                        6)
                                .env("FS_VERSION")
                                .defaultValue("6"))
                .option(
                        Option.flag("fs-align-chunk", "Enable chunk data alignment for RAFS v5")
                                .env("FS_ALIGN_CHUNK"))
                .option(
                        Option.flag("backend-aligned-chunk", "Deprecated, use --fs-align-chunk")
                                .env("BACKEND_ALIGNED_CHUNK")
                                .hide())
                .option(
                        Option.value(
                                        "prefetch-dir",
                                        "value",
                                        "Absolute path of the directory to prefetch")
                                .env("PREFETCH_DIR"))
                .option(
                        Option.flag(
                                        "prefetch-patterns",
                                        "Read paths to prefetch from standard input, one a line")
                                .env("PREFETCH_PATTERNS"))
                .option(
                        Option.value(
                                        "compressor",
                                        "value",
                                        "Algorithm to compress image data blob, possible values: none, lz4_block, zstd")
                                .env("COMPRESSOR")
                                .defaultValue("zstd"))
                .option(
                        Option.value(
                                        "fs-chunk-size",
                                        "value",
                                        "Size of nydus image data chunk, a power of two within 0x1000-0x1000000")
                                .aliases("chunk-size")
                                .env("FS_CHUNK_SIZE")
                                .defaultValue("0x100000"))
                .option(
                        Option.value("batch-size", "value", "Size of batch data chunks")
                                .env("BATCH_SIZE")
                                .defaultValue("0"))
                .option(
                        LocalFlags.workDir(
                                "Working directory for image conversion; only archives and storage backends need it",
                                "./tmp"))
                .option(
                        LocalFlags.nydusImage(
                                "Path to the nydus-image binary; the builder in this program gives the same bytes and is used instead"))
                .option(
                        Option.value(
                                        "output-json",
                                        "value",
                                        "File path to save the metrics collected during conversion in JSON format")
                                .env("OUTPUT_JSON"))
                .option(
                        Option.flag("plain-http", "Enable plain http for Nydus image push")
                                .env("PLAIN_HTTP"))
                .options(RegistryFlags.pushAttempts())
                .build();
    }
}
