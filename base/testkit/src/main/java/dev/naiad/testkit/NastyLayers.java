package dev.naiad.testkit;

import static dev.naiad.testkit.NastyTars.noise;

import dev.naiad.testkit.NastyTars.Image;
import java.util.List;

/** What layers do to each other. */
final class NastyLayers {
    private NastyLayers() {}

    static List<Image> images() {
        return List.of(
                whiteouts(),
                opaque(),
                lowestMarkers(),
                typeChanges(),
                hardLinks(),
                lateLinks(),
                crossLinks(),
                leftOutDirectories(),
                throughSymlinks(),
                emptyLayers(),
                sharedContent());
    }

    private static Image whiteouts() {
        return Image.of(
                "whiteouts over three layers",
                new TestTar()
                        .dir("d", 0755)
                        .file("d/a", "1")
                        .file("d/b", "2")
                        .dir("d/sub", 0755)
                        .file("d/sub/x", "3")
                        .file("keep", "4")
                        .dir("gone", 0755)
                        .file("gone/deep", "5")
                        .symlink("link", "keep")
                        .file(".dot", "6"),
                new TestTar()
                        .dir("d", 0700)
                        .file("d/.wh.a", "")
                        .file("d/.wh.sub", "")
                        .dir("d/sub", 0711)
                        .file("d/sub/y", "7")
                        .file(".wh.gone", "")
                        .file(".wh.link", "")
                        .file(".wh..dot", "")
                        .file(".wh.never-was", "")
                        .file("new", "8"),
                new TestTar()
                        .dir("d", 0750)
                        .file("d/a", "again")
                        .file("d/.wh.b", "")
                        .file(".wh.new", "")
                        .file("gone", "a file now"));
    }

    private static Image opaque() {
        return Image.of(
                "opaque directories over three layers",
                new TestTar()
                        .dir("o", 0755)
                        .file("o/a", "1")
                        .dir("o/sub", 0755)
                        .file("o/sub/x", "2")
                        .dir("p", 0755)
                        .file("p/a", "3")
                        .dir("p/q", 0755)
                        .file("p/q/r", "4"),
                new TestTar()
                        .dir("o", 0711)
                        .file("o/before", "5")
                        .file("o/.wh..wh..opq", "")
                        .file("o/after", "6")
                        .dir("o/sub", 0700)
                        .dir("p", 0755)
                        .dir("p/q", 0755)
                        .file("p/q/.wh..wh..opq", ""),
                new TestTar()
                        .dir("o", 0755)
                        .file("o/third", "7")
                        .file("o/.wh.before", "")
                        .dir("p", 0755)
                        .file("p/.wh..wh..opq", "")
                        .file("p/only", "8"));
    }

    private static Image lowestMarkers() {
        return Image.of(
                "markers in the lowest layer",
                new TestTar()
                        .dir("d", 0755)
                        .file("d/.wh..wh..opq", "")
                        .file("d/a", "1")
                        .file(".wh.nothing", "")
                        .file(".wh.a", "")
                        .file("b", "2"),
                new TestTar().file("c", "3"));
    }

    private static Image typeChanges() {
        return Image.of(
                "entries that change their type",
                new TestTar()
                        .dir("dir-file-link", 0755)
                        .file("dir-file-link/x", "1")
                        .file("file-dir", "2")
                        .symlink("link-dir", "file-dir")
                        .symlink("link-file", "file-dir")
                        .device('3', "device-file", 1, 3)
                        .file("file-device", "3")
                        .device('6', "fifo-dir", 0, 0)
                        .dir("dir-link", 0755)
                        .file("dir-link/x", "x"),
                new TestTar()
                        .file("dir-file-link", "a file")
                        .dir("file-dir", 0755)
                        .file("file-dir/x", "x")
                        .dir("link-dir", 0711)
                        .file("link-dir/x", "not in file-dir")
                        .file("link-file", "4")
                        .file("device-file", "5")
                        .device('4', "file-device", 8, 0)
                        .dir("fifo-dir", 0755)
                        .symlink("dir-link", "file-dir"),
                new TestTar()
                        .symlink("dir-file-link", "file-dir")
                        .file("file-dir/y", "y")
                        .file("link-file", "44"));
    }

