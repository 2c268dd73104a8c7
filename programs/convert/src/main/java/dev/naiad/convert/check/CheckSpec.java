package dev.naiad.convert.check;

import dev.naiad.base.cli.CommandSpec;
import dev.naiad.base.cli.Option;
import dev.naiad.base.cli.Style;

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
                        Option.flag("multi-platform", "Verify that the target contains both images")
                                .env("MULTI_PLATFORM"))
                .option(Option.value("platform", "value", "Platform to check").commaList())
                .option(
                        Option.value(
                                        "work-dir",
                                        "value",
                                        "Working directory; nothing is written to it")
                                .env("WORK_DIR")
                                .defaultValue("./output"))
                .option(
                        Option.value(
                                        "nydus-image",
                                        "value",
                                        "Path to the nydus-image binary; the reader in this program is used instead")
                                .env("NYDUS_IMAGE")
                                .defaultValue("nydus-image"))
                .option(
                        Option.value(
                                        "nydusd",
                                        "value",
                                        "Path to the nydusd binary; no mount is needed here")
                                .env("NYDUSD")
                                .defaultValue("nydusd"))
                .option(Option.flag("plain-http", "Speak http to registries").env("PLAIN_HTTP"))
                .build();
    }
}
