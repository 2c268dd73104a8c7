package dev.naiad.nydusimage.command;

import dev.naiad.base.cli.CommandLine;
import dev.naiad.base.cli.UsageException;
import dev.naiad.builder.BuildOptions;
import dev.naiad.builder.PrefetchPolicy;
import dev.naiad.builder.chunk.BlobKey;
import dev.naiad.builder.tree.WhiteoutSpec;
import dev.naiad.rafs.Compressor;
import dev.naiad.rafs.Digester;
import dev.naiad.rafs.RafsVersion;
import java.security.SecureRandom;
import java.util.List;
import java.util.Optional;

/** Reads the options of {@code nydus-image create}. */
final class CreateOptions {
    private CreateOptions() {}

    static BuildOptions read(
            CommandLine line, ConversionType type, List<String> patterns, PrefetchPolicy policy) {
        var options = read(line, patterns, policy, chunkSize(line, type));
        if (type == ConversionType.TAR_TO_TARFS) {
            return options.withCompressor(Compressor.NONE).withDigester(Digester.SHA256);
        }
        if (line.given("blob-cache-dir")) {
            return options.withCompressor(Compressor.NONE); // that is what the files hold
        }
        return type.isReference() ? ReferenceRules.apply(line, type, options) : options;
    }

    private static BuildOptions read(
            CommandLine line, List<String> patterns, PrefetchPolicy policy, int chunkSize) {
        var version = line.get("fs-version").equals("5") ? RafsVersion.V5 : RafsVersion.V6;
        return BuildOptions.defaults()
                .withVersion(version)
                .withCompressor(Compressor.ofWord(line.get("compressor")).orElseThrow())
                .withDigester(Digester.ofWord(line.get("digester")).orElseThrow())
                .withChunkSize(chunkSize)
                .withWhiteouts(WhiteoutSpec.ofWord(line.get("whiteout-spec")).orElseThrow())
                .withInlineBootstrap(line.flag("blob-inline-meta"))
                .withToc(line.all("features").contains("blob-toc"))
                .withExplicitOwners(!line.flag("repeatable"))
                .withAligned(line.flag("aligned-chunk"))
                .withPrefetch(policy, patterns)
                .withBatchSize(batchSize(line))
                .withBlobId(line.find("blob-id").orElse(null))
                .withBlobOffset(number(line, "blob-offset").orElse(0L))
                .withKey(line.flag("encrypt") ? BlobKey.random(new SecureRandom()) : null);
    }

    private static int chunkSize(CommandLine line, ConversionType type) {
        long preset = type == ConversionType.ESTARGZ_TOC_TO_REF ? 0x400000L : 0x100000L;
        long size = number(line, "chunk-size").orElse(preset);
        if (size > Integer.MAX_VALUE) {
            throw new UsageException(
                    "--chunk-size "
                            + line.get("chunk-size")
                            + " is not a power of two from 0x1000 to 0x1000000");
        }
        return (int) size;
    }

    private static int batchSize(CommandLine line) {
        long size = number(line, "batch-size").orElse(0L);
        if (size < 0 || size > Integer.MAX_VALUE) {
            throw new UsageException(
                    "--batch-size "
                            + line.get("batch-size")
                            + " is neither 0 nor a power of two from 0x1000 to 0x1000000");
        }
        return (int) size;
    }

    /** A decimal number, or a hexadecimal one with 0x. */
    static Optional<Long> number(CommandLine line, String option) {
        var text = line.find(option);
        if (text.isEmpty()) {
            return Optional.empty();
        }
        try {
            String digits = text.get();
            return Optional.of(
                    digits.startsWith("0x") || digits.startsWith("0X")
                            ? Long.parseLong(digits.substring(2), 16)
                            : Long.parseLong(digits));
        } catch (NumberFormatException e) {
            throw new UsageException(
                    "invalid value '" + text.get() + "' for '--" + option + "': not a number");
        }
    }
}
