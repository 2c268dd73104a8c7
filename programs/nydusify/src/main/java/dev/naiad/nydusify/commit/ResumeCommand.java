package dev.naiad.nydusify.commit;

import dev.naiad.base.cli.CommandLine;
import dev.naiad.base.cli.CommandSpec;
import dev.naiad.base.cli.Option;
import dev.naiad.base.cli.Style;
import java.nio.file.Path;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * {@code nydusify resume}: what the guardian of a killed commit runs, and an operator may: the
 * container goes on.
 */
public final class ResumeCommand {
    private static final Logger LOG = LoggerFactory.getLogger(ResumeCommand.class);

    /** The command and its flags. */
    public static CommandSpec spec() {
        return CommandSpec.builder(
                        Style.URFAVE,
                        "resume",
                        "Resume a container that a killed commit has paused")
                .hidden()
                .option(Option.value("container", "value", "Id of the container").require())
                .options(CommitSpec.containerd())
                .build();
    }

    public int run(CommandLine line) throws InterruptedException {
        String id = line.get("container");
        LOG.warn("the commit of container {} was killed; the container is resumed", id);
        new Resumption(Path.of(line.get("containerd-address")), line.get("namespace"), id)
                .afterKill();
        LOG.info("container {} goes on", id);
        return 0;
    }
}
