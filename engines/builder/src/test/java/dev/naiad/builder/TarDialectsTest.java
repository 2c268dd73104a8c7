package dev.naiad.builder;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.naiad.base.error.CorruptFormatException;
import dev.naiad.base.error.NaiadException;
import dev.naiad.rafs.FileType;
import dev.naiad.rafs.Inode;
import dev.naiad.rafs.SuperFlags;
import dev.naiad.testkit.Golden;
import dev.naiad.testkit.TestTar;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;

/** Archives of every dialect become the tree they describe. */
class TarDialectsTest {
    private static final BuildOptions OPTIONS =
            BuildOptions.defaults().withChunkSize(4096).withThreads(2);

    private static BuiltImage build(byte[] tar) {
        return BuiltImage.ofTar(tar, OPTIONS);
    }

    private static byte[] latin(String text) {
        return text.getBytes(StandardCharsets.ISO_8859_1);
    }

    @Test
    void everyKindOfEntryKeepsItsAttributes() {
        var header = new TestTar.Header("usr/bin/tool", '0');
        header.mode = 04755;
        header.uid = 1000;
        header.gid = 2000;
        header.mtime = 1_234_567_890;
        var tar = new TestTar().dir("usr", 0750).add(header, latin("#!"));
        tar.device('3', "dev/tty", 5, 300)
                .device('4', "dev/disk", 259, 70000)
                .device('6', "dev/fifo", 0, 0);
        var image = build(tar.symlink("bin", "usr/bin").end());
        var tool = image.at("/usr/bin/tool");
        assertThat(tool.mode()).isEqualTo(0104755);
        assertThat(tool.uid()).isEqualTo(1000);
        assertThat(tool.gid()).isEqualTo(2000);
        assertThat(tool.mtimeSeconds()).isEqualTo(1_234_567_890);
        assertThat(tool.linkCount()).isEqualTo(1);
        assertThat(image.at("/usr").mode()).isEqualTo(040750);
        assertThat(image.at("/usr").linkCount()).isEqualTo(3);
        assertThat(image.at("/dev/tty").rdev())
                .isEqualTo((300 & 0xff) | 5 << 8 | (300 & 0xfff00) << 12);
        assertThat(image.at("/dev/disk").type()).isEqualTo(FileType.BLOCK);
        assertThat(image.at("/dev/fifo").type()).isEqualTo(FileType.FIFO);
        assertThat(new String(image.at("/bin").symlinkTarget(), StandardCharsets.UTF_8))
                .isEqualTo("usr/bin");
        assertThat(image.content("/usr/bin/tool")).isEqualTo(latin("#!"));
    }

    @Test
    void missingParentsAreCreatedAsPlainDirectories() {
        var image =
                build(new TestTar().file("b/a/x", "1").file("b/c/x", "2").file("a/b/x", "3").end());
        assertThat(image.paths())
                .containsExactly(
                        "/a/", "/a/b/", "/a/b/x", "/b/", "/b/a/", "/b/a/x", "/b/c/", "/b/c/x");
        assertThat(image.at("/b").mode()).isEqualTo(040755);
        assertThat(image.at("/b").mtimeSeconds()).isZero();
        assertThat(image.text("/b/a/x") + image.text("/b/c/x") + image.text("/a/b/x"))
                .isEqualTo("123");
    }

    @Test
    void pathsAreNormalisedAndNeverLeaveTheTree() {
        var tar =
                new TestTar()
                        .dir("./", 0711)
                        .file("/abs", "1")
                        .file("./dot/./x", "2")
                        .file("a/../b", "3");
        var image = build(tar.file("../../etc/up", "4").file("double//slash", "5").end());
        assertThat(image.paths())
                .containsExactly(
                        "/abs",
                        "/b",
                        "/dot/",
                        "/dot/x",
                        "/double/",
                        "/double/slash",
                        "/etc/",
                        "/etc/up");
        assertThat(image.image().root().mode()).isEqualTo(040711);
    }

