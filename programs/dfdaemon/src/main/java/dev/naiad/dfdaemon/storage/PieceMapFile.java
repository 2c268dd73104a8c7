package dev.naiad.dfdaemon.storage;

import dev.naiad.base.error.CorruptFormatException;
import dev.naiad.base.error.NaiadException;
import dev.naiad.base.file.AtomicFiles;
import dev.naiad.dragonfly.PieceLayout;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.zip.CRC32C;

/**
 * The map of one task: a header that never changes, a seal, one record per piece.
 *
 * <pre>
 *   0 "NAIADPM1"     8 u32 header size, a multiple of 256    12 u32 record size
 *  16 u64 content   24 u64 piece length    32 u64 created, Unix ms
 *  40 u32 bytes of text    44 u32 CRC-32C of bytes 0..43 and of the text    48 text
 *  text: url LF, then NAME ": " VALUE LF per response header
 *  header size:               the seal, shaped like a record of number -1
 *  header size + 256 (n + 1): the record of piece n
 * </pre>
 *
 * The header comes into being with a rename; a record says a piece is there only after its bytes
 * were synced. Written by one thread at a time, the store's flusher.
 */
final class PieceMapFile {
    private static final byte[] MAGIC = "NAIADPM1".getBytes(StandardCharsets.US_ASCII);
    private static final int FIXED = 48;
    private static final int MAX_TEXT = 1 << 20;
    private static final int SOME_RECORDS = 256;

    private PieceMapFile() {}

    /** What a map said when it was opened. */
    record Loaded(TaskMeta meta, List<PieceRecord> pieces, boolean sealed) {}

    static void create(Path file, TaskMeta meta) throws IOException {
        var text = new StringBuilder(meta.url()).append('\n');
        for (Map.Entry<String, String> header : meta.responseHeaders().entrySet()) {
            text.append(oneLine(header.getKey()))
                    .append(": ")
                    .append(oneLine(header.getValue()))
                    .append('\n');
        }
        byte[] bytes = text.toString().getBytes(StandardCharsets.UTF_8);
        if (bytes.length > MAX_TEXT) {
            throw new IOException("response headers of " + bytes.length + " bytes");
        }
        int size = Math.ceilDiv(FIXED + bytes.length, PieceRecord.SIZE) * PieceRecord.SIZE;
        ByteBuffer out = ByteBuffer.allocate(size).order(ByteOrder.LITTLE_ENDIAN);
        out.put(MAGIC).putInt(size).putInt(PieceRecord.SIZE);
        out.putLong(meta.contentLength()).putLong(meta.layout().pieceLength());
        out.putLong(meta.createdAt().toEpochMilli()).putInt(bytes.length);
        out.putInt(checksum(out.array(), bytes)).put(bytes);
        AtomicFiles.write(file, out.array());
    }

    /** Whether a file is a map of ours, as far as its first bytes tell. */
    static boolean isMap(Path file) throws IOException {
        try (var in = Files.newInputStream(file)) {
            return Arrays.equals(in.readNBytes(MAGIC.length), MAGIC);
        }
    }

    /** Reads a map; throws {@link CorruptFormatException} if the header is invalid. */
    static Loaded load(Path file, String taskId) throws IOException {
        try (var channel = FileChannel.open(file, StandardOpenOption.READ)) {
            Header header = readHeader(channel, file, taskId);
            PieceLayout layout = header.meta().layout();
            var pieces = new ArrayList<PieceRecord>();
            ByteBuffer some = ByteBuffer.allocate(SOME_RECORDS * PieceRecord.SIZE);
            for (int from = 0; from < layout.count(); from += SOME_RECORDS) {
                readFully(channel, some.clear(), position(header.size(), from));
                int records = some.flip().remaining() / PieceRecord.SIZE;
                for (int i = 0; i < Math.min(records, layout.count() - from); i++) {
                    record(some, i, from + i)
                            .filter(piece -> fits(piece, layout))
                            .ifPresent(pieces::add);
                }
            }
            return new Loaded(header.meta(), pieces, readSeal(channel, header));
        }
    }

    /** Reads what a map says of its task, without the pieces; empty if it is not sealed. */
    static Optional<TaskMeta> loadSealed(Path file, String taskId) throws IOException {
        try (var channel = FileChannel.open(file, StandardOpenOption.READ)) {
            Header header = readHeader(channel, file, taskId);
            return readSeal(channel, header) ? Optional.of(header.meta()) : Optional.empty();
        }
    }

    private record Header(TaskMeta meta, int size) {}

