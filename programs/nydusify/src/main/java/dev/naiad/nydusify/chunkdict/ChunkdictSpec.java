package dev.naiad.nydusify.chunkdict;

import dev.naiad.base.cli.CommandSpec;
import dev.naiad.base.cli.Option;
import dev.naiad.base.cli.Style;
import dev.naiad.convert.remote.LocalFlags;
import dev.naiad.convert.remote.RegistryFlags;
import dev.naiad.convert.storage.BackendFlags;

/** The flags of {@code nydusify chunkdict}. */
public final class ChunkdictSpec {
    private ChunkdictSpec() {}

    /** The command and its flags, as the original's. */
    public static CommandSpec spec() {
        return CommandSpec.builder(Style.URFAVE, "chunkdict", "Deduplicate chunks of Nydus images")
                .command(generate())
                .build();
    }

    private static CommandSpec generate() {
        return CommandSpec.builder(
                        Style.URFAVE,
                        "generate",
                        "Generate a chunk dictionary from several versions of images")
                .option(
                        Option.value("sources", "value", "References of (Nydus) images")
                                .env("SOURCES")
                                .commaList()
                                .require())
                .option(
                        Option.value("target", "value", "Reference of the dictionary image")
                                .env("TARGET")
                                .require())
                .options(RegistryFlags.insecure())
                .options(BackendFlags.options("", "the sources' blobs"))
                .option(
                        Option.flag(
                                "all-platforms",
                                "Take the images of all platforms, conflicts with --platform"))
                .option(
                        Option.value("platform", "value", "Platforms of the images")
                                .commaList()
                                .conflictsWith("all-platforms"))
                .option(
                        LocalFlags.workDir(
                                "Working directory; nothing is written to it", "./output"))
                .option(LocalFlags.unusedNydusImage())
                .option(RegistryFlags.plainHttp())
                .build();
    }
}
