package dev.naiad.testkit;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** Writes tar archives of every kind, valid and invalid, byte by byte. */
public final class TestTar {
    private final ByteArrayOutputStream out = new ByteArrayOutputStream();

    /** The fields of a header; numbers are written as octal text. */
    public static final class Header {
        public byte[] name;
        public char type;
        public int mode = 0644;
        public long uid;
        public long gid;
        public long size;
        public long mtime = 1_600_000_000;
        public byte[] link = new byte[0];
        public long major;
        public long minor;
        public boolean gnu;
        public boolean v7; // before POSIX: no magic
        public boolean base256;
        public byte @Nullable [] prefix;
        public byte @Nullable [] raw;

        public Header(byte[] name, char type) {
            this.name = name;
            this.type = type;
        }

        public Header(String name, char type) {
            this(name.getBytes(StandardCharsets.UTF_8), type);
        }

        /** The block with its checksum. */
        public byte[] toBytes() {
            byte[] b = raw != null ? raw.clone() : new byte[512];
            System.arraycopy(name, 0, b, 0, Math.min(100, name.length));
            number(b, 100, 8, mode, false);
            number(b, 108, 8, uid, base256);
            number(b, 116, 8, gid, base256);
            number(b, 124, 12, size, base256);
            number(b, 136, 12, mtime, base256 || mtime < 0);
            b[156] = (byte) type;
            System.arraycopy(link, 0, b, 157, Math.min(100, link.length));
            byte[] magic =
                    (gnu ? "ustar  \0" : "ustar\00000").getBytes(StandardCharsets.ISO_8859_1);
            if (!v7) {
                System.arraycopy(magic, 0, b, 257, 8);
                number(b, 329, 8, major, false);
                number(b, 337, 8, minor, false);
            }
            if (prefix != null) {
                System.arraycopy(prefix, 0, b, 345, prefix.length);
            }
            Arrays.fill(b, 148, 156, (byte) ' ');
            int sum = 0;
            for (byte value : b) {
                sum += value & 0xff;
            }
            byte[] text = String.format("%06o\0 ", sum).getBytes(StandardCharsets.US_ASCII);
            System.arraycopy(text, 0, b, 148, 8);
            return b;
        }
    }

    /** Writes a number field as octal text or in base 256. */
    public static void number(byte[] target, int at, int length, long value, boolean base256) {
        if (base256) {
            for (int i = 0; i < length; i++) {
                int shift = 8 * (length - 1 - i);
                target[at + i] = (byte) (shift > 56 ? value >> 63 : value >> shift);
            }
            target[at] |= (byte) 0x80;
            return;
        }
        byte[] text =
                String.format("%0" + (length - 1) + "o", value).getBytes(StandardCharsets.US_ASCII);
        System.arraycopy(text, 0, target, at, length - 1);
    }

    public TestTar add(Header header, byte[] content) {
        header.size = content.length;
        out.writeBytes(header.toBytes());
        return data(content);
    }

    /** Writes a header whose size field is left as it is. */
    public TestTar header(Header header) {
        out.writeBytes(header.toBytes());
        return this;
    }

    public TestTar data(byte[] content) {
        out.writeBytes(content);
        out.writeBytes(new byte[(512 - content.length % 512) % 512]);
        return this;
    }

    public TestTar file(String name, byte[] content) {
        return add(new Header(name, '0'), content);
    }

    public TestTar file(String name, String content) {
        return file(name, content.getBytes(StandardCharsets.UTF_8));
    }

    public TestTar dir(String name, int mode) {
        var header = new Header(name, '5');
        header.mode = mode;
        return add(header, new byte[0]);
    }

    public TestTar link(char type, String name, String target) {
        var header = new Header(name, type);
        header.link = target.getBytes(StandardCharsets.UTF_8);
        header.mode = 0777;
        return add(header, new byte[0]);
    }

    public TestTar symlink(String name, String target) {
        return link('2', name, target);
    }

    public TestTar hardlink(String name, String target) {
        return link('1', name, target);
    }

    public TestTar device(char type, String name, long major, long minor) {
        var header = new Header(name, type);
        header.major = major;
        header.minor = minor;
        return add(header, new byte[0]);
    }

    /** A PAX header; each record is {@code key=value}, values as ISO 8859-1 bytes. */
    public TestTar pax(char type, String... records) {
        var body = new ByteArrayOutputStream();
        for (String record : records) {
            byte[] text = record.getBytes(StandardCharsets.ISO_8859_1);
            int length = text.length + 3;
            while (Integer.toString(length).length() + 1 + text.length + 1 != length) {
                length = Integer.toString(length).length() + 1 + text.length + 1;
            }
            body.writeBytes((length + " ").getBytes(StandardCharsets.US_ASCII));
            body.writeBytes(text);
            body.write('\n');
        }
        return add(new Header("PaxHeaders/x", type), body.toByteArray());
    }

    public TestTar raw(byte[] bytes) {
        out.writeBytes(bytes);
        return this;
    }

    /** With the two blocks of zeros that end an archive. */
    public byte[] end() {
        out.writeBytes(new byte[1024]);
        return out.toByteArray();
    }

    /** As it is, for truncated archives. */
    public byte[] bytes() {
        return out.toByteArray();
    }
}
