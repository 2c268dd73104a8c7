package dev.naiad.builder.stargz;

import dev.naiad.base.bytes.Digest;
import dev.naiad.base.error.ErrorKind;
import dev.naiad.base.error.NaiadException;
import dev.naiad.builder.tar.TarEntry;
import dev.naiad.builder.tar.TarReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Makes a seekable layer from an archive, as a stream: the archive's bytes are unchanged, except
 * that the content of each file begins a gzip member of its own, a landmark comes first, and a
 * table of contents ends it. docs/formats/estargz.md
 */
public final class EstargzWriter {
    /** What a manifest says of such a layer: the digest of its table. */
    public static final String TOC_DIGEST = "containerd.io/snapshot/stargz/toc.digest";

    /** What a manifest says of such a layer: the bytes of its archive. */
    public static final String UNCOMPRESSED_SIZE = "io.containers.estargz.uncompressed-size";

    static final String TOC = "stargz.index.json";
    private static final String NO_PREFETCH = ".no.prefetch.landmark";
    private static final Set<String> OURS = Set.of(TOC, NO_PREFETCH, ".prefetch.landmark");
    private static final byte[] LANDMARK = {0xf};
    private static final int CHUNK = 4 << 20;
    private static final int BLOCK = 512;

    private final RecordedInput in;
    private final SeekableForm out;
    private final EstargzTable table = new EstargzTable();
    private final byte[] buffer = new byte[256 << 10];

    /** How parts are compressed. */
    public enum Compression {
        GZIP,
        ZSTD
    }

    /**
     * What was written.
     *
     * @param diffId of the archive, which has files that the source has not
     * @param annotations for the layer's descriptor
     */
    public record Written(
            Digest digest, long size, Digest diffId, Map<String, String> annotations) {
        public Written {
            annotations = Map.copyOf(annotations);
        }
    }

    private EstargzWriter(RecordedInput in, SeekableForm out) {
        this.in = in;
        this.out = out;
    }

    /**
     * Writes.
     *
     * @param name of the archive, for errors
     * @param tar read to its end, not closed
     * @param out takes the layer; not closed
     */
    public static Written write(
            String name, InputStream tar, OutputStream out, Compression compression) {
        var input = new RecordedInput(tar, name);
        try {
            return switch (compression) {
                case GZIP -> {
                    try (var gzip = new GzipForm(out)) {
                        yield new EstargzWriter(input, gzip).run();
                    }
                }
                case ZSTD -> new EstargzWriter(input, new ZstdForm(out)).run();
            };
        } catch (IOException e) {
            throw new NaiadException(
                    ErrorKind.UNAVAILABLE, name + ": cannot write: " + e.getMessage(), e);
        }
    }

    private Written run() throws IOException {
        landmark();
        var reader = new TarReader(in);
        int padding = 0; // of the entry before, in what the reader has consumed
        for (var entry = reader.next(); entry != null; entry = reader.next()) {
            byte[] header = header(in.takeRecorded(), padding);
            if (OURS.contains(EstargzTable.name(entry))) {
                skip(entry);
            } else {
                write(entry, header);
            }
            padding = TarBlocks.padding(entry.storedSize());
        }
        byte[] json = table.json();
        var annotations = new HashMap<>(out.finish(json));
        annotations.put(TOC_DIGEST, Digest.sha256Of(json).toString());
        annotations.put(UNCOMPRESSED_SIZE, Long.toString(out.plainSize()));
        return new Written(out.digest(), out.position(), out.diffId(), annotations);
    }

    /** Says that nothing is to be prefetched. */
    private void landmark() throws IOException {
        byte[] header = TarBlocks.file(NO_PREFETCH, LANDMARK.length);
        out.write(header, 0, header.length);
        out.cut();
        long offset = out.position();
        out.write(LANDMARK, 0, LANDMARK.length);
        pad(LANDMARK.length);
        Digest digest = Digest.sha256Of(LANDMARK);
        table.landmark(NO_PREFETCH, new EstargzTable.Part(offset, 0, 0, digest));
    }

    /**
     * What precedes an entry's content: its header and those that belong to it. Zeros before them
     * would end the archive for some readers.
     */
    private static byte[] header(byte[] recorded, int padding) {
        int from = Math.min(padding, recorded.length);
        while (from + BLOCK <= recorded.length && isZero(recorded, from)) {
            from += BLOCK;
        }
        return Arrays.copyOfRange(recorded, from, recorded.length);
    }

    private static boolean isZero(byte[] bytes, int from) {
        for (int i = from; i < from + BLOCK; i++) {
            if (bytes[i] != 0) {
                return false;
            }
        }
        return true;
    }

    private void skip(TarEntry entry) {
        var content = new FileContent(in, entry);
        for (long left = entry.storedSize(); left > 0; left -= buffer.length) {
            content.read(buffer, (int) Math.min(buffer.length, left));
        }
    }

    private void write(TarEntry entry, byte[] raw) throws IOException {
        byte[] header = entry.sparse() == null ? raw : TarBlocks.header(entry);
        out.write(header, 0, header.length);
        var content = new FileContent(in, entry);
        if (entry.kind() != TarEntry.Kind.FILE) {
            var unused = new MessageDigest[0];
            copy(content, entry.storedSize(), unused);
            pad(entry.storedSize());
            table.add(entry, raw);
            return;
        }
        MessageDigest whole = SeekableForm.sha256();
        List<EstargzTable.Part> parts = new ArrayList<>();
        for (long at = 0; at < entry.size(); at += CHUNK) {
            int count = (int) Math.min(CHUNK, entry.size() - at);
            out.cut();
            long offset = out.position();
            MessageDigest part = SeekableForm.sha256();
            copy(content, count, whole, part);
            boolean last = at + count == entry.size();
            parts.add(
                    new EstargzTable.Part(
                            offset,
                            at,
                            last ? 0 : count,
                            Digest.of(Digest.Algorithm.SHA256, part.digest())));
        }
        pad(entry.size());
        table.add(entry, raw, Digest.of(Digest.Algorithm.SHA256, whole.digest()), parts);
    }

    private void copy(FileContent content, long count, MessageDigest... digests)
            throws IOException {
        for (long left = count; left > 0; left -= buffer.length) {
            int part = (int) Math.min(buffer.length, left);
            content.read(buffer, part);
            for (MessageDigest digest : digests) {
                digest.update(buffer, 0, part);
            }
            out.write(buffer, 0, part);
        }
    }

    private void pad(long size) throws IOException {
        byte[] zeros = new byte[TarBlocks.padding(size)];
        if (zeros.length > 0) {
            out.write(zeros, 0, zeros.length);
        }
    }
}
