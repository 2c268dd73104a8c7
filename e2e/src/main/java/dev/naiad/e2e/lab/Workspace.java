package dev.naiad.e2e.lab;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import java.util.regex.Pattern;

/**
 * The lab's directory, {@code /tmp/nd<pid><letter>}: a memory file system that holds everything a
 * lab makes, with a short name because paths of unix sockets are short. Removing it ends every
 * process in the lab's networks and every mount below the directory, so the directory is all that
 * is needed to clean up after a killed lab; {@link #sweep} does that at the start of the next one.
 */
public final class Workspace implements AutoCloseable {
    private static final Path PARENT = Path.of("/tmp");
    private static final String PREFIX = "nd";
    private static final Pattern NAME = Pattern.compile(PREFIX + "\\d+[a-z]+");
    private static final String OWNER = "owner";
    private static final String KEPT = "kept";
    private static final Path SHIM_SOCKETS = Path.of("/run/containerd/s");
    private static final AtomicInteger COUNT = new AtomicInteger();
    private static final Duration PATIENCE = Duration.ofSeconds(30);
    private final Path path;

    private Workspace(Path path) {
        this.path = path;
    }

    /** Removes what killed labs left and makes a new directory. */
    public static Workspace create() {
        sweep(false, ignored -> {});
        long pid = ProcessHandle.current().pid();
        try {
            var path = PARENT.resolve(PREFIX + pid + letters(COUNT.getAndIncrement()));
            if (Files.exists(path, LinkOption.NOFOLLOW_LINKS)) {
                new Workspace(path).close(); // an earlier process with our id
            }
            Files.createDirectory(path);
            Command.of("mount", "-t", "tmpfs", "-o", "mode=0755", "naiad-lab", path.toString())
                    .must();
            Files.writeString(path.resolve(OWNER), pid + " " + ProcessTable.startTicks(pid) + "\n");
            return new Workspace(path);
        } catch (IOException failure) {
            throw new LabException(
                    "cannot make the lab's directory in " + PARENT + ": " + failure, failure);
        }
    }

    private static String letters(int n) {
        return (n >= 26 ? letters(n / 26 - 1) : "") + (char) ('a' + n % 26);
    }

    /** The directory. */
    public Path path() {
        return path;
    }

    /** Keeps the lab when its process ends, until a sweep that includes kept ones. */
    public void keep() throws IOException {
        Files.createFile(path.resolve(KEPT));
    }

    /**
     * Removes what is left of labs whose process is gone, and kept ones if asked. Reports each
     * directory it removed.
     */
    public static void sweep(boolean keptToo, Consumer<Path> removed) {
        try (DirectoryStream<Path> candidates =
                Files.newDirectoryStream(PARENT, PREFIX + "[0-9]*[a-z]")) {
            for (Path candidate : candidates) {
                if (isLeftOver(candidate, keptToo)) {
                    new Workspace(candidate).close();
                    removed.accept(candidate);
                }
            }
        } catch (IOException failure) {
            throw new LabException("cannot look for what earlier labs left: " + failure, failure);
        }
    }

    private static boolean isLeftOver(Path candidate, boolean keptToo) {
        if (!NAME.matcher(String.valueOf(candidate.getFileName())).matches()) {
            return false;
        }
        if (Files.exists(candidate.resolve(KEPT))) {
            return keptToo;
        }
        try {
            var owner = Files.readString(candidate.resolve(OWNER)).strip().split(" ", -1);
            return ProcessTable.startTicks(Long.parseLong(owner[0])) != Long.parseLong(owner[1]);
        } catch (IOException | RuntimeException noOwner) {
            // Made a moment ago by a lab that has not written its name yet, or killed in that
            // moment.
            try {
                var age =
                        System.currentTimeMillis()
                                - Files.getLastModifiedTime(candidate).toMillis();
                return age > Duration.ofMinutes(2).toMillis();
            } catch (IOException gone) {
                return false;
            }
        }
    }

    /** Kills every process of the lab, unmounts everything and removes the directory. */
    @Override
    public void close() {
        var shims = shimSockets();
        killAll();
        unmountAll();
        deleteTree(path);
        shims.forEach(Workspace::deleteTree);
        deleteIfEmpty(SHIM_SOCKETS);
        deleteIfEmpty(Lab.parent(SHIM_SOCKETS));
        if (Files.exists(path, LinkOption.NOFOLLOW_LINKS)) {
            throw new LabException(path + " could not be removed; mounts left: " + mounts());
        }
    }

