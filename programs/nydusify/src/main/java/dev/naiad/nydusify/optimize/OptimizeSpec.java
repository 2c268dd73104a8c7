package dev.naiad.nydusify.optimize;

import dev.naiad.base.cli.CommandSpec;
import dev.naiad.base.cli.Option;
import dev.naiad.base.cli.Style;
import dev.naiad.convert.remote.LocalFlags;
import dev.naiad.convert.remote.RegistryFlags;
import dev.naiad.convert.storage.BackendFlags;

/** The flags of {@code nydusify optimize}. */
public final class OptimizeSpec {
    private OptimizeSpec() {}

    /** The command and its flags, as the original's. */
    public static CommandSpec spec() {
        return CommandSpec.builder(
                        Style.URFAVE,
                        "optimize",
                        "Optimize a Nydus image by separating files that are fetched first")
                .option(
                        Option.value("source", "value", "Source (Nydus) image reference")
                                .env("SOURCE")
                                .require())
                .option(
                        Option.value("target", "value", "Target (Nydus) image reference")
                                .env("TARGET")
                                .require())
                .options(RegistryFlags.insecure())
                .option(
                        Option.value("policy", "value", "How to optimize")
                                .env("OPTIMIZE_POLICY")
                                .choices("separated-blob-with-prefetch-files")
                                .defaultValue("separated-blob-with-prefetch-files"))
                .option(
                        Option.value(
                                        "prefetch-files",
                                        "value",
                                        "JSON file that lists the files to separate")
                                .env("PREFETCH_FILES")
                                .require())
                .options(BackendFlags.options("source-", "the source's blobs"))
                .option(Option.value("platform", "value", "Platform of an index to optimize"))
                .option(RegistryFlags.pieceSize())
                .option(LocalFlags.workDir("Working directory; nothing is written to it", "./tmp"))
                .option(LocalFlags.unusedNydusImage())
                .option(RegistryFlags.plainHttp())
                .build();
    }
}