    @Test
    void entriesBelowASymlinkGoWhereItLeads() {
        var tar =
                new TestTar()
                        .dir("usr/lib", 0755)
                        .symlink("lib", "usr/lib")
                        .file("lib/libc.so", "c");
        var image = build(tar.symlink("loop", "loop").file("loop/x", "y").end());
        assertThat(image.text("/usr/lib/libc.so")).isEqualTo("c");
        assertThat(image.at("/lib").type()).isEqualTo(FileType.SYMLINK);
        assertThat(image.text("/loop/x")).isEqualTo("y");
    }

    @Test
    void gnuLongNamesAndLinksAreUsed() {
        String longName = "directory/".repeat(20) + "file";
        String longTarget = "target/".repeat(30);
        var tar = new TestTar();
        tar.add(
                new TestTar.Header("././@LongLink", 'L'),
                (longName + "\0").getBytes(StandardCharsets.UTF_8));
        tar.file(longName.substring(0, 100), "long");
        tar.add(
                new TestTar.Header("././@LongLink", 'K'),
                (longTarget + "\0").getBytes(StandardCharsets.UTF_8));
        tar.symlink("link", longTarget.substring(0, 100));
        var image = build(tar.end());
        assertThat(image.text("/" + longName)).isEqualTo("long");
        assertThat(new String(image.at("/link").symlinkTarget(), StandardCharsets.UTF_8))
                .isEqualTo(longTarget);
    }

    @Test
    void ustarPrefixAndBase256NumbersAreRead() {
        var header = new TestTar.Header("name", '0');
        header.prefix = latin("some/prefix");
        var big = new TestTar.Header("big-ids", '0');
        big.gnu = true;
        big.base256 = true;
        big.uid = 4_000_000_000L;
        big.gid = 3_999_999_999L;
        big.mtime = -86_400;
        var image = build(new TestTar().add(header, latin("p")).add(big, latin("b")).end());
        assertThat(image.text("/some/prefix/name")).isEqualTo("p");
        assertThat(image.at("/big-ids").uid()).isEqualTo(4_000_000_000L);
        assertThat(image.at("/big-ids").gid()).isEqualTo(3_999_999_999L);
        assertThat(image.at("/big-ids").mtimeSeconds()).isEqualTo(-86_400);
    }

    @Test
    void paxRecordsOverrideTheHeader() {
        String name = "päx/" + "n".repeat(200);
        var tar = new TestTar();
        tar.pax('g', "comment=by git archive");
        tar.pax(
                'x',
                "path="
                        + new String(
                                name.getBytes(StandardCharsets.UTF_8), StandardCharsets.ISO_8859_1),
                "uid=3000000000",
                "gid=70000",
                "mtime=1700000000.123456789",
                "SCHILY.xattr.user.binary=\0\u00ff=\n",
                "LIBARCHIVE.xattr.user.other=eA==");
        tar.file("short", "pax");
        tar.pax('x', "mtime=-1.25", "linkpath=other/target");
        tar.symlink("link", "x");
        var image = build(tar.end());
        var file = image.at("/" + name);
        assertThat(file.uid()).isEqualTo(3_000_000_000L);
        assertThat(file.gid()).isEqualTo(70_000);
        assertThat(file.mtimeSeconds()).isEqualTo(1_700_000_000);
        assertThat(file.mtimeNanos()).isEqualTo(123_456_789);
        assertThat(file.xattrs()).hasSize(1);
        assertThat(file.xattr(latin("user.binary")))
                .hasValueSatisfying(value -> assertThat(value).isEqualTo(latin("\0\u00ff=\n")));
        var link = image.at("/link");
        assertThat(link.mtimeSeconds()).isEqualTo(-2);
        assertThat(link.mtimeNanos()).isEqualTo(750_000_000);
        assertThat(link.symlinkTarget()).isEqualTo(latin("other/target"));
        assertThat(image.image().flags() & SuperFlags.HAS_XATTR).isNotZero();
    }

