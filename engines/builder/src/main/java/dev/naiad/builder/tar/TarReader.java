package dev.naiad.builder.tar;

import dev.naiad.base.error.CorruptFormatException;
import dev.naiad.base.error.ErrorKind;
import dev.naiad.base.error.NaiadException;
import dev.naiad.builder.chunk.ChunkInput;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Reads a tar archive as a stream: ustar, GNU (long names, base-256 numbers, old sparse files), PAX
 * (with sparse 0.0, 0.1, 1.0 and global headers), v7. Blocks of zeros are passed over, so
 * concatenated archives are read through; missing padding at the end is accepted, missing content
 * is not. For one thread.
 *
 * <p>After {@link #next} the caller may consume up to {@link TarEntry#storedSize} bytes of the
 * window; the rest is skipped.
 */
public final class TarReader {
    /** A longer name or PAX header is not an archive but an attack on memory. */
    private static final int MAX_EXTENSION = 1 << 20;

    private static final byte[] NO_LINK = {};

    private final ChunkInput in;
    private final byte[] block = new byte[TarHeader.SIZE];
    private final PaxRecords global = new PaxRecords();
    private long entryEnd; // where the next header begins, in consumed bytes
    private long dataEnd;

    public TarReader(ChunkInput in) {
        this.in = in;
    }

    /** The next entry; null at the end of the stream. */
    public @Nullable TarEntry next() {
        finishEntry();
        byte @Nullable [] longName = null;
        byte @Nullable [] longLink = null;
        @Nullable PaxRecords pax = null;
        while (true) {
            var header = header();
            if (header == null) {
                if (longName != null || longLink != null || pax != null) {
                    throw corrupt("an entry behind an extended header", "the end of the archive");
                }
                return null;
            }
            switch (header.type()) {
                case 'L' -> longName = untilNul(extension(header));
                case 'K' -> longLink = untilNul(extension(header));
                case 'x', 'X' -> {
                    pax = pax == null ? new PaxRecords() : pax;
                    parse(pax, header);
                }
                case 'g' -> parse(global, header);
                case 'V' -> extension(header); // the volume's label
                default -> {
                    return entry(header, longName, longLink, pax == null ? PaxRecords.NONE : pax);
                }
            }
        }
    }

    /** Consumes what is left of the current entry with its padding. */
    private void finishEntry() {
        if (in.consumed() < dataEnd && !in.skip(dataEnd - in.consumed())) {
            throw corrupt("the content of an entry up to " + dataEnd, "the end of the archive");
        }
        in.skip(entryEnd - in.consumed()); // padding may be missing at the end
    }

    private @Nullable TarHeader header() {
        while (in.require(TarHeader.SIZE)) {
            in.peek(block);
            if (!TarHeader.isZero(block)) {
                var header = new TarHeader(block);
                if (!header.hasValidChecksum()) {
                    throw corrupt("a tar header with a correct checksum", "other bytes");
                }
                in.advance(TarHeader.SIZE);
                return header;
            }
            in.advance(TarHeader.SIZE);
        }
        int rest = in.available();
        for (byte b : in.take(rest)) {
            if (b != 0) {
                throw corrupt("a whole tar header", rest + " bytes");
            }
        }
        return null;
    }

    private byte[] extension(TarHeader header) {
        long size = header.size();
        if (size < 0 || size > MAX_EXTENSION) {
            throw corrupt(
                    "an extended header of at most " + MAX_EXTENSION + " bytes",
                    Long.toString(size));
        }
        int length = (int) size;
        if (!in.require(length)) {
            throw corrupt("an extended header of " + size + " bytes", "the end of the archive");
        }
        byte[] bytes = in.take(length);
        in.skip(padded(size) - size);
        return bytes;
    }

    private void parse(PaxRecords records, TarHeader header) {
        if (!records.parse(extension(header))) {
            throw corrupt("records of the form \"length key=value\"", "other bytes");
        }
    }

    /** The path for messages. */
    private static String text(byte[] path) {
        return new String(path, StandardCharsets.UTF_8);
    }

    private static byte[] untilNul(byte[] bytes) {
        int end = 0;
        while (end < bytes.length && bytes[end] != 0) {
            end++;
        }
        return Arrays.copyOf(bytes, end);
    }

    private static long padded(long size) {
        return Math.addExact(size, 511) & -512L;
    }

    private TarEntry entry(
            TarHeader header,
            byte @Nullable [] longName,
            byte @Nullable [] longLink,
            PaxRecords pax) {
        String bad = header.badField();
        if (bad != null && !(bad.equals("size") && pax.get("size") != null)) {
            throw corrupt("a number as " + bad, "something else");
        }
        byte[] path = first(pax, "path", longName);
        byte[] realName = pax.get("GNU.sparse.name");
        if (realName != null) {
            path = realName;
        }
        if (path == null) {
            path = header.name();
        }
        var kind = kind(header.type(), path);
        byte[] link = NO_LINK;
        if (kind == TarEntry.Kind.SYMLINK || kind == TarEntry.Kind.HARD_LINK) {
            byte[] told = first(pax, "linkpath", longLink);
            link = told == null ? header.linkName() : told;
        }
        long stored = number(pax, "size", header.size(), path);
        // Only files have content: some writers leave the size in the header of a link.
        if (kind != TarEntry.Kind.FILE && header.type() != 'D') {
            stored = 0;
        }
        long seconds = header.mtime();
        int nanos = 0;
        String mtime = pax.text("mtime");
        if (mtime != null) {
            long[] parts = decimalTime(mtime, path);
            seconds = parts[0];
            nanos = (int) parts[1];
        }
        long size = stored;
        @Nullable SparseMap sparse = null;
        long started = in.consumed();
        entryEnd = Math.addExact(started, padded(stored));
        dataEnd = started + stored;
        if (header.type() == 'S') {
            sparse = new SparseMap();
            header.gnuSparse(sparse);
            boolean more = header.gnuSparseContinues();
            while (more) {
                if (!in.require(TarHeader.SIZE)) {
                    throw corrupt(
                            "more of the sparse map of " + text(path), "the end of the archive");
                }
                more = TarHeader.gnuSparseExtension(in.take(TarHeader.SIZE), sparse);
                entryEnd += TarHeader.SIZE;
                dataEnd += TarHeader.SIZE;
            }
            size = header.gnuRealSize();
        } else if (kind == TarEntry.Kind.FILE) {
            sparse = paxSparse(pax, stored, path);
            if (sparse != null) {
                Long real = pax.number("GNU.sparse.realsize");
                Long oldReal = pax.number("GNU.sparse.size");
                size = real != null ? real : oldReal != null ? oldReal : -1;
                stored = dataEnd - in.consumed();
            }
        }
        if (sparse != null && !sparse.fits(size, stored)) {
            throw corrupt(
                    "a sparse map inside " + text(path), "one that is out of order or too long");
        }
        boolean device = kind == TarEntry.Kind.CHARACTER || kind == TarEntry.Kind.BLOCK;
        return new TarEntry(
                path,
                kind,
                header.mode(),
                owner(pax, "uid", header.uid(), path),
                owner(pax, "gid", header.gid(), path),
                size,
                stored,
                seconds,
                nanos,
                link,
                device ? header.major() : 0,
                device ? header.minor() : 0,
                pax.xattrs(),
                sparse);
    }

    /** What the extensions say: the entry's own records, then its long name, then global ones. */
    private byte @Nullable [] first(PaxRecords pax, String key, byte @Nullable [] longName) {
        byte[] own = pax.get(key);
        return own != null ? own : longName != null ? longName : global.get(key);
    }

    private TarEntry.Kind kind(char type, byte[] path) {
        return switch (type) {
            // Before POSIX a directory was a file whose name ends in a slash.
            case '0', 0 ->
                    path.length > 0 && path[path.length - 1] == '/'
                            ? TarEntry.Kind.DIRECTORY
                            : TarEntry.Kind.FILE;
            case '7', 'S' -> TarEntry.Kind.FILE;
            case '1' -> TarEntry.Kind.HARD_LINK;
            case '2' -> TarEntry.Kind.SYMLINK;
            case '3' -> TarEntry.Kind.CHARACTER;
            case '4' -> TarEntry.Kind.BLOCK;
            case '5', 'D' -> TarEntry.Kind.DIRECTORY;
            case '6' -> TarEntry.Kind.FIFO;
            default ->
                    throw new NaiadException(
                            ErrorKind.INVALID_ARGUMENT,
                            in.name()
                                    + ": entry "
                                    + text(path)
                                    + " has the unknown type '"
                                    + type
                                    + "'");
        };
    }

    private long number(PaxRecords pax, String key, long otherwise, byte[] path) {
        if (pax.isEmpty() && global.isEmpty()) {
            return otherwise;
        }
        Long value = pax.number(key);
        if (value == null) {
            value = global.number(key);
        }
        if (value != null && value < 0) {
            throw corrupt(
                    "a decimal number as " + key + " of " + text(path),
                    String.valueOf(pax.text(key)));
        }
        return value != null ? value : otherwise;
    }

    private long owner(PaxRecords pax, String key, long otherwise, byte[] path) {
        long value = number(pax, key, otherwise, path);
        if (value > 0xffff_ffffL) {
            throw corrupt("a 32-bit " + key + " of " + text(path), Long.toString(value));
        }
        return value;
    }

    /** Seconds and nanoseconds; PAX has decimal fractions, of negative times too. */
    private long[] decimalTime(String text, byte[] path) {
        boolean negative = text.startsWith("-");
        String digits = negative ? text.substring(1) : text;
        int dot = digits.indexOf('.');
        long seconds = PaxRecords.decimal(dot < 0 ? digits : digits.substring(0, dot));
        long nanos = 0;
        if (dot >= 0 && dot + 1 < digits.length()) {
            nanos = PaxRecords.decimal((digits.substring(dot + 1) + "000000000").substring(0, 9));
        }
        if (seconds < 0 || nanos < 0) {
            throw corrupt("a decimal number as mtime of " + text(path), text);
        }
        if (!negative) {
            return new long[] {seconds, nanos};
        }
        return nanos == 0
                ? new long[] {-seconds, 0}
                : new long[] {-seconds - 1, 1_000_000_000 - nanos};
    }

    private @Nullable SparseMap paxSparse(PaxRecords pax, long stored, byte[] path) {
        if (pax.isEmpty()) {
            return null;
        }
        if (!"1".equals(pax.text("GNU.sparse.major"))) {
            return pax.sparseMap();
        }
        // Format 1.0: the map precedes the data, as decimal lines, padded to a block.
        var map = new SparseMap();
        long[] left = {stored};
        long count = line(left, path);
        for (long i = 0; i < count; i++) {
            long offset = line(left, path);
            map.add(offset, line(left, path));
        }
        long used = stored - left[0];
        if (!in.skip(padded(used) - used)) {
            throw corrupt("the data of " + text(path), "the end of the archive");
        }
        return map;
    }

    private long line(long[] left, byte[] path) {
        long value = 0;
        for (int digits = 0; digits < 19; digits++) {
            if (left[0]-- <= 0 || !in.require(1)) {
                break;
            }
            byte b = in.take(1)[0];
            if (b == '\n' && digits > 0) {
                return value;
            }
            if (b < '0' || b > '9') {
                break;
            }
            value = value * 10 + b - '0';
        }
        throw corrupt(
                "a sparse map of decimal lines before the data of " + text(path), "something else");
    }

    private CorruptFormatException corrupt(String expected, String actual) {
        return new CorruptFormatException(in.name(), in.consumed(), expected, actual);
    }
}
