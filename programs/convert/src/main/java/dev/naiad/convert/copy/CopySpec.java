package dev.naiad.convert.copy;

import dev.naiad.base.cli.CommandSpec;
import dev.naiad.base.cli.Option;
import dev.naiad.base.cli.Style;

/** The flags of {@code nydusify copy}. */
public final class CopySpec {
    private CopySpec() {}

    /** The command and its flags, as the original's. */
    public static CommandSpec spec() {
        return CommandSpec.builder(Style.URFAVE, "copy", "Copy an image from source to target")
                .option(
                        Option.value("source", "value", "Source image reference")
                                .env("SOURCE")
                                .require())
                .option(
                        Option.value("target", "value", "Target image reference")
                                .env("TARGET")
                                .require())
                .option(
                        Option.flag(
                                        "source-insecure",
                                        "Skip verifying server certs for HTTPS source registry")
                                .env("SOURCE_INSECURE"))
                .option(
                        Option.flag(
                                        "target-insecure",
                                        "Skip verifying server certs for HTTPS target registry")
                                .env("TARGET_INSECURE"))
                .option(
                        Option.flag(
                                "all-platforms",
                                "Copy images for all platforms, conflicts with --platform"))
                .option(
                        Option.value("platform", "value", "Copy images for specific platforms")
                                .commaList()
                                .conflictsWith("all-platforms"))
                .option(
                        Option.value(
                                        "work-dir",
                                        "value",
                                        "Working directory; nothing is written to it")
                                .env("WORK_DIR")
                                .defaultValue("./tmp"))
                .option(
                        Option.value("nydus-image", "value", "Not needed")
                                .env("NYDUS_IMAGE")
                                .defaultValue("nydus-image"))
                .option(Option.flag("plain-http", "Speak http to registries").env("PLAIN_HTTP"))
                .option(
                        Option.number(
                                        "push-retry-count",
                                        "value",
                                        "Number of attempts for push operation",
                                        0,
                                        100)
                                .env("PUSH_RETRY_COUNT")
                                .defaultValue("3"))
                .option(
                        Option.value("push-retry-delay", "value", "Delay between push attempts")
                                .env("PUSH_RETRY_DELAY")
                                .defaultValue("5s"))
                .build();
    }
}
