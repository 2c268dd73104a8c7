package dev.naiad.testkit;

import static dev.naiad.testkit.NastyTars.latin;
import static dev.naiad.testkit.NastyTars.noise;

import dev.naiad.testkit.NastyTars.Image;
import java.util.Arrays;
import java.util.List;

/** The dialects of tar, one image each. */
final class NastyDialects {
    private static final int SPARSE_SIZE = 3_000_000;

    /** 5 bytes at 0, 100 000 at 1 048 570 (over a chunk's edge), the last byte. */
    private static final long[] STRETCHES = {0, 5, 1_048_570, 100_000, SPARSE_SIZE - 1, 1};

    private NastyDialects() {}

    static List<Image> images() {
        return List.of(
                version7(),
                ustar(),
                paxLocal(),
                paxGlobal(),
                gnuLong(),
                gnuNumbers(),
                oldSparse(),
                paxSparse(),
                star(),
                oddTypes(),
                sloppyNumbers());
    }

    private static TestTar.Header version7(String name, char type) {
        var header = new TestTar.Header(name, type);
        header.v7 = true;
        header.uid = 12;
        header.gid = 34;
        return header;
    }

    private static Image version7() {
        var link = version7("v7/link", '2');
        link.link = latin("file");
        var hard = version7("v7/hard", '1');
        hard.link = latin("v7/file");
        return Image.of(
                "v7",
                new TestTar()
                        .add(version7("v7/", '\0'), new byte[0])
                        .add(version7("v7/file", '\0'), latin("v7"))
                        .add(link, new byte[0])
                        .add(hard, new byte[0])
                        .add(version7("v7/empty-dir/", '\0'), new byte[0]));
    }

    private static Image ustar() {
        var split = new TestTar.Header("n".repeat(100), '0');
        split.prefix = latin("p".repeat(50) + "/" + "q".repeat(100));
        var full = new TestTar.Header("exactly-100/" + "x".repeat(88), '0');
        var longLink = new TestTar.Header("link", '2');
        longLink.link = latin("y".repeat(100));
        return Image.of(
                        "ustar",
                        new TestTar()
                                .dir("p".repeat(50), 0750)
                                .add(split, latin("a prefix"))
                                .add(full, latin("no NUL behind the name"))
                                .add(longLink, new byte[0]))
                .undated("p".repeat(50), "p".repeat(50) + "/" + "q".repeat(100), "exactly-100");
    }

    private static Image paxLocal() {
        String name = "directory/".repeat(40) + "file";
        return Image.of(
                        "pax headers",
                        new TestTar()
                                .dir("directory", 0755)
                                .pax(
                                        'x',
                                        "path=directory/long-" + "n".repeat(200),
                                        "uid=3000000000",
                                        "gid=70000",
                                        "mtime=1700000000.123456789")
                                .file("short", "long name, large owner")
                                .pax('x', "mtime=1.5", "linkpath=" + "t/".repeat(500) + "t")
                                .symlink("link", "cut")
                                .pax('x', "size=700")
                                .header(new TestTar.Header("sized", '0'))
                                .data(latin("s".repeat(700)))
                                .pax('x', "path=" + name)
                                .file("deep", "deep")
                                .pax('x', "linkpath=directory/long-" + "n".repeat(200))
                                .hardlink("hard", "cut")
                                .pax(
                                        'x',
                                        "comment=of nobody",
                                        "VENDOR.key=value",
                                        "hdrcharset=BINARY")
                                .file("commented", "c"))
                .undated(deepPaths("directory", 39));
    }

    private static String[] deepPaths(String part, int count) {
        String[] paths = new String[count + 1];
        paths[count] = part;
        for (int i = 0; i < count; i++) {
            paths[i] = (part + "/").repeat(i + 1) + part;
        }
        return paths;
    }

    private static Image paxGlobal() {
        // umoci: "unknown typeflag 'g'".
        return Image.of(
                        "a global pax header",
                        new TestTar()
                                .pax('g', "comment=8f3f2c3a4e")
                                .dir("g", 0755)
                                .file("g/file", "by git archive"))
                .asReference(new TestTar().dir("g", 0755).file("g/file", "by git archive"));
    }