    private static Image hardLinks() {
        return Image.of(
                "hard links that layers cut",
                new TestTar()
                        .file("a", noise(1, 5000))
                        .hardlink("b", "a")
                        .hardlink("c", "b")
                        .dir("d", 0755)
                        .hardlink("d/d", "a")
                        .symlink("s", "a")
                        .hardlink("s2", "s")
                        .device('6', "fifo", 0, 0)
                        .hardlink("fifo2", "fifo"),
                new TestTar()
                        .file("b", "cut off")
                        .file(".wh.c", "")
                        .file("same", noise(1, 5000))
                        .hardlink("same2", "same"),
                new TestTar().file("same", noise(1, 5000)));
    }

    private static Image lateLinks() {
        // umoci links what is there already.
        return Image.of(
                        "hard links before their target",
                        new TestTar()
                                .hardlink("early", "file")
                                .hardlink("earlier", "early")
                                .file("file", "shared")
                                .hardlink("late", "/file"))
                .asReference(
                        new TestTar()
                                .file("file", "shared")
                                .hardlink("early", "file")
                                .hardlink("earlier", "early")
                                .hardlink("late", "/file"));
    }

    private static Image crossLinks() {
        return Image.of(
                "hard links into lower layers",
                new TestTar()
                        .dir("bin", 0755)
                        .file("bin/busybox", noise(2, 70_000))
                        .hardlink("bin/sh", "bin/busybox")
                        .symlink("sbin", "bin"),
                new TestTar()
                        .hardlink("bin/ls", "bin/busybox")
                        .hardlink("cat", "/bin/sh")
                        .hardlink("through", "sbin/busybox")
                        .file("other", "o"),
                new TestTar().hardlink("grep", "cat").hardlink("other2", "other"),
                new TestTar().file(".wh.grep", "").hardlink("bin/busybox", "other"));
    }

    private static Image leftOutDirectories() {
        return Image.of(
                        "directories that upper layers leave out",
                        new TestTar()
                                .dir("usr", 0711)
                                .dir("usr/lib", 02750)
                                .pax('x', "SCHILY.xattr.user.note=kept")
                                .dir("usr/lib/noted", 0700)
                                .file("usr/lib/a", "1"),
                        new TestTar()
                                .file("usr/lib/b", "2")
                                .file("usr/lib/noted/c", "3")
                                .file("usr/new/d", "4"),
                        new TestTar()
                                .file("usr/lib/.wh.a", "")
                                .dir("usr/new", 0700)
                                .file("usr/new/e", "5"))
                .undated("usr");
    }

    private static Image throughSymlinks() {
        return Image.of(
                        "entries below symlinks of lower layers",
                        new TestTar()
                                .dir("usr", 0755)
                                .dir("usr/lib", 0750)
                                .file("usr/lib/a", "1")
                                .file("usr/lib/b", "2")
                                .symlink("lib", "usr/lib")
                                .symlink("abs", "/usr/lib")
                                .symlink("again", "lib")
                                .symlink("dangling", "usr/not/there")
                                .symlink("outside", "../../../usr"),
                        new TestTar()
                                .file("lib/c", "3")
                                .file("abs/.wh.a", "")
                                .file("again/d", "4")
                                .file("dangling/e", "5")
                                .file("outside/f", "6"),
                        new TestTar().dir("lib", 0700).file("lib/own", "7").file("again/b", "own"))
                .undated("usr", "usr/not", "usr/not/there");
    }

    private static Image emptyLayers() {
        return Image.of(
                "layers without files or data",
                new TestTar(),
                new TestTar().dir("only", 0700).symlink("link", "only").file("empty", ""),
                new TestTar(),
                new TestTar().file("only/data", "1"),
                new TestTar().file("only/.wh.data", ""));
    }

    private static Image sharedContent() {
        byte[] shared = noise(6, 3_000_000);
        return Image.of(
                "content that layers share",
                new TestTar().file("one", shared).file("text", "t".repeat(2_500_000)),
                new TestTar().file("two", shared).file("one-again", shared),
                new TestTar().file("text", "t".repeat(2_500_000) + "u").file(".wh.one", ""));
    }
}
