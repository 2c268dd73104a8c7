package dev.naiad.convert.conversion;

import dev.naiad.base.cli.CommandLine;
import dev.naiad.base.cli.UsageException;
import dev.naiad.base.config.Durations;
import dev.naiad.builder.BuildOptions;
import dev.naiad.builder.MergeOptions;
import dev.naiad.builder.PrefetchPolicy;
import dev.naiad.convert.model.ModelSource;
import dev.naiad.convert.storage.BackendFlags;
import dev.naiad.oci.image.Platform;
import dev.naiad.oci.ref.ImageReference;
import dev.naiad.rafs.Compressor;
import dev.naiad.rafs.Digester;
import dev.naiad.rafs.RafsVersion;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;

/** What {@code nydusify convert} was asked for. */
public record ConvertOptions(
        ImageReference source,
        ImageReference target,
        boolean sourceInsecure,
        boolean targetInsecure,
        boolean plainHttp,
        boolean ociRef,
        boolean toOci,
        boolean withReferrer,
        boolean verify,
        boolean mergePlatform,
        boolean reverse,
        Optional<DictionaryReference> dictionary,
        Optional<BuildCacheOptions> buildCache,
        List<Platform> platforms,
        boolean allPlatforms,
        BuildOptions build,
        MergeOptions merge,
        int attempts,
        Duration retryDelay,
        Optional<Path> outputJson,
        Optional<Path> sourceArchive,
        Optional<Path> targetArchive,
        Optional<BackendFlags.Choice> backend,
        boolean forcePush,
        Path workDir,
        Optional<ModelSource> model) {
    private static final int MIN_CHUNK = 0x1000;
    private static final int MAX_CHUNK = 0x1000000;
    private static final String MODEL_CHUNK = "0x400000";
    private static final int MAX_PATTERN_BYTES = 1 << 20;

    public ConvertOptions {
        platforms = List.copyOf(platforms);
        if (model.isPresent()) {
            refuseForModel("--backend-type", backend.isPresent());
            refuseForModel("--oci-ref", ociRef);
            refuseForModel("--merge-platform", mergePlatform);
            refuseForModel("--reverse", reverse);
            refuseForModel("--chunk-dict", dictionary.isPresent());
            refuseForModel("--build-cache", buildCache.isPresent());
            refuseForModel("--source-archive", sourceArchive.isPresent());
        }
    }

    private static void refuseForModel(String flag, boolean given) {
        if (given) {
            throw new UsageException(
                    "a model's layers stay as they are, beside its bootstrap; leave out " + flag);
        }
    }

    /**
     * Reads the command line.
     *
     * @param in where {@code --prefetch-patterns} reads from
     */
    public static ConvertOptions parse(CommandLine line, InputStream in) throws IOException {
        boolean ociRef = line.flag("oci-ref");
        ImageReference source = ImageReference.parse(line.get("source"));
        List<String> patterns = patterns(line, in);
        boolean all = line.flag("all-platforms");
        List<Platform> platforms =
                all
                        ? List.of()
                        : line.all("platform").isEmpty()
                                ? List.of(Platform.host())
                                : line.all("platform").stream().map(Platform::parse).toList();
        BuildOptions build =
                BuildOptions.forConversion()
                        .withCompressor(compressor(line.get("compressor")))
                        .withChunkSize(chunkSize(line))
                        .withBatchSize(batchSize(line.get("batch-size")))
                        .withAligned(
                                line.flag("fs-align-chunk") || line.flag("backend-aligned-chunk"))
                        .withPrefetch(PrefetchPolicy.FS, patterns);
        if (line.number("fs-version") == 5) {
            build = build.withToc(false).withVersion(RafsVersion.V5);
        }
        ImageReference target = target(line, source);
        return new ConvertOptions(
                source,
                target,
                line.flag("source-insecure"),
                line.flag("target-insecure"),
                line.flag("plain-http"),
                ociRef,
                ociRef || (line.flag("oci") && !line.flag("docker-v2-format")),
                line.flag("with-referrer"),
                !line.flag("no-verify"),
                line.flag("merge-platform"),
                line.flag("reverse"),
                line.find("chunk-dict")
                        .filter(v -> !v.isEmpty())
                        .map(
                                text ->
                                        DictionaryReference.parse(
                                                text, line.flag("chunk-dict-insecure"))),
                BuildCacheOptions.parse(line, target, line.flag("target-insecure")),
                platforms,
                all,
                ociRef ? forReference(build) : build,
                new MergeOptions(PrefetchPolicy.FS, patterns, null, null),
                Math.max(1, (int) line.number("push-retry-count")),
                Durations.parse(line.get("push-retry-delay")),
                line.find("output-json").map(Path::of),
                path(line, "source-archive"),
                path(line, "target-archive"),
                BackendFlags.parse(line, ""),
                line.flag("backend-force-push"),
                Path.of(line.get("work-dir")),
                ModelSource.parse(line));
    }

    /**
     * A layer that needs a blob of its own goes with the others if its digests are of their kind.
     */
    private static BuildOptions forReference(BuildOptions build) {
        return build.withVersion(RafsVersion.V6).withToc(true).withDigester(Digester.SHA256);
    }

    /** Whether the target's repository is another one than the source's. */
    boolean intoAnotherRepository() {
        return sourceArchive.isPresent()
                || !source.domain().equals(target.domain())
                || !source.path().equals(target.path());
    }

    private static Optional<Path> path(CommandLine line, String flag) {
        return line.find(flag).filter(value -> !value.isEmpty()).map(Path::of);
    }

    /** Which entries of an index are converted. */
    public Predicate<Platform> wanted() {
        // Entries for "unknown" are attestations, not images.
        return platform ->
                allPlatforms
                        ? !platform.os().equals("unknown")
                        : platforms.stream().anyMatch(p -> p.accepts(platform));
    }

    private static ImageReference target(CommandLine line, ImageReference source) {
        Optional<String> target = line.find("target").filter(v -> !v.isEmpty());
        Optional<String> suffix = line.find("target-suffix").filter(v -> !v.isEmpty());
        if (target.isPresent() == suffix.isPresent()) {
            throw new UsageException("exactly one of --target and --target-suffix is needed");
        }
        if (target.isPresent()) {
            ImageReference reference = ImageReference.parse(target.get());
            if (reference.digest().isPresent()) {
                throw new UsageException("--target: a digest cannot be chosen, give a tag");
            }
            return reference;
        }
        if (source.digest().isPresent()) {
            throw new UsageException("--target-suffix needs a source with a tag and no digest");
        }
        return source.withTag(source.tag().orElse("latest") + suffix.get());
    }

    private static List<String> patterns(CommandLine line, InputStream in) throws IOException {
        Optional<String> directory = line.find("prefetch-dir").filter(v -> !v.isEmpty());
        if (line.flag("prefetch-patterns")) {
            if (directory.isPresent()) {
                throw new UsageException(
                        "--prefetch-dir and --prefetch-patterns exclude each other");
            }
            byte[] text = in.readNBytes(MAX_PATTERN_BYTES);
            var patterns = new ArrayList<String>();
            for (String each : new String(text, StandardCharsets.UTF_8).split("\n", -1)) {
                if (!each.isBlank()) {
                    patterns.add(each.strip());
                }
            }
            if (patterns.isEmpty()) {
                throw new UsageException("--prefetch-patterns: standard input has no pattern");
            }
            return patterns;
        }
        return List.of(directory.orElse("/"));
    }

    private static Compressor compressor(String name) {
        return switch (name) {
            case "none" -> Compressor.NONE;
            case "lz4_block" -> Compressor.LZ4_BLOCK;
            case "zstd" -> Compressor.ZSTD;
            default ->
                    throw new UsageException(
                            "--compressor: " + name + " is none of none, lz4_block, zstd");
        };
    }

    private static int batchSize(String text) {
        return number("--batch-size", text);
    }

    private static int number(String flag, String text) {
        try {
            return Integer.decode(text);
        } catch (NumberFormatException e) {
            throw new UsageException(flag + ": " + text + " is not a number");
        }
    }

    private static int chunkSize(CommandLine line) {
        boolean model = !line.find("source-backend-type").orElse("").isEmpty();
        String text =
                model && !line.given("fs-chunk-size") ? MODEL_CHUNK : line.get("fs-chunk-size");
        int size = number("--fs-chunk-size", text);
        if (size < MIN_CHUNK || size > MAX_CHUNK || Integer.bitCount(size) != 1) {
            throw new UsageException(
                    "--fs-chunk-size: " + text + " is not a power of two within 0x1000..0x1000000");
        }
        return size;
    }
}
