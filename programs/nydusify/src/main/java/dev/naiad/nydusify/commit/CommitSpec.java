package dev.naiad.nydusify.commit;

import dev.naiad.base.cli.CommandSpec;
import dev.naiad.base.cli.Option;
import dev.naiad.base.cli.Style;
import dev.naiad.convert.remote.LocalFlags;
import dev.naiad.convert.remote.RegistryFlags;
import java.util.List;

/** The flags of {@code nydusify commit}. */
public final class CommitSpec {
    private CommitSpec() {}

    /** The command and its flags, as the original's. */
    public static CommandSpec spec() {
        return CommandSpec.builder(
                        Style.URFAVE,
                        "commit",
                        "Create and push a new Nydus image from a running container's changes")
                .option(
                        Option.value("container", "value", "Id of the container, or its begin")
                                .env("CONTAINER")
                                .require())
                .option(
                        Option.value("target", "value", "Target (Nydus) image reference")
                                .env("TARGET")
                                .require())
                .options(containerd())
                .options(RegistryFlags.insecure())
                .option(
                        Option.number(
                                        "maximum-times",
                                        "value",
                                        "How many layers commits may have added",
                                        1,
                                        400)
                                .env("MAXIMUM_TIMES")
                                .defaultValue("400"))
                .option(
                        Option.value(
                                        "with-path",
                                        "value",
                                        "Directories mounted in the container to take along; !PATH leaves one out")
                                .aliases("with-mount-path")
                                .env("WITH_PATH")
                                .commaList())
                .option(
                        LocalFlags.workDir(
                                "Working directory; what the container has changed waits there",
                                "./tmp"))
                .option(LocalFlags.unusedNydusImage())
                .option(RegistryFlags.plainHttp())
                .build();
    }

    /** Where the container is. */
    static List<Option> containerd() {
        return List.of(
                Option.value("containerd-address", "value", "Socket of containerd")
                        .env("CONTAINERD_ADDR")
                        .defaultValue("/run/containerd/containerd.sock"),
                Option.value("namespace", "value", "Namespace of the container")
                        .shortName('n')
                        .env("NAMESPACE")
                        .defaultValue("default"));
    }
}
