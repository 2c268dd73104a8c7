package dev.naiad.nydusify.mount;

import dev.naiad.base.cli.CommandLine;
import dev.naiad.base.cli.CommandSpec;
import dev.naiad.base.cli.Option;
import dev.naiad.base.cli.ProgramContext;
import dev.naiad.base.cli.Style;
import dev.naiad.convert.files.WorkDir;
import dev.naiad.convert.remote.LocalFlags;
import dev.naiad.convert.remote.RegistryFlags;
import dev.naiad.convert.storage.BackendFlags;
import dev.naiad.oci.image.Platform;
import dev.naiad.oci.ref.ImageReference;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * {@code nydusify mount}: shows an image in a directory through nydusd, until it is interrupted or
 * the directory is unmounted.
 */
public final class MountCommand {
    private static final Logger LOG = LoggerFactory.getLogger(MountCommand.class);

    private final ProgramContext context;

    public MountCommand(ProgramContext context) {
        this.context = context;
    }

    public static CommandSpec spec() {
        return spec(CommandSpec.builder(Style.URFAVE, "mount", "Mount a Nydus image"));
    }

    /** The other name of the command. */
    public static CommandSpec alias() {
        return spec(CommandSpec.builder(Style.URFAVE, "view", "The same as mount").hidden());
    }

    private static CommandSpec spec(CommandSpec.Builder builder) {
        return builder.option(
                        Option.value("target", "value", "Nydus image reference")
                                .env("TARGET")
                                .require())
                .option(
                        Option.flag(
                                        "target-insecure",
                                        "Skip verifying server certs for HTTPS target registry")
                                .env("TARGET_INSECURE"))
                .options(BackendFlags.options("", "the image's blobs"))
                .option(Option.flag("prefetch", "Fetch all data in advance").env("PREFETCH"))
                .option(
                        Option.value("mount-path", "value", "Directory to mount the image on")
                                .env("MOUNT_PATH")
                                .defaultValue("./image-fs"))
                .option(Option.value("platform", "value", "Platform of an index to mount"))
                .option(LocalFlags.workDir("Directory for temporary files", "./tmp"))
                .option(
                        Option.value(
                                        "nydusd",
                                        "value",
                                        "nydusd to start; else the one beside nydusify, or in PATH")
                                .env("NYDUSD"))
                .option(RegistryFlags.plainHttp())
                .build();
    }

    public int run(CommandLine line) throws IOException {
        // A signal must not end us before the mount is gone.
        context.stop().watch();
        var request =
                new ImageToMount(
                        ImageReference.parse(line.get("target")),
                        line.find("platform")
                                .filter(text -> !text.isEmpty())
                                .map(Platform::parse)
                                .orElseGet(Platform::host),
                        line.flag("target-insecure"),
                        line.flag("plain-http"),
                        BackendFlags.parse(line, ""),
                        line.flag("prefetch"));
        Path nydusd = new NydusdProgramPath(context.env()).find(line.find("nydusd"));
        Path mountPath = Path.of(line.get("mount-path"));
        NydusdRun.removeDead(mountPath);
        boolean missing = Files.notExists(mountPath);
        try (var work = new WorkDir(Path.of(line.get("work-dir")))) {
            var files = NydusdFiles.in(work);
            request.pull(context, files);
            Files.createDirectories(mountPath);
            Path mountPoint = mountPath.toRealPath();
            try (var daemon =
                    NydusdRun.start(
                            files.command(nydusd, mountPoint), mountPoint, files.directory())) {
                daemon.awaitMounted();
                LOG.info(
                        "mounted {} on {}; Ctrl-C or umount ends it",
                        request.reference(),
                        mountPath);
                daemon.awaitEnd();
            }
            LOG.info("unmounted {}", mountPath);
        } catch (InterruptedException e) {
            LOG.info("unmounted {}", mountPath);
        } finally {
            if (missing && Files.isDirectory(mountPath) && WorkDir.isEmpty(mountPath)) {
                Files.delete(mountPath);
            }
        }
        return 0;
    }
}
