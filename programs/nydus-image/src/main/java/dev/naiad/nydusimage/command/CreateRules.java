package dev.naiad.nydusimage.command;

import dev.naiad.base.cli.CommandLine;
import dev.naiad.base.cli.UsageException;
import dev.naiad.base.error.ErrorKind;
import dev.naiad.base.error.NaiadException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Which options of {@code nydus-image create} go together. */
final class CreateRules {
    private static final Logger LOG = LoggerFactory.getLogger(CreateRules.class);

    private CreateRules() {}

    /**
     * Refuses what does not fit, by name and with a remedy.
     *
     * @throws UsageException if something is missing
     */
    static void check(CommandLine line, ConversionType type) {
        switch (type) {
            case TAR_GZ_TO_REF, ESTARGZ_TO_REF, ESTARGZ_TOC_TO_REF -> {
                ReferenceRules.check(line, type);
                refuse(line, type, "blob-offset", "the data stays where it is");
                refuse(line, type, "attributes", "use --type dir-rafs");
                refuse(line, type, "blob-cache-dir", "mount the image, which fills the cache");
            }
            case TAR_TO_TARFS -> tarfs(line, type);
            case TAR_TO_RAFS, TAR_GZ_TO_RAFS, ESTARGZ_TO_RAFS -> {
                refuse(line, type, "attributes", "use --type dir-rafs");
                if (type == ConversionType.ESTARGZ_TO_RAFS) {
                    refuse(line, type, "blob-cache-dir", "use --type targz-rafs");
                }
                copied(line);
            }
            case DIRECTORY_TO_RAFS -> copied(line);
        }
        if (!line.given("bootstrap") && !line.given("blob-dir") && !line.flag("blob-inline-meta")) {
            throw new UsageException(
                    "--bootstrap is needed without --blob-dir or --blob-inline-meta");
        }
        boolean written = !type.isBootstrapOnly();
        if (written
                && !line.given("blob")
                && !line.given("blob-dir")
                && !line.given("blob-cache-dir")) {
            throw new UsageException(
                    "one of --blob, --blob-dir and --blob-cache-dir is needed for the data of --type "
                            + type.word());
        }
    }

    private static void copied(CommandLine line) {
        if (line.given("blob-cache-dir") && line.flag("encrypt")) {
            throw new UsageException(
                    "--encrypt cannot be used with --blob-cache-dir: cache files are not encrypted");
        }
    }

    private static void tarfs(CommandLine line, ConversionType type) {
        if (line.get("fs-version").equals("5")) {
            throw refused(type, "--fs-version 5", "use 6");
        }
        if (line.get("prefetch-policy").equals("blob")) {
            throw refused(type, "--prefetch-policy blob", "use fs");
        }
        String stays = "the data stays in the archive, as it is";
        for (String option :
                new String[] {
                    "blob",
                    "blob-cache-dir",
                    "blob-offset",
                    "batch-size",
                    "encrypt",
                    "aligned-chunk"
                }) {
            refuse(line, type, option, stays);
        }
        for (String option : new String[] {"chunk-dict", "parent-bootstrap"}) {
            refuse(line, type, option, "merge the layers instead");
        }
        refuse(line, type, "attributes", "use --type dir-rafs");
        refuse(line, type, "blob-inline-meta", "give --bootstrap");
        refuse(line, type, "features", "no blob is written");
        // compat: the original wants it although nothing but, perhaps, the bootstrap goes there.
        if (!line.given("blob-dir") || !Files.isDirectory(Path.of(line.get("blob-dir")))) {
            throw new UsageException(
                    "--type " + type.word() + " needs --blob-dir with a directory that exists");
        }
        for (String option : new String[] {"compressor", "digester"}) {
            if (line.given(option)) {
                LOG.info("--{} has no effect with --type {}", option, type.word());
            }
        }
    }

    /** Refuses an option where it is given with a value that asks for something. */
    private static void refuse(
            CommandLine line, ConversionType type, String option, String remedy) {
        boolean given =
                switch (option) {
                    case "blob-offset", "batch-size" ->
                            CreateOptions.number(line, option).orElse(0L) != 0;
                    case "encrypt", "aligned-chunk", "blob-inline-meta" -> line.flag(option);
                    default -> line.given(option);
                };
        if (given) {
            throw refused(type, "--" + option, remedy);
        }
    }

    static NaiadException refused(ConversionType type, String option, String remedy) {
        return new NaiadException(
                ErrorKind.INVALID_ARGUMENT,
                "create: "
                        + option
                        + " is not possible with --type "
                        + type.word()
                        + "; "
                        + remedy);
    }
}