    @Test
    void paxSizeWinsOverTheHeader() {
        var header = new TestTar.Header("sized", '0');
        header.size = 0;
        byte[] content = latin("x".repeat(700));
        var tar = new TestTar().pax('x', "size=700").header(header).data(content).file("next", "n");
        var image = build(tar.end());
        assertThat(image.content("/sized")).isEqualTo(content);
        assertThat(image.text("/next")).isEqualTo("n");
    }

    @Test
    void sparseFilesOfAllFormatsAreExpanded() {
        // 2 bytes at 0, 3 bytes at 10000, 20000 bytes in all.
        byte[] wanted = new byte[20_000];
        System.arraycopy(latin("ab"), 0, wanted, 0, 2);
        System.arraycopy(latin("cde"), 0, wanted, 10_000, 3);
        var old = new TestTar.Header("old", 'S');
        old.gnu = true;
        old.raw = new byte[512];
        TestTar.number(old.raw, 386, 12, 0, false);
        TestTar.number(old.raw, 398, 12, 2, false);
        TestTar.number(old.raw, 410, 12, 10_000, false);
        TestTar.number(old.raw, 422, 12, 3, false);
        TestTar.number(old.raw, 434, 12, 20_000, false);
        TestTar.number(old.raw, 446, 12, 0, false);
        TestTar.number(old.raw, 483, 12, 20_000, false);
        var tar = new TestTar().file("before", "1").add(old, latin("abcde")).file("between", "2");
        tar.pax(
                'x',
                "GNU.sparse.size=20000",
                "GNU.sparse.numblocks=2",
                "GNU.sparse.offset=0",
                "GNU.sparse.numbytes=2",
                "GNU.sparse.offset=10000",
                "GNU.sparse.numbytes=3");
        tar.file("pax00", latin("abcde"));
        tar.pax(
                'x',
                "GNU.sparse.name=pax01",
                "GNU.sparse.size=20000",
                "GNU.sparse.numblocks=2",
                "GNU.sparse.map=0,2,10000,3");
        tar.file("GNUSparseFile.1/pax01", latin("abcde"));
        tar.pax(
                'x',
                "GNU.sparse.major=1",
                "GNU.sparse.minor=0",
                "GNU.sparse.name=pax10",
                "GNU.sparse.realsize=20000");
        byte[] map = Arrays.copyOf(latin("2\n0\n2\n10000\n3\n"), 512 + 5);
        System.arraycopy(latin("abcde"), 0, map, 512, 5);
        tar.file("GNUSparseFile.1/pax10", map);
        var image = build(tar.file("after", "3").end());
        for (String name : new String[] {"old", "pax00", "pax01", "pax10"}) {
            assertThat(image.content("/" + name)).as(name).isEqualTo(wanted);
        }
        assertThat(image.text("/before") + image.text("/between") + image.text("/after"))
                .isEqualTo("123");
        // The four are one file's chunks, and the holes are one chunk.
        assertThat(image.image().blobs().getFirst().chunkCount()).isLessThanOrEqualTo(7);
    }

    @Test
    void anOldSparseFileWithManyStretchesIsRead() {
        int stretches = 40;
        byte[] wanted = new byte[stretches * 1000];
        byte[] data = new byte[stretches];
        var header = new TestTar.Header("sparse", 'S');
        header.gnu = true;
        header.raw = new byte[512];
        byte[] extensions = new byte[1024];
        for (int i = 0; i < stretches; i++) {
            wanted[i * 1000] = data[i] = (byte) (i + 1);
            byte[] block = i < 4 ? header.raw : extensions;
            int at = i < 4 ? 386 + 24 * i : i < 25 ? 24 * (i - 4) : 512 + 24 * (i - 25);
            TestTar.number(block, at, 12, i * 1000L, false);
            TestTar.number(block, at + 12, 12, 1, false);
        }
        header.raw[482] = 1;
        extensions[504] = 1;
        TestTar.number(header.raw, 483, 12, wanted.length, false);
        header.size = stretches;
        var image =
                build(
                        new TestTar()
                                .header(header)
                                .raw(extensions)
                                .data(data)
                                .file("next", "n")
                                .end());
        assertThat(image.content("/sparse")).isEqualTo(wanted);
        assertThat(image.text("/next")).isEqualTo("n");
    }

