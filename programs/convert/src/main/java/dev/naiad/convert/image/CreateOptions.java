package dev.naiad.convert.image;

import dev.naiad.base.cli.CommandLine;
import dev.naiad.base.cli.UsageException;
import dev.naiad.base.error.ErrorKind;
import dev.naiad.base.error.NaiadException;
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

    static void refuseUnsupported(CommandLine line, ConversionType type) {
        switch (type) {
            case TAR_GZ_TO_REF, ESTARGZ_TO_REF, ESTARGZ_TOC_TO_REF ->
                    ReferenceRules.check(line, type);
            case TAR_TO_TARFS -> refuse("--type " + type.word(), "use --type tar-rafs");
            case DIRECTORY_TO_RAFS, TAR_TO_RAFS, TAR_GZ_TO_RAFS, ESTARGZ_TO_RAFS -> {}
        }
        boolean copiesData =
                switch (type) {
                    case DIRECTORY_TO_RAFS, TAR_TO_RAFS, TAR_GZ_TO_RAFS, ESTARGZ_TO_RAFS -> true;
                    case TAR_GZ_TO_REF, ESTARGZ_TO_REF, ESTARGZ_TOC_TO_REF, TAR_TO_TARFS -> false;
                };
        if (!copiesData && number(line, "batch-size").orElse(0L) != 0) {
            throw conflict("--batch-size", type);
        }
        if (!copiesData && line.flag("encrypt")) {
            throw conflict("--encrypt", type);
        }
        for (String option : List.of("blob-cache-dir", "attributes", "external-blob", "blob-id")) {
            boolean needed = type == ConversionType.ESTARGZ_TOC_TO_REF && option.equals("blob-id");
            if (line.given(option) && !needed) {
                refuse(
                        "--" + option,
                        "build without it, and merge layers with `nydus-image merge`");
            }
        }
        if (number(line, "blob-offset").orElse(0L) != 0) {
            refuse("--blob-offset", "leave it out");
        }
    }

    /** These types leave the data where it is. */
    private static NaiadException conflict(String option, ConversionType type) {
        return new NaiadException(
                ErrorKind.INVALID_ARGUMENT,
                "create: "
                        + option
                        + " cannot be used with --type "
                        + type.word()
                        + ", which does not write the data; use a type that ends in -rafs");
    }

    private static void refuse(String what, String remedy) {
        throw new NaiadException(
                ErrorKind.UNIMPLEMENTED, "create: " + what + " is not supported yet; " + remedy);
    }

    static BuildOptions read(
            CommandLine line, ConversionType type, List<String> patterns, PrefetchPolicy policy) {
        var options = read(line, patterns, policy, chunkSize(line, type));
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
