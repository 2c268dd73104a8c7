package dev.naiad.dfdaemon.swarm;

import static org.assertj.core.api.Assertions.assertThat;

import dev.naiad.testkit.Commands;
import dev.naiad.testkit.ShortTempDir;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Another user of the machine at the socket, which is open to all: it gets its own rights only. */
@Tag("root")
final class ForeignUserRootTest {
    private static final String NOBODY = "65534";
    private static final byte[] CONTENT = {1, 2, 3};
    private static final byte[] PRECIOUS = {9, 9};

    private final ShortTempDir dir = ShortTempDir.create();
    private final TestOrigin origin = new TestOrigin();
    private final TestSwarm swarm = new TestSwarm(dir.path(), origin);
    private Path roots = dir.path();
    private Path own = dir.path();
    private Path common = dir.path();
    private String url = "";

    @BeforeEach
    void start() throws Exception {
        swarm.noScheduler();
        swarm.start("node1");
        url = origin.url() + origin.add("/file", CONTENT);
        mode(dir.path(), "rwxr-xr-x");
        roots = mode(Files.createDirectory(dir.resolve("roots")), "rwxr-xr-x");
        own = Files.createDirectory(dir.resolve("own"));
        Commands.run("chown", NOBODY + ":" + NOBODY, own.toString()).orFail();
        common = Files.createDirectory(dir.resolve("common"));
        Commands.run("chmod", "1777", common.toString()).orFail();
    }

    @AfterEach
    void stop() throws Exception {
        swarm.close();
        origin.close();
        dir.close();
    }

    private static Path mode(Path path, String mode) throws IOException {
        return Files.setPosixFilePermissions(path, PosixFilePermissions.fromString(mode));
    }

    private static Path precious(Path path) throws IOException {
        Files.write(path, PRECIOUS);
        return mode(path, "rw-r--r--");
    }

    /** What another user hears for each path. */
    private List<String> ask(String... paths) throws IOException {
        var command =
                new ArrayList<>(
                        List.of(
                                "setpriv",
                                "--reuid=" + NOBODY,
                                "--regid=" + NOBODY,
                                "--clear-groups",
                                Path.of(System.getProperty("java.home"), "bin/java").toString(),
                                "-cp",
                                readableClassPath(),
                                ForeignCaller.class.getName(),
                                swarm.socket("node1").toString(),
                                url));
        command.addAll(List.of(paths));
        return Commands.run(command)
                .orFail()
                .output()
                .lines()
                .filter(line -> line.startsWith("copy:") || line.startsWith("link:"))
                .toList();
    }

    /** The jars of this test where another user can read them. */
    private String readableClassPath() throws IOException {
        Path lib = mode(Files.createDirectory(dir.resolve("lib")), "rwxr-xr-x");
        var entries = new ArrayList<String>();
        for (String entry : System.getProperty("java.class.path").split(File.pathSeparator, -1)) {
            Path copy = lib.resolve(entries.size() + (entry.endsWith(".jar") ? ".jar" : ""));
            Commands.run("cp", "-r", entry, copy.toString()).orFail();
            entries.add(copy.toString());
        }
        Commands.run("chmod", "-R", "a+rX", lib.toString()).orFail();
        return String.join(File.pathSeparator, entries);
    }

    private static List<String> names(Path directory) throws IOException {
        try (Stream<Path> all = Files.list(directory)) {
            return all.map(path -> String.valueOf(path.getFileName())).sorted().toList();
        }
    }

    @Test
    void itCannotTouchWhatRootOwnsByAnyPath() throws Exception {
        Path file = precious(roots.resolve("file"));
        Path sticky = precious(common.resolve("file"));
        Files.createSymbolicLink(own.resolve("directory"), roots);
        Path hidden = mode(Files.createDirectory(dir.resolve("hidden")), "rwx------");
        mode(Files.createDirectory(hidden.resolve("open")), "rwxrwxrwx");

        assertThat(
                        ask(
                                "copy:" + file,
                                "link:" + file,
                                "copy:" + roots.resolve("new"),
                                "link:" + roots.resolve("new"),
                                "copy:" + own.resolve("directory/file"),
                                "copy:" + sticky,
                                "link:" + sticky,
                                "copy:" + hidden.resolve("open/file")))
                .allSatisfy(line -> assertThat(line).endsWith(" PERMISSION_DENIED"))
                .hasSize(8);
        assertThat(Files.readAllBytes(file)).isEqualTo(PRECIOUS);
        assertThat(Files.readAllBytes(sticky)).isEqualTo(PRECIOUS);
        assertThat(names(roots)).containsExactly("file");
        assertThat(names(common)).containsExactly("file");
        assertThat(names(hidden.resolve("open"))).isEmpty();
    }

    @Test
    void itGetsFilesWhereItMayWriteItself() throws Exception {
        Path file = precious(roots.resolve("file"));
        Path link = own.resolve("link");
        Files.createSymbolicLink(link, file);

        assertThat(
                        ask(
                                "copy:" + own.resolve("copy"),
                                "link:" + own.resolve("hard"),
                                "copy:" + link,
                                "copy:" + common.resolve("shared")))
                .allSatisfy(line -> assertThat(line).endsWith(" OK"))
                .hasSize(4);
        assertThat(Files.readAllBytes(own.resolve("copy"))).isEqualTo(CONTENT);
        assertThat(Files.getAttribute(own.resolve("copy"), "unix:uid")).isEqualTo(65534);
        assertThat(Files.readAllBytes(own.resolve("hard"))).isEqualTo(CONTENT);
        assertThat(Files.getAttribute(common.resolve("shared"), "unix:uid")).isEqualTo(65534);
        // A link is replaced, and what it led to stays.
        assertThat(Files.isSymbolicLink(link)).isFalse();
        assertThat(Files.readAllBytes(link)).isEqualTo(CONTENT);
        assertThat(Files.readAllBytes(file)).isEqualTo(PRECIOUS);
        assertThat(names(own)).containsExactly("copy", "hard", "link");
    }
}
