package dev.naiad.rafs;

import java.util.ArrayList;
import java.util.List;

/** The feature word of a blob (u32). docs/formats/blob.md#features */
public record BlobFeatures(int bits) {
    public static final int ALIGNED = 0x1;
    public static final int INLINED_FS_META = 0x2;
    public static final int CHUNK_INFO_V2 = 0x4;
    public static final int ZRAN = 0x8;
    public static final int SEPARATE = 0x10;
    public static final int INLINED_CHUNK_DIGEST = 0x20;
    public static final int TARFS = 0x40;
    public static final int BATCH = 0x80;
    public static final int ENCRYPTED = 0x100;
    public static final int IS_CHUNKDICT_GENERATED = 0x200;
    public static final int IS_SEPARATED_WITH_PREFETCH_FILES = 0x400;
    public static final int EXTERNAL = 0x800;

    /** Undefined bits, which a v6 reader must refuse. */
    public static final int INCOMPATIBLE = 0xF000;

    public static final int HAS_TAR_HEADER = 0x1000_0000;
    public static final int HAS_TOC = 0x2000_0000;
    public static final int CAP_TAR_TOC = 0x4000_0000;

    /** Only in memory: a v5 image without extended blob table. */
    public static final int V5_NO_EXTENDED_TABLE = 0x8000_0000;

    private record Word(int bit, String text) {}

    // The order in which `nydus-image check` prints them.
    private static final List<Word> WORDS =
            List.of(
                    new Word(ALIGNED, "aligned"),
                    new Word(BATCH, "batch"),
                    new Word(CAP_TAR_TOC, "cap_toc"),
                    new Word(INLINED_CHUNK_DIGEST, "chunk-digest"),
                    new Word(CHUNK_INFO_V2, "chunk-v2"),
                    new Word(INLINED_FS_META, "fs-meta"),
                    new Word(SEPARATE, "separate"),
                    new Word(HAS_TAR_HEADER, "tar-header"),
                    new Word(HAS_TOC, "toc"),
                    new Word(ZRAN, "zran"),
                    new Word(ENCRYPTED, "encrypted"),
                    new Word(IS_CHUNKDICT_GENERATED, "is-chunkdict-generated"));

    public boolean has(int feature) {
        return (bits & feature) != 0;
    }

    public BlobFeatures with(int features) {
        return new BlobFeatures(bits | features);
    }

    public BlobFeatures without(int features) {
        return new BlobFeatures(bits & ~features);
    }

    /** The words of {@code nydus-image check}, blank separated. */
    public String words() {
        var words = new ArrayList<String>();
        for (var word : WORDS) {
            if (has(word.bit)) {
                words.add(word.text);
            }
        }
        return String.join(" ", words);
    }

    @Override
    public String toString() {
        return "0x" + Integer.toHexString(bits);
    }
}