    private static Image gnuLong() {
        String name = "gnu/" + "long-name-".repeat(20);
        String target = "target/".repeat(40) + "end";
        var both = new TestTar.Header("cut", '2');
        both.gnu = true;
        return Image.of(
                "GNU long names and links",
                new TestTar()
                        .dir("gnu", 0755)
                        .add(new TestTar.Header("././@LongLink", 'L'), latin(name + "\0"))
                        .file(name.substring(0, 100), "long")
                        .add(new TestTar.Header("././@LongLink", 'K'), latin(target + "\0"))
                        .add(new TestTar.Header("././@LongLink", 'L'), latin(name + "link\0"))
                        .add(both, new byte[0])
                        .add(new TestTar.Header("././@LongLink", 'K'), latin(name + "\0"))
                        .hardlink("gnu/hard", name.substring(0, 100)));
    }

    private static Image gnuNumbers() {
        var big = new TestTar.Header("big", '0');
        big.gnu = true;
        big.base256 = true;
        big.uid = 4_000_000_000L;
        big.gid = 2_097_152;
        big.mtime = 9_200_000_000L; // 2261: umoci counts nanoseconds in 64 bits
        var old = new TestTar.Header("old", '0');
        old.gnu = true;
        old.base256 = true;
        old.mtime = -86_400;
        var zero = new TestTar.Header("zero", '5');
        zero.mtime = 0;
        zero.uid = 2_097_151;
        return Image.of(
                "numbers beyond octal",
                new TestTar()
                        .add(big, latin("b"))
                        .add(old, latin("o"))
                        .add(zero, new byte[0])
                        .pax('x', "mtime=-1.25")
                        .file("before-1970", "b")
                        .pax('x', "mtime=8589934592.5", "uid=2097152")
                        .file("beyond-33-bits", "b"));
    }

    private static byte[] sparseData() {
        return noise(3, 100_006);
    }

    private static byte[] expanded() {
        byte[] whole = new byte[SPARSE_SIZE];
        int from = 0;
        for (int i = 0; i < STRETCHES.length; i += 2) {
            int length = (int) STRETCHES[i + 1];
            System.arraycopy(sparseData(), from, whole, (int) STRETCHES[i], length);
            from += length;
        }
        return whole;
    }

    private static Image oldSparse() {
        var header = new TestTar.Header("old-sparse", 'S');
        header.gnu = true;
        header.raw = new byte[512];
        for (int i = 0; i < STRETCHES.length; i++) {
            TestTar.number(header.raw, 386 + 12 * i, 12, STRETCHES[i], false);
        }
        TestTar.number(header.raw, 483, 12, SPARSE_SIZE, false);
        var many = new TestTar.Header("many-stretches", 'S');
        many.gnu = true;
        many.raw = new byte[512];
        int stretches = 40;
        byte[] extensions = new byte[1024];
        for (int i = 0; i < stretches; i++) {
            byte[] block = i < 4 ? many.raw : extensions;
            int at = i < 4 ? 386 + 24 * i : i < 25 ? 24 * (i - 4) : 512 + 24 * (i - 25);
            TestTar.number(block, at, 12, i * 100_000L, false);
            TestTar.number(block, at + 12, 12, 10, false);
        }
        many.raw[482] = 1;
        extensions[504] = 1;
        TestTar.number(many.raw, 483, 12, 100_000L * stretches, false);
        many.size = 10L * stretches;
        byte[] data = noise(4, 10 * stretches);
        byte[] whole = new byte[100_000 * stretches];
        for (int i = 0; i < stretches; i++) {
            System.arraycopy(data, 10 * i, whole, 100_000 * i, 10);
        }
        // umoci: "unknown typeflag 'S'".
        return Image.of(
                        "old GNU sparse files",
                        new TestTar()
                                .add(header, sparseData())
                                .header(many)
                                .raw(extensions)
                                .data(data)
                                .file("after", "after"))
                .asReference(
                        new TestTar()
                                .file("old-sparse", expanded())
                                .file("many-stretches", whole)
                                .file("after", "after"));
    }

