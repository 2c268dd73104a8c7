package dev.naiad.nydusd.main;

import dev.naiad.base.cli.CommandLine;
import dev.naiad.base.cli.CommandSpec;
import dev.naiad.base.cli.Option;
import dev.naiad.base.cli.Style;
import dev.naiad.base.cli.UsageException;
import dev.naiad.base.log.LogLevel;
import dev.naiad.fuse.FuseOptions;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * nydusd's command line. Without a sub-command it behaves as {@code fuse}, whose options then stand
 * at the top.
 *
 * @param mountpoint absent in {@code singleton}, which mounts nothing
 * @param rlimitNofile 0 leaves the limit alone
 * @param logRotationBytes 0 for no rotation
 */
record NydusdFlags(
        Optional<Path> apiSocket,
        Optional<Path> config,
        Optional<String> id,
        Optional<Path> supervisor,
        boolean upgrade,
        LogLevel logLevel,
        Optional<Path> logFile,
        long logRotationBytes,
        long rlimitNofile,
        Optional<Path> mountpoint,
        int threads,
        Failover failover,
        Optional<Path> bootstrap,
        Optional<Path> localfsDir,
        Optional<Path> prefetchFiles,
        String virtualMountpoint) {

    /** What to do with requests that a dead daemon had taken. */
    enum Failover {
        NONE,
        RESEND,
        FLUSH
    }

    private static final String FUSE = "fuse";
    private static final String SINGLETON = "singleton";

    /** Modes of the original that do not exist here. */
    private static final List<String> UNSUPPORTED = List.of("virtiofs", "uffd", "nbd");

    static CommandSpec spec() {
        var spec =
                CommandSpec.builder(
                                Style.CLAP,
                                "nydusd",
                                "Mounts RAFS images through FUSE, fetching on demand")
                        .version(Versions.text("nydusd"))
                        .options(globals())
                        .options(mountOptions())
                        .command(
                                CommandSpec.builder(Style.CLAP, FUSE, "Serve a FUSE mount")
                                        .options(mountOptions())
                                        .build())
                        .command(
                                CommandSpec.builder(
                                                Style.CLAP,
                                                SINGLETON,
                                                "Serve the API without a mount")
                                        .option(
                                                Option.value("fscache", "DIR", "not supported")
                                                        .shortName('F'))
                                        .option(Option.value("fscache-tag", "TAG", "not supported"))
                                        .option(
                                                Option.number(
                                                        "fscache-threads",
                                                        "N",
                                                        "not supported",
                                                        1,
                                                        1024))
                                        .build());
        UNSUPPORTED.forEach(name -> spec.command(unsupported(name)));
        return spec.build();
    }

    /** Takes the mode's arguments, so that it is the mode that is refused and not one of them. */
    private static CommandSpec unsupported(String name) {
        return CommandSpec.builder(Style.CLAP, name, "not supported")
                .options(mountOptions())
                .option(Option.value("sock", "PATH", "not supported").shortName('S'))
                .option(Option.value("threads", "N", "not supported"))
                .freeArguments()
                .hidden()
                .build();
    }

    private static List<Option> globals() {
        return List.of(
                Option.value("apisock", "PATH", "Unix socket of the API")
                        .shortName('A')
                        .everywhere(),
                Option.value("config", "FILE", "Configuration of the filesystem")
                        .shortName('C')
                        .everywhere(),
                Option.value("id", "ID", "Shown in the API").requires("supervisor").everywhere(),
                Option.value("supervisor", "SOCKET", "Unix socket of a supervisor")
                        .requires("id")
                        .everywhere(),
                Option.flag("upgrade", "Wait for a takeover instead of mounting").everywhere(),
                Option.value("log-level", "LEVEL", "How much to log")
                        .shortName('l')
                        .choices("trace", "debug", "info", "warn", "error")
                        .defaultValue("info")
                        .everywhere(),
                Option.value("log-file", "FILE", "Log to a file instead of standard error")
                        .shortName('L')
                        .everywhere(),
                Option.value(
                                "log-rotation-size",
                                "MB",
                                "Size at which the log file is rotated, 0: never")
                        .defaultValue("0")
                        .everywhere(),
                Option.number(
                                "rlimit-nofile",
                                "N",
                                "Limit of open files, 0: as it is",
                                0,
                                Integer.MAX_VALUE)
                        .defaultValue("1000000")
                        .everywhere(),
                // compat: flags of other versions of snapshotter and daemon, without a meaning
                // here.
                Option.value("backend-source", "URL", "ignored").everywhere().hide(),
                Option.value("backend-config", "TEXT", "ignored").everywhere().hide());
    }

    private static List<Option> mountOptions() {
        return List.of(
                Option.value("mountpoint", "DIR", "Directory to mount at").shortName('M'),
                Option.value(
                                "failover-policy",
                                "POLICY",
                                "What becomes of requests of a dead daemon")
                        .choices("none", "resend", "flush")
                        .defaultValue("resend"),
                Option.value("fuse-threads", "N", "Threads that serve requests")
                        .aliases("thread-num")
                        .defaultValue("4"),
                Option.flag("writable", "not supported"),
                Option.value("bootstrap", "FILE", "Bootstrap of the image to mount")
                        .shortName('B')
                        .conflictsWith("shared-dir"),
                Option.value("localfs-dir", "DIR", "Directory of blobs and cache")
                        .shortName('D')
                        .conflictsWith("config"),
                Option.value("shared-dir", "DIR", "not supported").shortName('s'),
                Option.value("prefetch-files", "FILE", "File with paths to prefetch, one a line")
                        .requires("bootstrap"),
                Option.value("virtual-mountpoint", "PATH", "Where the image lies inside the mount")
                        .shortName('m')
                        .defaultValue("/"),
                Option.value("dedup-db", "FILE", "ignored").hide(),
                Option.flag("hybrid-mode", "ignored").hide());
    }

    /** Reads what was parsed. */
    static NydusdFlags of(CommandLine line) {
        var command = line.command();
        if (command.isPresent()
                && (line.given("mountpoint")
                        || line.given("bootstrap")
                        || line.given("localfs-dir"))) {
            throw new UsageException(
                    "options of 'fuse' go either before or after the sub-command, not both");
        }
        if (command.isPresent() && UNSUPPORTED.contains(command.get().name())) {
            throw new UsageException(
                    "the mode '" + command.get().name() + "' is not supported: use 'fuse'");
        }
        boolean mounts = command.isEmpty() || command.get().name().equals(FUSE);
        if (!mounts) {
            if (command.get().given("fscache")) {
                throw new UsageException("fscache is not supported: use the FUSE mode");
            }
            return read(line, Optional.empty());
        }
        var options = command.orElse(line);
        if (!options.given("mountpoint")) {
            throw new UsageException(
                    "the following required arguments were not provided:\n  --mountpoint <DIR>");
        }
        if (options.flag("writable")) {
            throw new UsageException("writable mounts (--writable) are not supported");
        }
        if (options.given("shared-dir")) {
            throw new UsageException("the passthrough filesystem (--shared-dir) is not supported");
        }
        return read(line, Optional.of(options));
    }

    private static NydusdFlags read(CommandLine line, Optional<CommandLine> mount) {
        return new NydusdFlags(
                line.find("apisock").map(Path::of),
                line.find("config").map(Path::of),
                line.find("id"),
                line.find("supervisor").map(Path::of),
                line.flag("upgrade"),
                LogLevel.parse(line.get("log-level")).orElse(LogLevel.INFO),
                line.find("log-file").map(NydusdFlags::logFile),
                rotation(line.get("log-rotation-size")),
                line.number("rlimit-nofile"),
                mount.flatMap(m -> m.find("mountpoint")).map(Path::of),
                mount.map(m -> threads(m.get("fuse-threads"))).orElse(1),
                mount.map(m -> failover(m.get("failover-policy"))).orElse(Failover.RESEND),
                mount.flatMap(m -> m.find("bootstrap")).map(Path::of),
                mount.flatMap(m -> m.find("localfs-dir")).map(Path::of),
                mount.flatMap(m -> m.find("prefetch-files")).map(Path::of),
                mount.map(m -> m.get("virtual-mountpoint")).orElse("/"));
    }

    /** compat: a log file without extension is called {@code .log}. */
    private static Path logFile(String text) {
        var path = Path.of(text).toAbsolutePath();
        var name = String.valueOf(path.getFileName());
        return name.indexOf('.', 1) > 0 ? path : path.resolveSibling(name + ".log");
    }

    private static long rotation(String text) {
        try {
            return Math.multiplyExact(Long.parseUnsignedLong(text), 1L << 20);
        } catch (NumberFormatException | ArithmeticException e) {
            throw new UsageException("invalid log rotation size " + text + ": not a number of MB");
        }
    }

    private static int threads(String text) {
        try {
            int threads = Integer.parseInt(text);
            if (threads >= 1 && threads <= FuseOptions.MAX_THREADS) {
                return threads;
            }
        } catch (NumberFormatException e) {
            // Falls through.
        }
        throw new UsageException(
                "invalid thread number "
                        + text
                        + ", valid range: [1-"
                        + FuseOptions.MAX_THREADS
                        + "]");
    }

    private static Failover failover(String text) {
        return switch (text) {
            case "none" -> Failover.NONE;
            case "flush" -> Failover.FLUSH;
            default -> Failover.RESEND;
        };
    }
}
