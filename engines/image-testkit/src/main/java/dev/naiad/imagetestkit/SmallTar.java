package dev.naiad.imagetestkit;

import dev.naiad.codec.stream.LayerStreams;
import dev.naiad.testkit.TestTar;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.zip.GZIPOutputStream;

/** Writes small tar archives of valid entries; {@link TestTar} writes any. */
public final class SmallTar {
    private final TestTar tar = new TestTar();
    private int mode = -1;
    private int uid;
    private int gid;
    private long mtime;

    /** Attributes of the entries from here on. */
    public SmallTar as(int newMode, int newUid, int newGid, long newMtime) {
        mode = newMode;
        uid = newUid;
        gid = newGid;
        mtime = newMtime;
        return this;
    }

    public SmallTar directory(String name) {
        return entry(name + "/", '5', 0755, "", new byte[0]);
    }

    public SmallTar file(String name, byte[] content) {
        return entry(name, '0', 0644, "", content);
    }

    public SmallTar file(String name, String content) {
        return file(name, content.getBytes(StandardCharsets.UTF_8));
    }

    public SmallTar symlink(String name, String target) {
        return entry(name, '2', 0777, target, new byte[0]);
    }

    public SmallTar hardLink(String name, String target) {
        return entry(name, '1', 0644, target, new byte[0]);
    }

    public SmallTar device(String name, char type, int major, int minor) {
        return entry(name, type, 0600, "", new byte[0], major, minor);
    }

    /** A PAX record for the next entry. */
    public SmallTar pax(String key, byte[] value) {
        return entry("pax", 'x', 0644, "", record(key, value));
    }

    /** PAX records for the next entry, each {@code key=value}. */
    public SmallTar pax(String... records) {
        var all = new ByteArrayOutputStream();
        for (String each : records) {
            int equals = each.indexOf('=');
            byte[] value = each.substring(equals + 1).getBytes(StandardCharsets.UTF_8);
            all.writeBytes(record(each.substring(0, equals), value));
        }
        return entry("pax", 'x', 0644, "", all.toByteArray());
    }

    private static byte[] record(String key, byte[] value) {
        byte[] rest = (" " + key + "=").getBytes(StandardCharsets.UTF_8);
        int content = rest.length + value.length + 1;
        int length = content + 1;
        while (length != content + Integer.toString(length).length()) {
            length++;
        }
        var record = new ByteArrayOutputStream();
        record.writeBytes(Integer.toString(length).getBytes(StandardCharsets.UTF_8));
        record.writeBytes(rest);
        record.writeBytes(value);
        record.write('\n');
        return record.toByteArray();
    }

    private SmallTar entry(String name, char type, int usualMode, String link, byte[] content) {
        return entry(name, type, usualMode, link, content, 0, 0);
    }

    private SmallTar entry(
            String name,
            char type,
            int usualMode,
            String link,
            byte[] content,
            int major,
            int minor) {
        var header = new TestTar.Header(name, type);
        header.mode = mode < 0 ? usualMode : mode;
        header.uid = uid;
        header.gid = gid;
        header.mtime = mtime;
        header.link = link.getBytes(StandardCharsets.UTF_8);
        header.major = major;
        header.minor = minor;
        tar.add(header, content);
        return this;
    }

    /** The archive so far, with its end; more may be added. */
    public byte[] bytes() {
        var whole = new ByteArrayOutputStream();
        whole.writeBytes(tar.bytes());
        whole.writeBytes(new byte[1024]);
        return whole.toByteArray();
    }

    public static byte[] zstd(byte[] plain) {
        var packed = new ByteArrayOutputStream();
        try (var zstd = LayerStreams.compressing(packed, LayerStreams.Kind.ZSTD, -1)) {
            zstd.write(plain);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return packed.toByteArray();
    }

    public static byte[] gzip(byte[] plain) {
        var packed = new ByteArrayOutputStream();
        try (var gzip = new GZIPOutputStream(packed)) {
            gzip.write(plain);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return packed.toByteArray();
    }
}
