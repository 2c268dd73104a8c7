package dev.naiad.convert.mount;

import dev.naiad.base.cli.CommandLine;
import dev.naiad.base.cli.CommandSpec;
import dev.naiad.base.cli.Option;
import dev.naiad.base.cli.ProgramContext;
import dev.naiad.base.cli.Style;
import dev.naiad.base.concurrent.Deadline;
import dev.naiad.base.error.ErrorKind;
import dev.naiad.base.error.NaiadException;
import dev.naiad.convert.pull.BootstrapArchive;
import dev.naiad.convert.pull.SourceImage;
import dev.naiad.convert.pull.SourceImage.PlatformImage;
import dev.naiad.convert.remote.Registries;
import dev.naiad.oci.auth.DockerConfig;
import dev.naiad.oci.image.NydusAnnotations;
import dev.naiad.oci.image.Platform;
import dev.naiad.oci.ref.ImageReference;
import dev.naiad.rafs.Bootstrap;
import dev.naiad.rafs.reader.BootstrapReader;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
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
                .option(
                        Option.value(
                                        "backend-type",
                                        "value",
                                        "Type of storage backend: oss, s3, localfs")
                                .env("BACKEND_TYPE")
                                .choices("oss", "s3", "localfs"))
                .option(
                        Option.value("backend-config", "value", "Json of the storage backend")
                                .env("BACKEND_CONFIG")
                                .conflictsWith("backend-config-file"))
                .option(
                        Option.value(
                                        "backend-config-file",
                                        "value",
                                        "Json file of the storage backend")
                                .env("BACKEND_CONFIG_FILE"))
                .option(Option.flag("prefetch", "Fetch all data in advance").env("PREFETCH"))
                .option(
                        Option.value("mount-path", "value", "Directory to mount the image on")
                                .env("MOUNT_PATH")
                                .defaultValue("./image-fs"))
                .option(Option.value("platform", "value", "Platform of an index to mount"))
                .option(
                        Option.value("work-dir", "value", "Directory for temporary files")
                                .env("WORK_DIR")
                                .defaultValue("./tmp"))
                .option(
                        Option.value(
                                        "nydusd",
                                        "value",
                                        "nydusd to start; else the one beside nydusify, or in PATH")
                                .env("NYDUSD"))
                .option(Option.flag("plain-http", "Speak http to registries").env("PLAIN_HTTP"))
                .build();
    }

    public int run(CommandLine line) throws IOException {
        // A signal must not end us before the mount is gone.
        context.stop().watch();
        var reference = ImageReference.parse(line.get("target"));
        var config = new NydusdConfigText(context.env(), line);
        Path nydusd = new NydusdProgramPath(context.env()).find(line.find("nydusd"));
        Path mountPath = Path.of(line.get("mount-path"));
        boolean missing = Files.notExists(mountPath);
        try (var files = NydusdFiles.in(Path.of(line.get("work-dir")))) {
            pull(line, reference, config, files);
            Files.createDirectories(mountPath);
            Path mountPoint = mountPath.toRealPath();
            try (var daemon = NydusdRun.start(files.command(nydusd, mountPoint), mountPoint)) {
                daemon.awaitMounted();
                LOG.info("mounted {} on {}; Ctrl-C or umount ends it", reference, mountPath);
                daemon.awaitEnd();
            }
            LOG.info("unmounted {}", mountPath);
        } catch (InterruptedException e) {
            LOG.info("unmounted {}", mountPath);
        } finally {
            if (missing && Files.isDirectory(mountPath) && NydusdFiles.isEmpty(mountPath)) {
                Files.delete(mountPath);
            }
        }
        return 0;
    }

    private void pull(
            CommandLine line,
            ImageReference reference,
            NydusdConfigText config,
            NydusdFiles files) {
        Platform platform =
                line.find("platform")
                        .filter(text -> !text.isEmpty())
                        .map(Platform::parse)
                        .orElseGet(Platform::host);
        var credentials = DockerConfig.fromEnvironment(context.env());
        var registries = new Registries(context.env(), credentials, line.flag("plain-http"));
        try (var repository = registries.source(reference, line.flag("target-insecure"))) {
            PlatformImage image =
                    SourceImage.resolve(
                                    repository,
                                    reference.manifestKey(),
                                    platform::accepts,
                                    Deadline.never())
                            .images()
                            .getFirst();
            if (!image.manifest().isNydus()) {
                throw new NaiadException(
                        ErrorKind.FAILED_PRECONDITION,
                        reference + " is no Nydus image: its last layer is no bootstrap");
            }
            byte[] bytes =
                    BootstrapArchive.fetch(
                            repository,
                            image.manifest().layers().getLast(),
                            image.config().diffIds().getLast(),
                            Deadline.never());
            Bootstrap bootstrap =
                    BootstrapReader.open(
                            MemorySegment.ofArray(bytes), NydusAnnotations.BOOTSTRAP_PATH);
            files.write(
                    image,
                    bytes,
                    config.of(
                            registries.scheme(reference),
                            reference,
                            credentials.of(reference.domain()),
                            bootstrap.version(),
                            files.cache()));
        } catch (NaiadException e) {
            throw Registries.hint(e, "target");
        }
    }
}
