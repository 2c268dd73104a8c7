package dev.naiad.snapshotter.config;

import dev.naiad.base.cli.CommandLine;
import dev.naiad.base.cli.CommandSpec;
import dev.naiad.base.cli.Option;
import dev.naiad.base.cli.Style;
import java.util.Optional;

/** The command line. A flag that is given and not empty overrides the file. */
public final class SnapshotterFlags {
    private static final String VALUE = "value";

    private SnapshotterFlags() {}

    /**
     * What the program takes.
     *
     * @param version the text of {@code --version}
     */
    public static CommandSpec spec(String version) {
        return CommandSpec.builder(
                        Style.URFAVE,
                        "containerd-nydus-grpc",
                        "serves containerd with snapshots of lazily loaded images")
                .version(version)
                .option(
                        Option.value("root", VALUE, "directory of everything that is kept")
                                .defaultValue(SnapshotterConfig.DEFAULT_ROOT))
                .option(
                        Option.value("address", VALUE, "unix socket that containerd calls")
                                .defaultValue(SnapshotterConfig.DEFAULT_ADDRESS))
                .option(Option.value("config", VALUE, "configuration file (TOML)"))
                .option(
                        Option.value(
                                "nydus-image",
                                VALUE,
                                "the nydus-image program, found in PATH if not given"))
                .option(
                        Option.value(
                                "nydusd", VALUE, "the nydusd program, found in PATH if not given"))
                .option(
                        Option.value(
                                        "nydusd-config",
                                        VALUE,
                                        "nydusd configuration from which each image's is made (JSON)")
                                .aliases("config-path")
                                .defaultValue(SnapshotterConfig.DEFAULT_NYDUSD_CONFIG))
                .option(
                        Option.value(
                                "nydus-overlayfs-path", VALUE, "the nydus-overlayfs mount helper"))
                .option(
                        Option.value(
                                        "daemon-mode",
                                        VALUE,
                                        "\"dedicated\" or \"multiple\": one nydusd for each image; \"shared\": one for all; \"none\"")
                                .defaultValue("multiple"))
                .option(
                        Option.value("fs-driver", VALUE, "\"fusedev\", \"proxy\" or \"nodev\"")
                                .defaultValue("fusedev"))
                .option(
                        Option.value(
                                        "log-level",
                                        VALUE,
                                        "\"trace\", \"debug\", \"info\", \"warn\" or \"error\"")
                                .defaultValue("info"))
                .option(Option.flag("log-to-stdout", "log to standard output instead of a file"))
                .build();
    }

    /** The value of a flag that was really given. */
    static Optional<String> given(CommandLine line, String name) {
        return line.given(name)
                ? line.find(name).filter(value -> !value.isEmpty())
                : Optional.empty();
    }
}
