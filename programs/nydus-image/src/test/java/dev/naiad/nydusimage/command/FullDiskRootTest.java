package dev.naiad.nydusimage.command;

import static org.assertj.core.api.Assertions.assertThat;

import dev.naiad.linux.Mount;
import dev.naiad.linux.RawPath;
import dev.naiad.testkit.Requires;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** A disk that becomes full: an error that names the file, and nothing under a final name. */
@Tag("root")
class FullDiskRootTest {
    private final ImageTool tool = new ImageTool();
    private Path small = Path.of("/");
    private boolean mounted;

    @BeforeEach
    void mount() throws IOException {
        Requires.root();
        Requires.mounts();
        for (int i = 0; i < 40; i++) {
            tool.write("src/" + i, ImageTool.noise(i, 100_000));
        }
        small = Files.createDirectories(tool.path("small"));
        Mount.mount("naiad-test", RawPath.of(small), "tmpfs", 0, "size=1m");
        mounted = true;
    }

    @AfterEach
    void clean() {
        if (mounted) {
            Mount.umount(RawPath.of(small), Mount.MNT_DETACH);
        }
        tool.close();
    }

    private void assertRefused(String file, Object... args) throws Exception {
        var result = tool.run(args).failed("No space left on device", file);
        assertThat(result.err()).as("no trace").doesNotContain("\tat ");
        assertThat(tool.names("small")).isEmpty();
    }

    @Test
    void blobsBootstrapsAndArchivesAreWholeOrNotThere() throws Exception {
        Path boot = tool.create("6", "src");
        Path blobs = tool.path("blobs");
        Object[] create = {"create", "-B", tool.path("other.boot")};
        assertRefused(
                small.toString(), with(create, "-D", small, "-t", "dir-rafs", tool.path("src")));
        assertRefused(
                small + "/blob",
                with(create, "-b", small.resolve("blob"), "-t", "dir-rafs", tool.path("src")));
        assertThat(tool.path("other.boot")).doesNotExist();
        assertRefused(
                small + "/out.tar",
                "unpack",
                "-B",
                boot,
                "-D",
                blobs,
                "--output",
                small.resolve("out.tar"));
        assertRefused(
                small + "/disk",
                "export",
                "--block",
                "-B",
                boot,
                "-D",
                blobs,
                "-O",
                small.resolve("disk"));
    }

    @Test
    void whatWasThereBeforeStays() throws Exception {
        Path boot = tool.create("6", "src");
        Path before = Files.writeString(small.resolve("out.tar"), "before");
        tool.run("unpack", "-B", boot, "-D", tool.path("blobs"), "--output", before)
                .failed("No space left on device");
        assertThat(before).hasContent("before");
        assertThat(tool.names("small")).containsExactly("out.tar");
    }

    private static Object[] with(Object[] first, Object... more) {
        Object[] all = java.util.Arrays.copyOf(first, first.length + more.length);
        System.arraycopy(more, 0, all, first.length, more.length);
        return all;
    }
}