    @Test
    void hardLinksShareAnInodeWhateverTheirOrder() {
        var tar =
                new TestTar()
                        .hardlink("early", "file")
                        .hardlink("earlier", "early")
                        .file("file", "shared");
        var image =
                build(
                        tar.hardlink("late", "/file")
                                .symlink("sym", "file")
                                .hardlink("sym2", "sym")
                                .end());
        Inode file = image.at("/file");
        for (String name : new String[] {"early", "earlier", "late"}) {
            assertThat(image.at("/" + name).number()).as(name).isEqualTo(file.number());
        }
        assertThat(file.linkCount()).isEqualTo(4);
        assertThat(image.text("/early")).isEqualTo("shared");
        assertThat(image.at("/sym2").number()).isNotEqualTo(image.at("/sym").number());
        assertThat(image.at("/sym2").symlinkTarget()).isEqualTo(latin("file"));
        assertThat(image.at("/sym2").linkCount()).isEqualTo(1);
    }

    @Test
    void aHardLinkWithoutTargetIsRefusedByName() {
        assertThatThrownBy(() -> build(new TestTar().hardlink("bin/ls", "bin/busybox").end()))
                .isInstanceOf(NaiadException.class)
                .hasMessageContaining("/bin/ls")
                .hasMessageContaining("bin/busybox");
    }

    @Test
    void laterEntriesReplaceEarlierOnes() {
        var tar = new TestTar().dir("d", 0700).file("d/x", "1").dir("d", 0755).file("d/x", "22");
        tar.file("was-file", "f").dir("was-file", 0755).file("was-file/in", "i");
        tar.dir("was-dir", 0755)
                .file("was-dir/in", "gone")
                .file("was-dir", "now a file")
                .file("was-dir2/in", "a")
                .symlink("was-dir2", "d");
        var image = build(tar.end());
        assertThat(image.paths())
                .containsExactly(
                        "/d/", "/d/x", "/was-dir", "/was-dir2", "/was-file/", "/was-file/in");
        assertThat(image.at("/d").mode()).isEqualTo(040755);
        assertThat(image.text("/d/x")).isEqualTo("22");
        assertThat(image.text("/was-dir")).isEqualTo("now a file");
    }

    @Test
    void namesAreBytes() {
        byte[] name = {'d', '/', (byte) 0xff, (byte) 0xfe, ' ', '\n', '"'};
        var image =
                build(
                        new TestTar()
                                .add(new TestTar.Header(name, '0'), latin("bytes"))
                                .file("!first", "!")
                                .end());
        assertThat(image.content(image.at(name))).isEqualTo(latin("bytes"));
        assertThat(BuiltImage.names(image.at("/d"))).containsExactly("\u00ff\u00fe \n\"");
        assertThat(image.text("/!first")).isEqualTo("!");
    }

    @Test
    void concatenatedArchivesAreReadThroughAndMissingPaddingIsAccepted() {
        byte[] first = new TestTar().file("one", "1").end();
        byte[] second = new TestTar().file("two", "2".repeat(600)).bytes();
        byte[] both = Arrays.copyOf(first, first.length + 512 + 600);
        System.arraycopy(second, 0, both, first.length, 512 + 600);
        var image = build(both);
        assertThat(image.text("/one")).isEqualTo("1");
        assertThat(image.text("/two")).isEqualTo("2".repeat(600));
    }

