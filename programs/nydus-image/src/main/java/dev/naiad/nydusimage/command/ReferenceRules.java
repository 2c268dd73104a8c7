package dev.naiad.nydusimage.command;

import dev.naiad.base.cli.CommandLine;
import dev.naiad.base.cli.UsageException;
import dev.naiad.builder.BuildOptions;
import java.util.Locale;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What {@code nydus-image create} allows where the data stays in the original layer, and what it
 * chooses itself.
 */
final class ReferenceRules {
    private static final Logger LOG = LoggerFactory.getLogger(ReferenceRules.class);

    private ReferenceRules() {}

    /** Refuses what such a type cannot do, by name and with a remedy. */
    static void check(CommandLine line, ConversionType type) {
        boolean toc = type == ConversionType.ESTARGZ_TOC_TO_REF;
        if (line.get("fs-version").equals("5")) {
            throw CreateRules.refused(type, "--fs-version 5", "use 6");
        }
        if (line.flag("encrypt")) {
            throw CreateRules.refused(type, "--encrypt", "the data stays where it is, as it is");
        }
        if (CreateOptions.number(line, "batch-size").orElse(0L) != 0) {
            throw CreateRules.refused(type, "--batch-size", "the data stays where it is, as it is");
        }
        if (!toc && line.given("blob-id")) {
            throw CreateRules.refused(type, "--blob-id", "the id is the digest of the layer");
        }
        if (!toc && line.get("prefetch-policy").equals("blob")) {
            throw CreateRules.refused(type, "--prefetch-policy blob", "use fs");
        }
        if (toc && (!line.given("blob-id") || !line.given("blob-data-size"))) {
            throw new UsageException(
                    "--type "
                            + type.word()
                            + " needs --blob-id and --blob-data-size: the digest (hex) and the size"
                            + " of the layer that the table of contents belongs to");
        }
        if (toc && !line.given("bootstrap") && !line.given("blob-dir")) {
            throw new UsageException(
                    "--type " + type.word() + " writes no blob; give --bootstrap or --blob-dir");
        }
    }

    /** The options as such a type needs them. */
    static BuildOptions apply(CommandLine line, ConversionType type, BuildOptions options) {
        var forced = options.forReference();
        for (String option : new String[] {"compressor", "digester"}) {
            if (line.given(option)) {
                LOG.info(
                        "--{} {} is replaced: --type {} always uses {}",
                        option,
                        line.get(option),
                        type.word(),
                        option.equals("compressor")
                                ? forced.compressor().word()
                                : forced.digester().word());
            }
        }
        return forced;
    }

    /** {@code --blob-data-size}, which is hexadecimal with and without 0x. */
    static long layerSize(CommandLine line) {
        String text = line.get("blob-data-size");
        String digits = text.toLowerCase(Locale.ROOT).startsWith("0x") ? text.substring(2) : text;
        try {
            long size = Long.parseLong(digits, 16);
            if (size > 0) {
                return size;
            }
        } catch (NumberFormatException e) {
            // Told below.
        }
        throw new UsageException(
                "invalid value '" + text + "' for '--blob-data-size': not a hexadecimal number");
    }

    /** {@code --blob-id}. */
    static String layerId(CommandLine line) {
        String id = line.get("blob-id");
        if (!id.matches("[0-9A-Za-z_-]{64}")) {
            throw new UsageException(
                    "invalid value '"
                            + id
                            + "' for '--blob-id': not 64 characters, as the SHA-256 of a layer has");
        }
        return id;
    }
}