    private static Header readHeader(FileChannel channel, Path file, String taskId)
            throws IOException {
        ByteBuffer fixed = ByteBuffer.allocate(FIXED).order(ByteOrder.LITTLE_ENDIAN);
        readFully(channel, fixed, 0);
        if (fixed.hasRemaining() || !startsWithMagic(fixed.array())) {
            throw corrupt(file, 0, "NAIADPM1", "something else");
        }
        int size = fixed.getInt(8);
        int textSize = fixed.getInt(40);
        if (textSize < 0
                || textSize > MAX_TEXT
                || size < FIXED + textSize
                || size > channel.size()
                || fixed.getInt(12) != PieceRecord.SIZE) {
            throw corrupt(file, 8, "sizes that fit", size + ", " + textSize);
        }
        byte[] text = new byte[textSize];
        readFully(channel, ByteBuffer.wrap(text), FIXED);
        if (fixed.getInt(44) != checksum(fixed.array(), text)) {
            throw corrupt(
                    file, 44, "checksum of the header", Integer.toHexString(fixed.getInt(44)));
        }
        try {
            var layout = new PieceLayout(fixed.getLong(16), fixed.getLong(24));
            Instant created = Instant.ofEpochMilli(fixed.getLong(32));
            return new Header(
                    meta(taskId, layout, new String(text, StandardCharsets.UTF_8), created), size);
        } catch (IllegalArgumentException | NaiadException e) {
            throw corrupt(file, 16, "a layout of pieces", String.valueOf(e.getMessage()));
        }
    }

    private static boolean readSeal(FileChannel channel, Header header) throws IOException {
        ByteBuffer seal = ByteBuffer.allocate(PieceRecord.SIZE);
        readFully(channel, seal, position(header.size(), -1));
        return !seal.hasRemaining() && record(seal, 0, -1).isPresent();
    }

    /** Fills {@code bytes} as far as the file goes. */
    private static void readFully(FileChannel channel, ByteBuffer bytes, long position)
            throws IOException {
        long at = position;
        while (bytes.hasRemaining()) {
            int read = channel.read(bytes, at);
            if (read < 0) {
                return;
            }
            at += read;
        }
    }

    /** Where the record of piece {@code number} stands; -1 is the seal. */
    static long position(int headerSize, int number) {
        return headerSize + (long) PieceRecord.SIZE * (number + 1);
    }

    static void write(Path file, List<PieceRecord> records) throws IOException {
        try (var channel =
                FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
            ByteBuffer size = ByteBuffer.allocate(4).order(ByteOrder.LITTLE_ENDIAN);
            if (channel.read(size, 8) != 4) {
                throw new IOException(file + ": shorter than its header");
            }
            for (PieceRecord piece : records) {
                writeFully(channel, piece.encode(), position(size.getInt(0), piece.number()));
            }
            channel.force(false);
        }
    }

    static void writeFully(FileChannel channel, ByteBuffer bytes, long position)
            throws IOException {
        long at = position;
        while (bytes.hasRemaining()) {
            at += channel.write(bytes, at);
        }
    }

    private static Optional<PieceRecord> record(ByteBuffer in, int index, int number) {
        return PieceRecord.decode(in.slice(index * PieceRecord.SIZE, PieceRecord.SIZE))
                .filter(piece -> piece.number() == number);
    }

    private static boolean fits(PieceRecord piece, PieceLayout layout) {
        return piece.offset() == layout.offset(piece.number())
                && piece.length() == layout.length(piece.number());
    }

    private static TaskMeta meta(
            String taskId, PieceLayout layout, String text, Instant createdAt) {
        List<String> lines = text.lines().toList();
        var headers = new LinkedHashMap<String, String>();
        for (String line : lines.subList(Math.min(1, lines.size()), lines.size())) {
            int colon = line.indexOf(": ");
            if (colon > 0) {
                headers.put(line.substring(0, colon), line.substring(colon + 2));
            }
        }
        return new TaskMeta(
                taskId, lines.isEmpty() ? "" : lines.get(0), layout, headers, createdAt);
    }

    private static String oneLine(String text) {
        return text.replace('\n', ' ').replace('\r', ' ');
    }

    private static boolean startsWithMagic(byte[] all) {
        for (int i = 0; i < MAGIC.length; i++) {
            if (all[i] != MAGIC[i]) {
                return false;
            }
        }
        return true;
    }

    private static int checksum(byte[] header, byte[] text) {
        var crc = new CRC32C();
        crc.update(header, 0, 44);
        crc.update(text, 0, text.length);
        return (int) crc.getValue();
    }

    private static CorruptFormatException corrupt(
            Path file, long offset, String expected, String actual) {
        return new CorruptFormatException(file.toString(), offset, expected, actual);
    }
}
