package dev.naiad.nydusify.check;

import dev.naiad.base.cli.CommandSpec;
import dev.naiad.base.cli.Option;
import dev.naiad.base.cli.Style;
import dev.naiad.convert.remote.LocalFlags;
import dev.naiad.convert.remote.RegistryFlags;
import dev.naiad.convert.storage.BackendFlags;

/** The flags of {@code nydusify check}. */
public final class CheckSpec {
    private CheckSpec() {}

    /** The command and its flags, as the original's. */
    public static CommandSpec spec() {
        return CommandSpec.builder(Style.URFAVE, "check", "Verify nydus image format and content")
                .option(Option.value("source", "value", "Source image reference").env("SOURCE"))
                .option(
                        Option.value("target", "value", "Target (Nydus) image reference")
                                .env("TARGET")
                                .require())
                .options(RegistryFlags.insecure())
                .options(BackendFlags.options("source-", "the source's blobs"))
                .options(BackendFlags.options("target-", "the target's blobs"))
                .option(
                        Option.flag("multi-platform", "Verify that the target contains both images")
                                .env("MULTI_PLATFORM"))
                .option(Option.value("platform", "value", "Platform to check").commaList())
                .option(
                        LocalFlags.workDir(
                                "Working directory; gets the manifests that were checked",
                                "./output"))
                .option(
                        LocalFlags.nydusImage(
                                "Path to the nydus-image binary; the reader in this program is used instead"))
                .option(
                        Option.value(
                                        "nydusd",
                                        "value",
                                        "nydusd that mounts the target; else, for root, the one beside nydusify or in PATH")
                                .env("NYDUSD"))
                .option(
                        Option.flag(
                                        "no-mount",
                                        "Compare the images without mounting the target as well")
                                .env("NO_MOUNT"))
                .option(RegistryFlags.plainHttp())
                .build();
    }
}