    private static Image paxSparse() {
        String[] map = Arrays.stream(STRETCHES).mapToObj(Long::toString).toArray(String[]::new);
        byte[] lines = Arrays.copyOf(latin("3\n" + String.join("\n", map) + "\n"), 512);
        byte[] mapAndData = Arrays.copyOf(lines, 512 + sparseData().length);
        System.arraycopy(sparseData(), 0, mapAndData, 512, sparseData().length);
        return Image.of(
                "pax sparse files",
                new TestTar()
                        .pax(
                                'x',
                                "GNU.sparse.size=" + SPARSE_SIZE,
                                "GNU.sparse.numblocks=3",
                                "GNU.sparse.offset=" + map[0],
                                "GNU.sparse.numbytes=" + map[1],
                                "GNU.sparse.offset=" + map[2],
                                "GNU.sparse.numbytes=" + map[3],
                                "GNU.sparse.offset=" + map[4],
                                "GNU.sparse.numbytes=" + map[5])
                        .file("sparse-0.0", sparseData())
                        .pax(
                                'x',
                                "GNU.sparse.name=sparse-0.1",
                                "GNU.sparse.size=" + SPARSE_SIZE,
                                "GNU.sparse.numblocks=3",
                                "GNU.sparse.map=" + String.join(",", map))
                        .file("GNUSparseFile.1/sparse-0.1", sparseData())
                        .pax(
                                'x',
                                "GNU.sparse.major=1",
                                "GNU.sparse.minor=0",
                                "GNU.sparse.name=sparse-1.0",
                                "GNU.sparse.realsize=" + SPARSE_SIZE)
                        .file("GNUSparseFile.1/sparse-1.0", mapAndData)
                        .pax(
                                'x',
                                "GNU.sparse.major=1",
                                "GNU.sparse.minor=0",
                                "GNU.sparse.name=all-hole",
                                "GNU.sparse.realsize=5000000")
                        .file("GNUSparseFile.1/all-hole", Arrays.copyOf(latin("0\n"), 512))
                        .file("after", "after"));
    }

    private static Image star() {
        return Image.of(
                "star's and libarchive's attributes",
                new TestTar()
                        .pax(
                                'x',
                                "SCHILY.xattr.user.binary=\0\u00ff=\n",
                                "SCHILY.xattr.trusted.t=t",
                                "SCHILY.dev=1",
                                "SCHILY.ino=2",
                                "SCHILY.nlink=1")
                        .file("both", "b")
                        .pax('x', "LIBARCHIVE.xattr.user.encoded=eA==", "LIBARCHIVE.creationtime=1")
                        .file("libarchive", "l")
                        .pax('x', "SCHILY.xattr.user.large=" + "v".repeat(3000))
                        .dir("dir", 0755)
                        .pax('x', "SCHILY.xattr.trusted.on-a-link=1")
                        .symlink("link", "dir"));
    }

    private static TestTar odd(boolean asWritten) {
        var tar = new TestTar();
        if (asWritten) {
            tar.add(new TestTar.Header("a volume", 'V'), new byte[0]);
        }
        // A link with the content of its target, as `pax -o` writes: the size is there, the bytes
        // are not.
        var link = new TestTar.Header("hard", '1');
        link.link = latin("contiguous");
        link.size = 10;
        return tar.add(new TestTar.Header("contiguous", asWritten ? '7' : '0'), latin("contiguous"))
                .header(link);
    }

    private static Image oddTypes() {
        // umoci knows neither contiguous files nor the names of volumes.
        return Image.of("contiguous files, volume labels", odd(true)).asReference(odd(false));
    }

    private static Image sloppyNumbers() {
        var header = new TestTar.Header("spaces", '0');
        byte[] block = header.toBytes();
        System.arraycopy(latin("   644 \0"), 0, block, 100, 8);
        System.arraycopy(latin("     7 \0"), 0, block, 108, 8);
        System.arraycopy(latin("   0\0\0\0\0"), 0, block, 116, 8);
        System.arraycopy(latin("          3 "), 0, block, 124, 12);
        Arrays.fill(block, 148, 156, (byte) ' ');
        int sum = 0;
        for (byte b : block) {
            sum += b & 0xff;
        }
        System.arraycopy(latin(String.format(" %5o\0 ", sum)), 0, block, 148, 8);
        return Image.of(
                "numbers with blanks",
                new TestTar().raw(block).data(latin("abc")).file("after", "after"));
    }
}
