package dev.naiad.nydusimage.command;

import dev.naiad.base.config.JsonWriter;
import dev.naiad.builder.ImageCheck;
import dev.naiad.rafs.Bootstrap;
import dev.naiad.rafs.ChunkInfo;
import dev.naiad.rafs.FileType;
import dev.naiad.rafs.Inode;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

/**
 * What one or more images hold: entries, sizes, and chunks by their digests. A file with several
 * names counts once in sizes and chunks.
 */
final class ImageStatistics {
    private static final int SIZE_CLASSES = 45;
    private static final int CHUNK_CLASSES = 9;
    private static final int SMALLEST_CHUNK = 12;
    private static final int PAGE = 4096;

    /** One distinct chunk and how often files refer to it. */
    private static final class Chunk {
        final long compressed;
        final long uncompressed;
        long uses;

        Chunk(ChunkInfo info) {
            compressed = info.compressedSize();
            uncompressed = info.uncompressedSize();
        }
    }

    /** Number and bytes of chunks. */
    static final class Sum {
        private long chunks;
        private long compressed;
        private long uncompressed;

        private void add(Chunk chunk) {
            chunks++;
            compressed += chunk.compressed;
            uncompressed += chunk.uncompressed;
        }

        private void put(JsonWriter json, String prefix) {
            json.put(prefix + "_chunks", chunks)
                    .put(prefix + "_comp_size", compressed)
                    .put(prefix + "_uncomp_size", uncompressed);
        }

        private String text() {
            return chunks
                    + " chunks, compressed 0x"
                    + Long.toHexString(compressed)
                    + ", uncompressed 0x"
                    + Long.toHexString(uncompressed);
        }
    }

    /**
     * What a dictionary would hold and save that takes every chunk used at least so often.
     *
     * @param rawChunks references to chunks, over all images
     * @param storedChunks chunks kept: those of the dictionary once, the others once per reference
     * @param base compressed bytes of the dictionary
     * @param image compressed bytes of what stays with the images
     */
    record Threshold(long rawChunks, long storedChunks, long base, long image) {}

    private final Map<String, Chunk> chunks = new HashMap<>();
    private final long[] chunkSizes = new long[CHUNK_CLASSES];
    private final long[] fileSizes = new long[SIZE_CLASSES];
    private final Sum all = new Sum();
    private final Sum dedup = new Sum();
    private final Sum own = new Sum();
    private final Sum ref = new Sum();
    private long directories;
    private long files;
    private long symlinks;
    private long bytes;
    private long padding;

    /** Counts an image in. */
    void add(Bootstrap image) {
        Set<Long> linked = new HashSet<>();
        ImageCheck.check(image, (path, inode) -> add(inode, linked));
    }

    private void add(Inode inode, Set<Long> linked) {
        if (inode.type() == FileType.DIRECTORY) {
            directories++;
        } else if (inode.type() == FileType.SYMLINK) {
            symlinks++;
        } else if (inode.type() == FileType.REGULAR) {
            files++;
            if (inode.linkCount() <= 1 || linked.add(inode.number())) {
                addContent(inode);
            }
        }
    }

    private void addContent(Inode inode) {
        long size = inode.size();
        bytes += size;
        padding += Math.floorMod(-size, PAGE);
        fileSizes[Math.min(SIZE_CLASSES - 1, Long.SIZE - Long.numberOfLeadingZeros(size))]++;
        for (int i = 0; i < CHUNK_CLASSES; i++) {
            chunkSizes[i] += Math.ceilDiv(size, 1L << (SMALLEST_CHUNK + i));
        }
        int count = inode.chunkCount();
        for (int k = 0; k < count; k++) {
            var info = inode.chunk(k);
            String key =
                    new String(info.digest(), StandardCharsets.ISO_8859_1)
                            + info.uncompressedSize();
            var chunk = chunks.computeIfAbsent(key, digest -> new Chunk(info));
            chunk.uses++;
            all.chunks++;
            all.compressed += info.compressedSize();
            all.uncompressed += info.uncompressedSize();
        }
    }

    /** Every distinct chunk is its own. */
    void finishBase(boolean deduplicate) {
        chunks.values().forEach(own::add);
        if (deduplicate) {
            chunks.values().forEach(dedup::add);
        }
    }

    /** Distinct chunks are its own, or the base has them already. */
    void finishTarget(ImageStatistics base) {
        chunks.forEach((key, chunk) -> (base.chunks.containsKey(key) ? ref : own).add(chunk));
    }

    /**
     * What a shared dictionary brings if a chunk goes there when it is used {@code least} times.
     */
    Threshold threshold(long least) {
        long stored = 0;
        long base = 0;
        long image = 0;
        for (var chunk : chunks.values()) {
            if (chunk.uses >= least) {
                stored++;
                base += chunk.compressed;
            } else {
                stored += chunk.uses;
                image += chunk.uses * chunk.compressed;
            }
        }
        return new Threshold(all.chunks, stored, base, image);
    }

    /** Writes the object that holds all of it. */
    void put(JsonWriter json) {
        json.object()
                .put("dirs", directories)
                .put("files", files)
                .put("symlinks", symlinks)
                .put("chunks", all.chunks)
                .put("file_size", bytes)
                .put("comp_size", all.compressed)
                .put("uncomp_size", all.uncompressed + padding)
                .put("padding_size", padding);
        put(json, "chunk_sizes", chunkSizes);
        put(json, "file_sizes", fileSizes);
        dedup.put(json, "dedup");
        own.put(json, "own");
        ref.put(json, "ref");
        json.end();
    }

    private static void put(JsonWriter json, String key, long[] values) {
        json.key(key).array();
        for (long value : values) {
            json.value(value);
        }
        json.end();
    }

    /** The same for people, one figure a line. */
    String text(boolean target) {
        var text = new StringBuilder();
        line(text, "Directories", Long.toString(directories));
        line(text, "Files", Long.toString(files));
        line(text, "Symlinks", Long.toString(symlinks));
        line(text, "Chunks", Long.toString(all.chunks));
        line(text, "File Size", hex(bytes));
        line(text, "Compressed Size", hex(all.compressed));
        line(text, "Uncompressed Size", hex(all.uncompressed + padding));
        line(text, "Padding Size", hex(padding));
        line(text, "Own", own.text());
        if (target) {
            line(text, "Referenced", ref.text());
        }
        for (int i = 0; i < CHUNK_CLASSES; i++) {
            line(text, "Chunks of " + (4 << i) + "KB", Long.toString(chunkSizes[i]));
        }
        for (int i = 0; i < SIZE_CLASSES; i++) {
            if (fileSizes[i] > 0) {
                line(text, "Files of " + i + " bits", Long.toString(fileSizes[i]));
            }
        }
        return text.toString();
    }

    private static void line(StringBuilder text, String label, String value) {
        text.append("    ").append(label).append(':');
        text.repeat(' ', Math.max(1, 20 - label.length())).append(value).append('\n');
    }

    static String hex(long value) {
        return "0x" + Long.toHexString(value);
    }
}
