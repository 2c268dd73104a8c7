package dev.naiad.nydusimage.command;

import dev.naiad.base.bytes.Hex;
import dev.naiad.rafs.BlobFeatures;
import dev.naiad.rafs.BlobInfo;
import dev.naiad.rafs.Bootstrap;
import dev.naiad.rafs.ChunkInfo;
import dev.naiad.rafs.Cipher;
import dev.naiad.rafs.FileType;
import dev.naiad.rafs.Inode;
import dev.naiad.rafs.v5.V5Bootstrap;
import dev.naiad.rafs.v6.V6Bootstrap;
import java.util.List;
import java.util.Locale;

/** What {@code inspect} prints for people. Scripts look for the labels. */
final class InspectText {
    private static final int NARROW = 20;
    private static final int WIDE = 24;

    private final Bootstrap image;
    private final List<BlobInfo> blobs;

    InspectText(Bootstrap image, List<BlobInfo> blobs) {
        this.image = image;
        this.blobs = blobs;
    }

    /** Lines of a label and a value each, the values in one column. */
    private static final class Lines {
        private final StringBuilder text = new StringBuilder();
        private final int width;

        Lines(int width) {
            this.width = width;
        }

        Lines put(String label, Object value) {
            text.append("    ").append(label).append(':');
            text.repeat(' ', Math.max(1, width - 1 - label.length())).append(value).append('\n');
            return this;
        }

        @Override
        public String toString() {
            return text.toString();
        }
    }

    private static String hex(long value) {
        return "0x" + Long.toHexString(value);
    }

    String stats() {
        var lines =
                new Lines(NARROW)
                        .put("Version", image.version().word())
                        .put("Inodes Count", image.inodeCount())
                        .put("Chunk Size", image.chunkSize() / 1024 + "KB")
                        .put("Root Inode", image.root().number())
                        .put("Flags", hex(image.flags()));
        switch (image) {
            case V6Bootstrap six -> {
                var tables = six.extension();
                lines.put("Blob table offset", hex(tables.blobTableOffset()))
                        .put("Blob table size", hex(tables.blobTableSize()))
                        .put("Prefetch table offset", hex(tables.prefetchOffset()))
                        .put("Prefetch table entries", hex(tables.prefetchSize() / 4))
                        .put("Chunk table offset", hex(tables.chunkTableOffset()))
                        .put("Chunk table size", hex(tables.chunkTableSize()));
            }
            case V5Bootstrap five -> {
                var tables = five.superBlock();
                lines.put("Blob table offset", hex(tables.blobTable()))
                        .put("Blob table size", hex(tables.blobTableSize()))
                        .put("Prefetch table offset", hex(tables.prefetchTable()))
                        .put("Prefetch table entries", hex(tables.prefetchEntries()))
                        .put("Chunk table offset", hex(0))
                        .put("Chunk table size", hex(0));
            }
            default -> {}
        }
        return lines.toString();
    }

    static String entry(long number, FileType type, String name) {
        String letter =
                switch (type) {
                    case REGULAR -> "-";
                    case DIRECTORY -> "d";
                    case SYMLINK -> "l";
                    case CHARACTER, BLOCK, FIFO, SOCKET -> " ";
                };
        return letter + "    " + String.format("%-8d", number) + " \"" + name + "\"";
    }

    String inode(String name, long parent, Inode inode) {
        return new Lines(NARROW)
                .put("Inode Number", inode.number())
                .put("Name", "\"" + name + "\"")
                .put("Size", inode.size())
                .put("Parent", parent)
                .put("Mode", "0x" + Integer.toHexString(inode.mode()).toUpperCase(Locale.ROOT))
                .put("Permissions", Integer.toOctalString(inode.mode()))
                .put("Nlink", inode.linkCount())
                .put("UID", inode.uid())
                .put("GID", inode.gid())
                .put("Mtime", inode.mtimeSeconds())
                .put("MtimeNsec", inode.mtimeNanos())
                .put("Blocks", inode.blocks())
                .toString();
    }

    String chunks(Inode inode) {
        var text = new StringBuilder("    Chunk list:\n");
        int count = inode.chunkCount();
        for (int k = 0; k < count; k++) {
            var chunk = inode.chunk(k);
            text.append("        ")
                    .append(k)
                    .append(" ->file offset: ")
                    .append(chunk.fileOffset())
                    .append(", chunk index: ")
                    .append(chunk.chunkIndex())
                    .append("\n            compressed size: ")
                    .append(chunk.compressedSize())
                    .append(", decompressed size: ")
                    .append(chunk.uncompressedSize())
                    .append("\n            compressed offset: ")
                    .append(chunk.compressedOffset())
                    .append(", decompressed offset: ")
                    .append(chunk.uncompressedOffset())
                    .append("\n            blob id: ")
                    .append(blobs.get(chunk.blobIndex()).id())
                    .append("\n            chunk id: ")
                    .append(Hex.encode(chunk.digest()))
                    .append('\n');
        }
        return text.toString();
    }

    /** A file that has a chunk. */
    String owner(String path, ChunkInfo chunk) {
        int slash = path.lastIndexOf('/');
        return new Lines(WIDE)
                .put("File", path.substring(slash + 1))
                .put("Parent Path", slash <= 0 ? "/" : path.substring(0, slash))
                .put("Compressed Offset", chunk.compressedOffset())
                .put("Compressed Size", chunk.compressedSize())
                .put("Decompressed Offset", chunk.uncompressedOffset())
                .put("Decompressed Size", chunk.uncompressedSize())
                .put("Chunk ID", Hex.encode(chunk.digest()))
                .put("Blob ID", blobs.get(chunk.blobIndex()).id())
                .toString();
    }

    String blob(BlobInfo blob) {
        boolean separate = blob.has(BlobFeatures.SEPARATE);
        return new Lines(WIDE)
                        .put("Blob Index", blob.index())
                        .put("Blob ID", blob.id())
                        .put("Raw Blob ID", image.blobs().get(blob.index()).id())
                        .put("Blob Size", blob.compressedSize())
                        .put("Compressed Data Size", blob.compressedDataSize())
                        .put("Uncompressed Data Size", blob.uncompressedSize())
                        .put("Mapped Block Address", blob.mappedBlock())
                        .put("Features", blob.features() + " (" + blob.features().words() + ")")
                        .put("Compressor", blob.compressor().word())
                        .put("Digester", blob.digester().word())
                        .put("Cipher", blob.cipher() == Cipher.NONE ? "none" : "aes128_xts")
                        .put("Chunk Size", hex(blob.chunkSize()))
                        .put("Chunk Count", blob.chunkCount())
                        .put("Prefetch Table Offset", 0)
                        .put("Prefetch Table Size", blob.readaheadSize())
                        .put("Meta Compressor", blob.meta().compressor().word())
                        .put("Meta Offset", blob.meta().offset())
                        .put("Meta Compressed Size", blob.meta().compressedSize())
                        .put("Meta Uncompressed Size", blob.meta().uncompressedSize())
                        .put("ToC Digest", Hex.encode(blob.toc().digest()))
                        .put("ToC Size", blob.toc().size())
                        .put("RAFS Blob Digest", separate ? Hex.encode(blob.metaDigest()) : "")
                        .put("RAFS Blob Size", separate ? blob.metaSize() : 0)
                + "\n";
    }
}