    @Test
    void truncatedAndDamagedArchivesAreRefusedWithTheirOffset() {
        byte[] tar = new TestTar().file("one", "1".repeat(2000)).file("two", "2").end();
        assertThatThrownBy(() -> build(Arrays.copyOf(tar, 512 + 1000)))
                .isInstanceOf(CorruptFormatException.class)
                .hasMessageContaining("test.tar");
        assertThatThrownBy(() -> build(Arrays.copyOf(tar, 512 + 2048 + 100)))
                .isInstanceOf(CorruptFormatException.class);
        byte[] damaged = tar.clone();
        damaged[3] ^= 1;
        assertThatThrownBy(() -> build(damaged))
                .isInstanceOf(CorruptFormatException.class)
                .hasMessageContaining("checksum");
        assertThatThrownBy(() -> build(new byte[0])).isInstanceOf(CorruptFormatException.class);
        assertThatThrownBy(
                        () ->
                                build(
                                        new TestTar()
                                                .add(new TestTar.Header("odd", 'Q'), new byte[0])
                                                .end()))
                .hasMessageContaining("odd")
                .hasMessageContaining("Q");
        assertThatThrownBy(() -> build(new TestTar().pax('x', "path=x").bytes()))
                .isInstanceOf(CorruptFormatException.class);
    }

    @Test
    void anArchiveOfZerosIsAnEmptyImage() {
        var image = build(new byte[1024]);
        assertThat(image.paths()).isEmpty();
        assertThat(image.image().blobs()).isEmpty();
        assertThat(image.layer().size()).isZero();
    }

    @Test
    void whatTheReferenceGetsWrongIsReadAsWritten() {
        var slash = new TestTar.Header("a-directory-by-its-slash/", '0');
        var far = new TestTar.Header("far", '0');
        far.gnu = true;
        far.base256 = true;
        far.mtime = 300_000_000_000L; // the year 11476
        var tar =
                new TestTar()
                        .add(slash, new byte[0])
                        .add(far, new byte[0])
                        .pax('x', "mtime=-62135596800", "SCHILY.xattr.user.empty=")
                        .file("year-one", "");
        tar.link('2', "link", "target");
        var image = build(tar.end());
        assertThat(image.at("/a-directory-by-its-slash").type()).isEqualTo(FileType.DIRECTORY);
        assertThat(image.at("/far").mtimeSeconds()).isEqualTo(300_000_000_000L);
        assertThat(image.at("/year-one").mtimeSeconds()).isEqualTo(-62135596800L);
        assertThat(image.at("/year-one").xattr(latin("user.empty"))).contains(new byte[0]);
    }

    @Test
    void namesThatNoFileSystemHoldsAreRefused() {
        assertThatThrownBy(() -> build(new TestTar().pax('x', "path=a\0b").file("x", "").end()))
                .isInstanceOf(NaiadException.class)
                .hasMessageContaining("test.tar")
                .hasMessageContaining("NUL");
        assertThatThrownBy(
                        () ->
                                build(
                                        new TestTar()
                                                .pax('x', "linkpath=a\0b")
                                                .symlink("x", "y")
                                                .end()))
                .isInstanceOf(NaiadException.class)
                .hasMessageContaining("NUL");
        assertThatThrownBy(
                        () ->
                                build(
                                        new TestTar()
                                                .pax('x', "path=" + "n".repeat(256))
                                                .file("x", "")
                                                .end()))
                .isInstanceOf(NaiadException.class)
                .hasMessageContaining("256 bytes");
        var through =
                new TestTar()
                        .pax('x', "linkpath=" + "n".repeat(300))
                        .symlink("link", "y")
                        .file("link/x", "");
        assertThatThrownBy(() -> build(through.end()))
                .isInstanceOf(NaiadException.class)
                .hasMessageContaining("300 bytes");
        var image =
                build(
                        new TestTar()
                                .pax('x', "SCHILY.xattr.user.a\0b=1", "SCHILY.xattr.user.c=2")
                                .file("x", "")
                                .end());
        assertThat(image.at("/x").xattrs()).hasSize(1);
    }

