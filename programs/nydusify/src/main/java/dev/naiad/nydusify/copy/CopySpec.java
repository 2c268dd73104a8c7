package dev.naiad.nydusify.copy;

import dev.naiad.base.cli.CommandSpec;
import dev.naiad.base.cli.Option;
import dev.naiad.base.cli.Style;
import dev.naiad.convert.remote.LocalFlags;
import dev.naiad.convert.remote.RegistryFlags;
import dev.naiad.convert.storage.BackendFlags;

/** The flags of {@code nydusify copy}. */
public final class CopySpec {
    private CopySpec() {}

    /** The command and its flags, as the original's. */
    public static CommandSpec spec() {
        return CommandSpec.builder(Style.URFAVE, "copy", "Copy an image from source to target")
                .option(
                        Option.value(
                                        "source",
                                        "value",
                                        "Source image reference, or an archive file:///PATH")
                                .env("SOURCE")
                                .require())
                .option(
                        Option.value(
                                        "target",
                                        "value",
                                        "Target image reference, or an archive file:///PATH")
                                .env("TARGET")
                                .require())
                .options(RegistryFlags.insecure())
                .options(BackendFlags.options("source-", "the source's blobs"))
                .option(RegistryFlags.pieceSize())
                .option(
                        Option.flag(
                                "all-platforms",
                                "Copy images for all platforms, conflicts with --platform"))
                .option(
                        Option.value("platform", "value", "Copy images for specific platforms")
                                .commaList()
                                .conflictsWith("all-platforms"))
                .option(LocalFlags.workDir("Working directory; only archives need it", "./tmp"))
                .option(LocalFlags.unusedNydusImage())
                .option(RegistryFlags.plainHttp())
                .options(RegistryFlags.pushAttempts())
                .build();
    }
}
