package dev.naiad.rafs.v6;

import dev.naiad.base.bytes.LittleEndian;
import java.nio.charset.StandardCharsets;

/**
 * A device slot of EROFS, 128 bytes, little-endian: one per blob.
 * docs/formats/rafs-v6.md#device-slot
 *
 * @param blobId the slot's tag
 * @param blocks length of the uncompressed blob
 * @param mappedBlock its first block when bootstrap and blobs form one disk; 0 in very old images
 */
public record DeviceSlot(String blobId, long blocks, long mappedBlock) {
    public static final int SIZE = 128;
    static final int ID_LENGTH = 64;

    private static final int BLOCKS = 64;
    private static final int MAPPED_BLOCK = 68;

    static DeviceSlot read(LittleEndian file, long at) {
        String id = readId(file, at);
        long blocks = file.u32(at + BLOCKS);
        if (blocks == 0) {
            throw file.corrupt(at + BLOCKS, "a device with blocks", "0");
        }
        return new DeviceSlot(id, blocks, file.u32(at + MAPPED_BLOCK));
    }

    public void write(LittleEndian file, long at) {
        file.putBytes(at, blobId.getBytes(StandardCharsets.US_ASCII))
                .putU32(at + BLOCKS, blocks)
                .putU32(at + MAPPED_BLOCK, mappedBlock);
    }

    /** An id of at most 64 printable ASCII characters, filled up with NUL. */
    static String readId(LittleEndian file, long at) {
        byte[] bytes = file.bytes(at, ID_LENGTH);
        int length = 0;
        while (length < ID_LENGTH && bytes[length] != 0) {
            byte b = bytes[length];
            // Ids become file names and parts of URLs: nothing that could lead out of a directory.
            if (b <= ' ' || b == 0x7f || b == '/' || b == '\\') {
                throw file.corrupt(
                        at + length, "a blob id of printable characters", "byte " + (b & 0xff));
            }
            length++;
        }
        for (int i = length; i < ID_LENGTH; i++) {
            if (bytes[i] != 0) {
                throw file.corrupt(at + i, "zeros behind the blob id", "byte " + (bytes[i] & 0xff));
            }
        }
        var id = new String(bytes, 0, length, StandardCharsets.US_ASCII);
        if (id.isEmpty() || id.equals(".") || id.equals("..")) {
            throw file.corrupt(at, "a blob id", "\"" + id + "\"");
        }
        return id;
    }
}
