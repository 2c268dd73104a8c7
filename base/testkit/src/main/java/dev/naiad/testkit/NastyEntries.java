package dev.naiad.testkit;

import static dev.naiad.testkit.NastyTars.latin;
import static dev.naiad.testkit.NastyTars.noise;

import dev.naiad.testkit.NastyTars.Image;
import java.util.Arrays;
import java.util.List;

/** What single entries can be: names, types, modes, sizes. */
final class NastyEntries {
    private NastyEntries() {}

    static List<Image> images() {
        return List.of(names(), escapes(), modes(), nodes(), sizes(), deep(), duplicates());
    }

    private static TestTar named(TestTar tar, byte[] name) {
        return tar.add(new TestTar.Header(name, '0'), name);
    }

    private static Image names() {
        var tar = new TestTar().dir("names", 0755);
        for (String name :
                List.of(
                        "\u00ff\u00fe",
                        "new\nline",
                        "tab\tand\rreturn",
                        "\\backslash\\x41",
                        "\"quotes\" and 'more'",
                        " ",
                        "trailing ",
                        "-rf",
                        "!",
                        "...",
                        "..x",
                        ".hidden",
                        ".wh",
                        "wh.x",
                        "\u0001\u001b[31m",
                        "%s%n",
                        "*?[a]")) {
            named(tar, latin("names/" + name));
        }
        tar.pax('x', "path=names/" + "l".repeat(255)).file("cut", "255 bytes");
        tar.pax('x', "path=names/" + "\u00e4".repeat(255)).file("cut", "255 bytes, no UTF-8");
        tar.symlink("names/to\nnewline", "new\nline");
        return Image.of("names", tar);
    }

    private static Image escapes() {
        return Image.of(
                        "absolute and dot-dot names",
                        new TestTar()
                                .dir("./", 0755)
                                .file("/absolute", "1")
                                .file("//twice//absolute", "2")
                                .file("../../etc/passwd", "3")
                                .file("a/../../../b", "4")
                                .file("./c/./d", "5")
                                .symlink("up", "../../../../tmp")
                                .file("up/below", "6")
                                .symlink("absolute-link", "/etc")
                                .file("absolute-link/shadow", "7")
                                .hardlink("/hard", "/absolute")
                                .hardlink("hard2", "../../../absolute")
                                .symlink("dots", "..")
                                .file("dots/in-root", "8"))
                .undated("twice", "twice/absolute", "etc", "c", "tmp", "a");
    }

    private static TestTar.Header mode(String name, char type, int mode) {
        var header = new TestTar.Header(name, type);
        header.mode = mode;
        header.uid = 1000;
        header.gid = 100;
        return header;
    }

    private static Image modes() {
        var tar = new TestTar();
        for (int mode : new int[] {0, 01, 0444, 0755, 01777, 02755, 04755, 06711, 07777}) {
            String text = Integer.toOctalString(mode);
            tar.add(mode("file-" + text, '0', mode), latin(text));
            tar.add(mode("dir-" + text, '5', mode), new byte[0]);
        }
        tar.pax(
                'x',
                "SCHILY.xattr.security.capability=" + "\1\0\0\2\0\4\0\0\0\0\0\0\0\0\0\0\0\0\0\0");
        tar.add(mode("capable", '0', 0755), latin("#!"));
        tar.pax(
                'x',
                "SCHILY.xattr.system.posix_acl_access=\2\0\0\0"
                        + "\1\0\6\0\u00ff\u00ff\u00ff\u00ff"
                        + "\2\0\4\0\u00e8\3\0\0"
                        + "\4\0\4\0\u00ff\u00ff\u00ff\u00ff"
                        + "\20\0\4\0\u00ff\u00ff\u00ff\u00ff"
                        + "\40\0\4\0\u00ff\u00ff\u00ff\u00ff");
        tar.add(mode("with-an-acl", '0', 0644), latin("a"));
        return Image.of("modes, capabilities, access lists", tar);
    }

    private static Image nodes() {
        return Image.of(
                "devices and fifos",
                new TestTar()
                        .dir("dev", 0755)
                        .device('3', "dev/null", 1, 3)
                        .device('3', "dev/large-minor", 5, 70000)
                        .device('4', "dev/disk", 259, 300)
                        .device('4', "dev/large-major", 4095, 1)
                        .device('6', "dev/fifo", 0, 0)
                        .device('3', "dev/zero-zero", 0, 0));
    }

    private static Image sizes() {
        var tar = new TestTar();
        byte[] noise = noise(5, (2 << 20) + 1);
        for (int size :
                new int[] {
                    0,
                    1,
                    511,
                    512,
                    513,
                    4095,
                    4096,
                    4097,
                    1 << 20,
                    (1 << 20) + 1,
                    2 << 20,
                    (2 << 20) + 1
                }) {
            tar.file("noise-" + size, Arrays.copyOf(noise, size));
            tar.file("zeros-" + size, new byte[size]);
        }
        tar.symlink("4000", "x/".repeat(48));
        tar.pax('x', "linkpath=" + "y".repeat(4095)).symlink("4095", "cut");
        return Image.of("sizes around every edge", tar);
    }

    private static Image deep() {
        var tar = new TestTar();
        String path = "d";
        for (int i = 0; i < 200; i++) {
            tar.pax('x', "path=" + path + "/").dir("cut", 0755);
            path += "/d";
        }
        return Image.of("200 directories deep", tar.pax('x', "path=" + path).file("cut", "deep"));
    }

    private static Image duplicates() {
        return Image.of(
                "an archive that changes its mind",
                new TestTar()
                        .dir("d", 0700)
                        .file("d/x", "1")
                        .dir("d", 0755)
                        .file("d/x", "22")
                        .file("was-file", "f")
                        .dir("was-file", 0755)
                        .file("was-file/in", "i")
                        .dir("was-dir", 0755)
                        .file("was-dir/in", "gone")
                        .file("was-dir", "now a file")
                        .dir("was-dir2", 0755)
                        .file("was-dir2/in", "a")
                        .symlink("was-dir2", "d")
                        .file("linked", "1")
                        .hardlink("link", "linked")
                        .file("linked", "other content, so no longer linked")
                        .symlink("s", "d")
                        .dir("s", 0700)
                        .file("s/in-a-directory-now", "s"));
    }
}
