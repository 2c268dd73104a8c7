package dev.naiad.builder.tar;

import dev.naiad.base.error.ErrorKind;
import dev.naiad.base.error.NaiadException;
import dev.naiad.rafs.FileType;
import dev.naiad.rafs.Inode;
import dev.naiad.rafs.Xattr;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Writes the entries of an image as a tar archive: ustar headers, PAX records for what they cannot
 * hold. User and group names are left out.
 */
public final class TarWriter {
    private static final long MAX_OCTAL_ID = 07777777;
    private static final long MAX_OCTAL_SIZE = 077777777777L;

    private final OutputStream out;
    private final String name;

    /**
     * Writes to a stream.
     *
     * @param name of the archive, for errors; the stream stays the caller's to close
     */
    public TarWriter(OutputStream out, String name) {
        this.out = out;
        this.name = name;
    }

    /**
     * A header for everything but a hard link; the content of a regular file follows through {@link
     * #data}.
     */
    public void entry(byte[] path, Inode inode) {
        char type =
                switch (inode.type()) {
                    case REGULAR -> '0';
                    case SYMLINK -> '2';
                    case CHARACTER -> '3';
                    case BLOCK -> '4';
                    case DIRECTORY -> '5';
                    case FIFO -> '6';
                    case SOCKET -> throw new IllegalArgumentException("tar knows no sockets");
                };
        byte[] stored = path;
        if (inode.type() == FileType.DIRECTORY) {
            stored = Arrays.copyOf(path, path.length + 1);
            stored[path.length] = '/';
        }
        write(
                stored,
                type,
                inode,
                inode.symlinkTarget(),
                inode.type() == FileType.REGULAR ? inode.size() : 0);
    }

    public void hardLink(byte[] path, Inode inode, byte[] target) {
        write(path, '1', inode, target, 0);
    }

    /** The header of a file of another archive; its content follows through {@link #data}. */
    public void file(TarEntry entry) {
        write(
                entry.path(),
                '0',
                new Attributes(
                        entry.mode(),
                        entry.uid(),
                        entry.gid(),
                        entry.mtimeSeconds(),
                        entry.mtimeNanos(),
                        0,
                        entry.xattrs()),
                new byte[0],
                entry.size());
    }

    /** What a header says about an entry besides its name and size. */
    private record Attributes(
            int mode,
            long uid,
            long gid,
            long mtimeSeconds,
            int mtimeNanos,
            long rdev,
            List<Xattr> xattrs) {
        Attributes(Inode inode, boolean withXattrs, boolean device) {
            this(
                    inode.mode(),
                    inode.uid(),
                    inode.gid(),
                    inode.mtimeSeconds(),
                    inode.mtimeNanos(),
                    device ? inode.rdev() : 0,
                    withXattrs ? inode.xattrs() : List.of());
        }
    }

    private void write(byte[] path, char type, Inode inode, byte[] link, long size) {
        boolean device = type == '3' || type == '4';
        write(path, type, new Attributes(inode, type != '1', device), link, size);
    }

    private void write(byte[] path, char type, Attributes inode, byte[] link, long size) {
        var pax = new TreeMap<String, byte[]>();
        if (path.length > 100) {
            pax.put("path", path);
        }
        if (link.length > 100) {
            pax.put("linkpath", link);
        }
        if (inode.uid() > MAX_OCTAL_ID) {
            pax.put("uid", text(inode.uid()));
        }
        if (inode.gid() > MAX_OCTAL_ID) {
            pax.put("gid", text(inode.gid()));
        }
        if (size > MAX_OCTAL_SIZE) {
            pax.put("size", text(size));
        }
        if (inode.mtimeNanos() != 0
                || inode.mtimeSeconds() < 0
                || inode.mtimeSeconds() > MAX_OCTAL_SIZE) {
            pax.put("mtime", mtime(inode).getBytes(StandardCharsets.US_ASCII));
        }
        for (var xattr : inode.xattrs()) {
            pax.put(
                    "SCHILY.xattr." + new String(xattr.name(), StandardCharsets.ISO_8859_1),
                    xattr.value());
        }
        if (!pax.isEmpty()) {
            paxHeader(path, pax);
        }
        byte[] header = new byte[TarHeader.SIZE];
        System.arraycopy(path, 0, header, 0, Math.min(100, path.length));
        octal(header, 100, 8, inode.mode() & 07777);
        octal(header, 108, 8, Math.min(inode.uid(), MAX_OCTAL_ID));
        octal(header, 116, 8, Math.min(inode.gid(), MAX_OCTAL_ID));
        octal(header, 124, 12, Math.min(size, MAX_OCTAL_SIZE));
        octal(header, 136, 12, Math.clamp(inode.mtimeSeconds(), 0, MAX_OCTAL_SIZE));
        System.arraycopy(link, 0, header, 157, Math.min(100, link.length));
        long rdev = inode.rdev();
        octal(header, 329, 8, rdev >>> 8 & 0xfff);
        octal(header, 337, 8, (rdev & 0xff) | (rdev >>> 12 & 0xfff00));
        finish(header, type);
        write(header, 0, header.length);
    }

