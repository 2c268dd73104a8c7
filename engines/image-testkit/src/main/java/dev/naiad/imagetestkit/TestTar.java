package dev.naiad.imagetestkit;

import dev.naiad.codec.stream.LayerStreams;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.zip.GZIPOutputStream;

/** Writes small tar archives. */
public final class TestTar {
    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private int mode = -1;
    private int uid;
    private int gid;
    private long mtime;

    /** Attributes of the entries from here on. */
    public TestTar as(int newMode, int newUid, int newGid, long newMtime) {
        mode = newMode;
        uid = newUid;
        gid = newGid;
        mtime = newMtime;
        return this;
    }

    public TestTar directory(String name) {
        return entry(name + "/", '5', 0755, "", new byte[0]);
    }

    public TestTar file(String name, byte[] content) {
        return entry(name, '0', 0644, "", content);
    }

    public TestTar file(String name, String content) {
        return file(name, content.getBytes(StandardCharsets.UTF_8));
    }

    public TestTar symlink(String name, String target) {
        return entry(name, '2', 0777, target, new byte[0]);
    }

    public TestTar hardLink(String name, String target) {
        return entry(name, '1', 0644, target, new byte[0]);
    }

    public TestTar device(String name, char type, int major, int minor) {
        return entry(name, type, 0600, "", new byte[0], major, minor);
    }

    /** A PAX record for the next entry. */
    public TestTar pax(String key, byte[] value) {
        return entry("pax", 'x', 0644, "", record(key, value));
    }

    /** PAX records for the next entry, each {@code key=value}. */
    public TestTar pax(String... records) {
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

    private TestTar entry(String name, char type, int usualMode, String link, byte[] content) {
        return entry(name, type, usualMode, link, content, 0, 0);
    }

    private TestTar entry(
            String name,
            char type,
            int usualMode,
            String link,
            byte[] content,
            int major,
            int minor) {
        byte[] block = new byte[512];
        put(block, 0, name);
        put(block, 100, String.format("%07o", mode < 0 ? usualMode : mode));
        put(block, 108, String.format("%07o", uid));
        put(block, 116, String.format("%07o", gid));
        put(block, 124, String.format("%011o", content.length));
        put(block, 136, String.format("%011o", mtime));
        block[156] = (byte) type;
        put(block, 157, link);
        put(block, 257, "ustar");
        put(block, 263, "00");
        put(block, 329, String.format("%07o", major));
        put(block, 337, String.format("%07o", minor));
        checksum(block);
        out.writeBytes(block);
        out.writeBytes(content);
        out.writeBytes(new byte[(512 - content.length % 512) % 512]);
        return this;
    }

    private static void checksum(byte[] block) {
        Arrays.fill(block, 148, 156, (byte) ' ');
        int sum = 0;
        for (byte b : block) {
            sum += b & 0xff;
        }
        put(block, 148, String.format("%06o", sum));
        block[154] = 0;
    }

    private static void put(byte[] block, int offset, String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        System.arraycopy(bytes, 0, block, offset, bytes.length);
    }

    public byte[] bytes() {
        var whole = new ByteArrayOutputStream();
        whole.writeBytes(out.toByteArray());
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