    /** containerd makes these for every shim and never removes them. */
    private static void deleteIfEmpty(Path directory) {
        try {
            Files.deleteIfExists(directory);
        } catch (IOException inUse) {
            // Another containerd lives there.
        }
    }

    private void killAll() {
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        var networks = networks();
        List<Long> left = processes(networks);
        while (!left.isEmpty() && System.nanoTime() < deadline) {
            left.forEach(pid -> ProcessTable.signal(pid, "KILL"));
            LockSupport.parkNanos(Duration.ofMillis(20).toNanos());
            left = processes(networks);
        }
    }

    private static List<Long> processes(Set<Long> networks) {
        return ProcessTable.inNetworks(networks).stream().filter(ProcessTable::isAlive).toList();
    }

    private Set<Long> networks() {
        var inodes = new HashSet<Long>();
        try (DirectoryStream<Path> files = Files.newDirectoryStream(path.resolve("net"))) {
            for (Path file : files) {
                // Only a bound namespace: an unbound file has the inode of a file on this disk.
                if (mounts().contains(file)) {
                    inodes.add((Long) Files.getAttribute(file, "unix:ino"));
                }
            }
        } catch (IOException none) {
            return inodes;
        }
        return inodes;
    }

    /**
     * containerd's shims put their sockets into one directory for the whole machine, named after a
     * digest of containerd's socket and the container. Killed shims leave them.
     */
    private List<Path> shimSockets() {
        var sockets = new ArrayList<Path>();
        try (DirectoryStream<Path> nodes = Files.newDirectoryStream(path)) {
            for (Path node : nodes) {
                var list = node.resolve(Containers.LIST);
                if (Files.exists(list)) {
                    for (String line : Files.readAllLines(list)) {
                        sockets.add(SHIM_SOCKETS.resolve(line));
                    }
                }
            }
        } catch (IOException none) {
            return sockets;
        }
        return sockets;
    }

    private List<Path> mounts() {
        return mountsBelow(path);
    }

    /** Mount points at or below a directory, the newest first. */
    static List<Path> mountsBelow(Path directory) {
        try {
            return Files.readAllLines(Path.of("/proc/self/mountinfo"), StandardCharsets.UTF_8)
                    .stream()
                    .map(line -> Path.of(unescape(line.split(" ", -1)[4])))
                    .filter(point -> point.startsWith(directory))
                    .toList()
                    .reversed();
        } catch (IOException failure) {
            throw new LabException("cannot read the mount table: " + failure, failure);
        }
    }

    private static String unescape(String text) {
        return text.replace("\\040", " ").replace("\\011", "\t").replace("\\134", "\\");
    }

    private void unmountAll() {
        for (int round = 0; round < 10; round++) {
            var points = mounts();
            if (points.isEmpty()) {
                return;
            }
            for (Path point : points) {
                var plain = Command.of("umount", point.toString()).run();
                if (plain.code() != 0 && round > 0) {
                    Command.of("umount", "-l", point.toString()).run();
                }
            }
        }
    }

    /** Deletes a tree; what cannot be deleted stays. There must be no mounts in it. */
    static void deleteTree(Path root) {
        if (!Files.exists(root, LinkOption.NOFOLLOW_LINKS)) {
            return;
        }
        try {
            Files.walkFileTree(
                    root,
                    new SimpleFileVisitor<>() {
                        @Override
                        public FileVisitResult visitFile(Path file, BasicFileAttributes attributes)
                                throws IOException {
                            Files.deleteIfExists(file);
                            return FileVisitResult.CONTINUE;
                        }

                        @Override
                        public FileVisitResult visitFileFailed(Path file, IOException why) {
                            return FileVisitResult.CONTINUE;
                        }

                        @Override
                        public FileVisitResult postVisitDirectory(
                                Path directory, @org.jspecify.annotations.Nullable IOException why)
                                throws IOException {
                            Files.deleteIfExists(directory);
                            return FileVisitResult.CONTINUE;
                        }
                    });
        } catch (IOException busy) {
            // The caller checks whether the directory is gone.
        }
    }
}