    private static String mtime(Attributes inode) {
        long seconds = inode.mtimeSeconds();
        int nanos = inode.mtimeNanos();
        if (seconds >= 0 || nanos == 0) {
            return nanos == 0 ? Long.toString(seconds) : seconds + String.format(".%09d", nanos);
        }
        return "-" + (-seconds - 1) + String.format(".%09d", 1_000_000_000 - nanos);
    }

    private static byte[] text(long number) {
        return Long.toString(number).getBytes(StandardCharsets.US_ASCII);
    }

    private void paxHeader(byte[] path, Map<String, byte[]> records) {
        var body = new ByteArrayOutputStream();
        records.forEach(
                (key, value) -> {
                    byte[] keyBytes = key.getBytes(StandardCharsets.ISO_8859_1);
                    int rest = keyBytes.length + value.length + 3;
                    int length = rest + 1;
                    while (Integer.toString(length).length() + rest != length) {
                        length = Integer.toString(length).length() + rest;
                    }
                    body.writeBytes((length + " ").getBytes(StandardCharsets.US_ASCII));
                    body.writeBytes(keyBytes);
                    body.write('=');
                    body.writeBytes(value);
                    body.write('\n');
                });
        byte[] header = new byte[TarHeader.SIZE];
        byte[] headerName = paxName(path);
        System.arraycopy(headerName, 0, header, 0, Math.min(100, headerName.length));
        octal(header, 100, 8, 0644);
        octal(header, 108, 8, 0);
        octal(header, 116, 8, 0);
        octal(header, 124, 12, body.size());
        octal(header, 136, 12, 0);
        octal(header, 329, 8, 0);
        octal(header, 337, 8, 0);
        finish(header, 'x');
        write(header, 0, header.length);
        data(body.toByteArray(), body.size());
        pad(body.size());
    }

    /** {@code DIR/PaxHeaders.0/NAME}. */
    private static byte[] paxName(byte[] path) {
        int end = path.length > 0 && path[path.length - 1] == '/' ? path.length - 1 : path.length;
        int slash = end - 1;
        while (slash >= 0 && path[slash] != '/') {
            slash--;
        }
        var result = new ByteArrayOutputStream();
        result.write(path, 0, slash + 1);
        result.writeBytes("PaxHeaders.0/".getBytes(StandardCharsets.US_ASCII));
        result.write(path, slash + 1, end - slash - 1);
        return result.toByteArray();
    }

    private static void finish(byte[] header, char type) {
        header[156] = (byte) type;
        System.arraycopy("ustar\00000".getBytes(StandardCharsets.US_ASCII), 0, header, 257, 8);
        Arrays.fill(header, 148, 156, (byte) ' ');
        int sum = 0;
        for (byte b : header) {
            sum += b & 0xff;
        }
        octal(header, 148, 7, sum);
    }

    private static void octal(byte[] header, int at, int length, long value) {
        for (int i = at + length - 2; i >= at; i--) {
            header[i] = (byte) ('0' + (value & 7));
            value >>>= 3;
        }
        header[at + length - 1] = 0;
    }

    /** Content of the current file. */
    public void data(byte[] bytes, int length) {
        write(bytes, 0, length);
    }

    /** Ends a file's content of {@code size} bytes. */
    public void pad(long size) {
        int rest = (int) (size % TarHeader.SIZE);
        if (rest != 0) {
            write(new byte[TarHeader.SIZE - rest], 0, TarHeader.SIZE - rest);
        }
    }

    /** The end of the archive. */
    public void end() {
        write(new byte[2 * TarHeader.SIZE], 0, 2 * TarHeader.SIZE);
    }

    private void write(byte[] bytes, int from, int length) {
        try {
            out.write(bytes, from, length);
        } catch (IOException e) {
            throw new NaiadException(
                    ErrorKind.UNAVAILABLE, name + ": cannot write: " + e.getMessage(), e);
        }
    }
}
