package dev.naiad.nydusd.conformance;

import static java.time.temporal.ChronoUnit.NANOS;
import static org.assertj.core.api.Assertions.assertThat;

import dev.naiad.base.config.ConfigNode;
import dev.naiad.base.config.JsonReader;
import dev.naiad.linux.Fd;
import dev.naiad.linux.Open;
import dev.naiad.linux.RawFiles;
import dev.naiad.linux.RawPath;
import dev.naiad.linux.Stat;
import dev.naiad.linux.Xattrs;
import dev.naiad.testkit.Golden;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Instant;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Images that the original builder made in every form, mounted; every name, attribute, extended
 * attribute and content is compared with what the original's daemon showed.
 */
@Tag("root")
@Timeout(value = 300, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class GoldenTreesRootTest {
    /** The tables hold the first 16 digits of the digest of an extended attribute. */
    private static final int XATTR_DIGITS = 16;

    @RegisterExtension final MountDirectory place = new MountDirectory();

    /** The files of one file by number, to name its first one. */
    private final Map<Long, String> firstNames = new HashMap<>();

    static List<String> images() throws IOException {
        var directory = Golden.directory().map(golden -> golden.resolve("built"));
        if (directory.filter(Files::isDirectory).isEmpty()) {
            return List.of("absent"); // skips aloud
        }
        try (Stream<Path> found = Files.list(directory.orElseThrow())) {
            return found.filter(Files::isDirectory)
                    .map(image -> image.getFileName().toString())
                    .sorted()
                    .toList();
        }
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("images")
    void readsAsTheOriginalReadIt(String name) throws Exception {
        Path image = Golden.path("built", name);
        ConfigNode expected = JsonReader.read(image.resolve("expected.json"));
        var bootstrap = image.resolve(expected.get("bootstrap").text());
        var served = new TestImage(bootstrap, image.resolve("blobs"), "");
        try (var _ = place.serve(served, false)) {
            var found = new TreeMap<String, String>();
            add(RawPath.of(place.mountpoint()), "", found);
            assertThat(found).isEqualTo(wanted(expected.get("tree")));
        }
    }

    /** The table in the form of {@link #describe}. */
    private static SortedMap<String, String> wanted(ConfigNode tree) {
        var wanted = new TreeMap<String, String>();
        tree.entries()
                .forEach(
                        (path, entry) -> {
                            var fields = new TreeMap<String, String>();
                            entry.entries()
                                    .forEach(
                                            (key, value) ->
                                                    fields.put(
                                                            key,
                                                            value.isObject()
                                                                    ? texts(value).toString()
                                                                    : value.text()));
                            wanted.put(path, fields.toString());
                        });
        return wanted;
    }

    private static SortedMap<String, String> texts(ConfigNode object) {
        var texts = new TreeMap<String, String>();
        object.entries().forEach((key, value) -> texts.put(key, value.text()));
        return texts;
    }

    private void add(RawPath path, String name, SortedMap<String, String> found) {
        Stat stat = RawFiles.lstat(path);
        String key = name.isEmpty() ? "/" : name;
        found.put(key, describe(path, key, stat).toString());
        if (stat.isDirectory()) {
            // In order of the names' bytes, so that the first name of a file is the table's.
            RawFiles.list(path).stream()
                    .map(RawFiles.DirEntry::name)
                    .filter(
                            child ->
                                    !child.toString().equals(".") && !child.toString().equals(".."))
                    .sorted()
                    .forEach(
                            child ->
                                    add(
                                            path.resolve(child.bytes()),
                                            name + "/" + quoted(child.bytes()),
                                            found));
        }
    }

    private SortedMap<String, String> describe(RawPath path, String key, Stat stat) {
        var fields = new TreeMap<String, String>();
        fields.put("type", type(stat));
        fields.put("mode", Integer.toOctalString(stat.permissions()));
        fields.put("uid", Long.toString(stat.uid()));
        fields.put("gid", Long.toString(stat.gid()));
        fields.put("nlink", Long.toString(stat.links()));
        fields.put("mtime", Long.toString(NANOS.between(Instant.EPOCH, stat.mtime())));
        switch (stat.type()) {
            case Stat.S_IFREG -> {
                fields.put("size", Long.toString(stat.size()));
                fields.put("sha256", contentDigest(path));
                if (stat.links() > 1) {
                    firstNames.putIfAbsent(stat.inode(), key);
                    fields.put("same", firstNames.get(stat.inode()));
                }
            }
            case Stat.S_IFLNK -> {
                fields.put("size", Long.toString(stat.size()));
                fields.put("target", quoted(RawFiles.readlink(path)));
            }
            case Stat.S_IFCHR, Stat.S_IFBLK ->
                    fields.put(
                            "rdev", Stat.major(stat.rdevice()) + ":" + Stat.minor(stat.rdevice()));
            default -> {}
        }
        var xattrs = new TreeMap<String, String>();
        for (String xattr : Xattrs.list(path)) {
            byte[] value = Xattrs.get(path, xattr).orElseThrow();
            xattrs.put(
                    xattr,
                    HexFormat.of().formatHex(sha256().digest(value)).substring(0, XATTR_DIGITS));
        }
        if (!xattrs.isEmpty()) {
            fields.put("xattrs", xattrs.toString());
        }
        return fields;
    }

    private static String type(Stat stat) {
        return switch (stat.type()) {
            case Stat.S_IFREG -> "file";
            case Stat.S_IFDIR -> "dir";
            case Stat.S_IFLNK -> "link";
            case Stat.S_IFCHR -> "char";
            case Stat.S_IFBLK -> "block";
            case Stat.S_IFIFO -> "fifo";
            default -> "socket";
        };
    }

    private static String contentDigest(RawPath path) {
        MessageDigest digest = sha256();
        try (Fd file = Fd.open(path, Open.O_RDONLY, 0);
                Arena arena = Arena.ofConfined()) {
            var buffer = arena.allocate(128 << 10);
            for (long n = file.read(buffer); n > 0; n = file.read(buffer)) {
                digest.update(buffer.asSlice(0, n).asByteBuffer());
            }
        }
        return HexFormat.of().formatHex(digest.digest());
    }

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Bytes that are not printable ASCII, quotes, per cent and backslash as {@code %XX}. */
    private static String quoted(byte[] bytes) {
        var text = new StringBuilder();
        for (byte b : bytes) {
            int c = b & 0xff;
            if (c < ' ' || c >= 0x7f || c == '%' || c == '"' || c == '\\') {
                text.append('%').append(HexFormat.of().withUpperCase().toHexDigits(b));
            } else {
                text.append((char) c);
            }
        }
        return text.toString();
    }
}