    @Test
    void aSymlinkHasTheModeThatLinuxGivesIt() {
        var link = new TestTar.Header("link", '2');
        link.mode = 0600;
        link.link = latin("target");
        var image = build(new TestTar().add(link, new byte[0]).end());
        assertThat(image.at("/link").mode()).isEqualTo(0120777);
    }

    @Test
    void hardLinksAreFoundThroughSymlinks() {
        var tar = new TestTar().file("usr/lib/a", "1").symlink("lib", "usr/lib");
        var image = build(tar.hardlink("b", "lib/a").end());
        assertThat(image.at("/b").number()).isEqualTo(image.at("/usr/lib/a").number());
    }

    @Test
    void gzipOfSeveralMembersIsRead() throws IOException {
        byte[] tar = new TestTar().file("one", "1".repeat(5000)).file("two", "2").end();
        var out = new ByteArrayOutputStream();
        for (int from = 0; from < tar.length; from += 3000) {
            var gzip = new GZIPOutputStream(out);
            gzip.write(tar, from, Math.min(3000, tar.length - from));
            gzip.finish();
        }
        var image = build(out.toByteArray());
        assertThat(image.text("/one")).isEqualTo("1".repeat(5000));
        assertThat(image.text("/two")).isEqualTo("2");
    }

    @Test
    void attributesThatRafsCannotHoldAreLeftOut() {
        var tar =
                new TestTar()
                        .pax('x', "SCHILY.xattr.com.apple.quarantine=x", "SCHILY.xattr.user.kept=y")
                        .file("f", "1");
        var image = build(tar.end());
        assertThat(image.at("/f").xattrs())
                .extracting(x -> new String(x.name(), StandardCharsets.UTF_8))
                .containsExactly("user.kept");
    }

    @Test
    void estargzLandmarksAreLeftOut() {
        var image =
                build(
                        new TestTar()
                                .file(".prefetch.landmark", "x")
                                .file("stargz.index.json", "{}")
                                .file("a", "1")
                                .end());
        assertThat(image.paths()).containsExactly("/a");
    }

    @Test
    void archivesOfTheOriginalsTestsAreReadAsTheirReadmeSays() {
        var image = build(Golden.bytes("nydus", "tar", "all-entry-type.tar"));
        var summary = ImageCheck.check(image.image());
        assertThat(summary.entries()).isEqualTo(10);
        assertThat(summary.directories()).isEqualTo(5);
        assertThat(summary.files()).isEqualTo(4);
        assertThat(summary.symlinks()).isEqualTo(1);
        assertThat(image.image().blobs().getFirst().chunkCount()).isEqualTo(1);
        assertThat(
                        ImageCheck.check(
                                        build(
                                                        Golden.bytes(
                                                                "nydus",
                                                                "tar",
                                                                "all-entry-type-macos.tar"))
                                                .image())
                                .entries())
                .isGreaterThan(10);
        assertThat(
                        ImageCheck.check(
                                        build(
                                                        Golden.bytes(
                                                                "nydus",
                                                                "zran",
                                                                "zran-single-stream.tar.gz"))
                                                .image())
                                .files())
                .isEqualTo(3);
        assertThat(
                        ImageCheck.check(
                                        build(
                                                        Golden.bytes(
                                                                "nydus",
                                                                "zran",
                                                                "zran-two-streams.tar.gz"))
                                                .image())
                                .files())
                .isGreaterThanOrEqualTo(3);
        var zero = build(Golden.bytes("nydus", "zran", "zran-zero-file.tar.gz"));
        assertThat(zero.content("/zero.bin")).isEqualTo(new byte[256 << 10]);
    }
}
