package dev.naiad.snapshotter.contract;

import dev.naiad.linux.DirectoryTree;
import dev.naiad.linux.Mount;
import dev.naiad.linux.MountInfo;
import dev.naiad.linux.RawPath;
import dev.naiad.snapshotter.contract.RunningSnapshotter.Program;
import dev.naiad.testkit.Await;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * Directories, a stand-in nydusd and a fake lazily loaded image for one snapshotter; cleaned up
 * whatever happened.
 */
final class LazyImageScene implements AutoCloseable {
    static final String PREFIX = "containerd.io/snapshot/";
    static final String IMAGE = "127.0.0.1:5000/test/app:v1";
    static final String BLOB = "sha256:" + "b".repeat(64);

    final Path base;
    private final Path tree;
    private final Path template;
    private final Path nydusd;

    LazyImageScene() throws IOException {
        base = Files.createTempDirectory(Path.of("/tmp"), "nd").toRealPath();
        tree = Files.createDirectories(base.resolve("tree"));
        Files.writeString(tree.resolve("hello"), "from the image");
        template = base.resolve("nydusd.json");
        Files.writeString(
                template,
                """
                {"device":{"backend":{"type":"registry","config":{"mirrors":[{"host":"http://127.0.0.1:4001",
                "auth_through":false,"headers":{"X-Dragonfly-Registry":"http://127.0.0.1:5000"},
                "ping_url":"http://127.0.0.1:4003/healthy"}],"scheme":"http","skip_verify":true,"timeout":10,
                "connect_timeout":10,"retry_limit":2}},"cache":{"type":"blobcache","config":{"work_dir":"/x"}}},
                "mode":"direct","digest_validate":false,"iostats_files":false,"enable_xattr":true,
                "fs_prefetch":{"enable":true,"threads_count":10,"merging_size":131072,"bandwidth_rate":1048576}}
                """);
        nydusd = base.resolve("nydusd");
        String java = String.join("' '", RunningSnapshotter.java(StandInNydusd.class));
        Files.writeString(
                nydusd,
                "#!/bin/sh\nexec '" + java + "' '" + tree + "' '" + notesFile() + "' \"$@\"\n");
        Files.setPosixFilePermissions(nydusd, PosixFilePermissions.fromString("rwxr-xr-x"));
    }

    Path notesFile() {
        return base.resolve("notes");
    }

    RunningSnapshotter start(Program program, String... more)
            throws IOException, InterruptedException {
        return start(program, Map.of(), more);
    }

    /** Starts one with further variables in its environment. */
    RunningSnapshotter start(Program program, Map<String, String> environment, String... more)
            throws IOException, InterruptedException {
        var flags =
                new ArrayList<>(
                        List.of(
                                "--nydusd",
                                nydusd.toString(),
                                "--nydusd-config",
                                template.toString()));
        flags.addAll(List.of(more));
        return RunningSnapshotter.start(program, base, environment, flags);
    }

    /**
     * Goes through the pull of an image of one blob and a bootstrap; answers the bootstrap's
     * directory.
     */
    Path pull(SnapshotsClient client) throws IOException {
        var blob =
                Map.of(
                        "containerd.io/snapshot.ref",
                        "sha256:one",
                        PREFIX + "nydus-blob",
                        "true",
                        PREFIX + "cri.image-ref",
                        IMAGE,
                        PREFIX + "cri.layer-digest",
                        BLOB);
        try {
            client.prepare("extract-1", "", blob);
            throw new IllegalStateException("a data layer must be skipped");
        } catch (io.grpc.StatusRuntimeException e) {
            // Already exists, as it must.
        }
        var boot =
                Map.of(
                        "containerd.io/snapshot.ref",
                        "sha256:two",
                        PREFIX + "nydus-bootstrap",
                        "true",
                        PREFIX + "nydus-fs-version",
                        "6",
                        PREFIX + "cri.image-ref",
                        IMAGE);
        String mounts = client.prepare("extract-2", "sha256:one", boot);
        Path fs = Path.of(mounts.replaceFirst("(?s).*upperdir=([^,]*).*", "$1"));
        Files.createDirectories(fs.resolve("image"));
        byte[] bootstrap = new byte[8192];
        bootstrap[1024] = (byte) 0xe2;
        bootstrap[1025] = (byte) 0xe1;
        bootstrap[1026] = (byte) 0xf5;
        bootstrap[1027] = (byte) 0xe0;
        bootstrap[1036] = 12;
        Files.write(fs.resolve("image/image.boot"), bootstrap);
        client.commit("sha256:two", "extract-2", boot);
        return java.util.Objects.requireNonNull(fs.getParent());
    }

    List<String> notes() throws IOException {
        return Files.exists(notesFile()) ? Files.readAllLines(notesFile()) : List.of();
    }

    /** Stand-ins that belong to this scene. */
    List<Long> daemons() throws IOException {
        var found = new ArrayList<Long>();
        try (DirectoryStream<Path> processes =
                Files.newDirectoryStream(Path.of("/proc"), "[0-9]*")) {
            for (Path process : processes) {
                try {
                    String line =
                            new String(
                                    Files.readAllBytes(process.resolve("cmdline")),
                                    StandardCharsets.ISO_8859_1);
                    if (line.contains(StandInNydusd.class.getName()) && line.contains(base + "/")) {
                        found.add(Long.parseLong(process.getFileName().toString()));
                    }
                } catch (IOException e) {
                    // It ended meanwhile.
                }
            }
        }
        return found;
    }

    void killDaemons() throws IOException {
        for (long pid : daemons()) {
            ProcessHandle.of(pid).ifPresent(ProcessHandle::destroyForcibly);
        }
    }

    List<String> mountpoints() {
        return MountInfo.current().stream()
                .map(mount -> mount.mountPoint().toString())
                .filter(path -> path.startsWith(base + "/"))
                .toList();
    }

    int mountId(String path) {
        return MountInfo.current().stream()
                .filter(mount -> mount.mountPoint().toString().equals(path))
                .reduce((first, second) -> second)
                .orElseThrow()
                .id();
    }

    /** The one file {@code config/<id>/config.json}. */
    String config() throws IOException {
        try (Stream<Path> files = Files.walk(base.resolve("root/config"))) {
            return Files.readString(
                    files.filter(file -> file.endsWith("config.json")).findFirst().orElseThrow());
        }
    }

    @Override
    public void close() throws IOException {
        Await.until(
                "the stand-ins to end",
                () -> {
                    killDaemons();
                    return daemons().isEmpty();
                });
        for (String path : mountpoints().reversed()) {
            Mount.tryUmount(RawPath.of(Path.of(path)), Mount.MNT_DETACH);
        }
        DirectoryTree.delete(base);
    }
}
