package dev.naiad.builder.external;

/** What an attributes file says about one path. */
public sealed interface Attribute {
    /** The absolute path inside the image. */
    String path();

    /** The path, and what is below it, is not part of the image. */
    record Ignored(String path) implements Attribute {}

    /**
     * The file's bytes are in an existing blob.
     *
     * @param blobIndex of the blob among the external ones
     * @param offset of the file's first byte in the blob
     * @param blobSize all bytes of the blob
     * @param fileSize of the file; -1 for that of the file on disk
     * @param crcs CRC-32C of each chunk; empty if unknown
     */
    @SuppressWarnings("ArrayRecordComponent") // read once, compared nowhere
    record External(
            String path,
            int blobIndex,
            String blobId,
            int chunkSize,
            long offset,
            long blobSize,
            long fileSize,
            int[] crcs)
            implements Attribute {
        @Override
        public String toString() {
            return path + " in blob " + blobId + " at " + offset;
        }
    }
}
