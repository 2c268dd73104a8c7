package dev.naiad.blobcache.chunkmap;

import dev.naiad.base.bytes.LittleEndian;
import dev.naiad.base.file.AtomicFiles;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.UUID;

/**
 * Layout of {@code <blob>.blob.data.naiad_checked} and {@code .naiad_synced}, little-endian
 * (docs/formats/blobcache.md#what-is-checked-again):
 *
 * <pre>
 *    0  u64  magic   "NAIADCHK"
 *    8  u32  version 1
 *   12  u32  chunks
 *   16  u64  inode of the data file
 *   24  u64  its birth, microseconds since 1970
 *   32  u64  boot id, high half; 0 in .naiad_synced
 *   40  u64  boot id, low half; 0 in .naiad_synced
 *   48       zero
 * 4096       ceil(chunks / 8) bytes, chunk 0 is the highest bit of the first
 * </pre>
 *
 * @param boot zero for the record of what was synced
 */
record CheckRecord(FileIdentity data, UUID boot, int chunks) {
    static final int HEADER_SIZE = 4096;
    static final UUID ANY_BOOT = new UUID(0, 0);

    private static final int MAGIC_AT = 0;
    private static final int VERSION_AT = 8;
    private static final int CHUNKS_AT = 12;
    private static final int INODE_AT = 16;
    private static final int BORN_AT = 24;
    private static final int BOOT_HIGH_AT = 32;
    private static final int BOOT_LOW_AT = 40;
    private static final int USED = 48;

    private static final long MAGIC = 0x4b48_4344_4149_414eL; // "NAIADCHK"
    private static final long VERSION = 1;

    int size() {
        return Math.toIntExact(HEADER_SIZE + (chunks + 7L) / 8);
    }

    /** The file with these bits. */
    byte[] with(byte[] bits) {
        var file = new byte[size()];
        var header = LittleEndian.slice(MemorySegment.ofArray(file), 0, USED, "check record");
        header.putU64(MAGIC_AT, MAGIC)
                .putU32(VERSION_AT, VERSION)
                .putU32(CHUNKS_AT, chunks)
                .putU64(INODE_AT, data.inode())
                .putU64(BORN_AT, data.bornMicros())
                .putU64(BOOT_HIGH_AT, boot.getMostSignificantBits())
                .putU64(BOOT_LOW_AT, boot.getLeastSignificantBits());
        System.arraycopy(bits, 0, file, HEADER_SIZE, bits.length);
        return file;
    }

    /** Whether the file is this blob's, of this data file and boot. */
    boolean isHeadOf(MemorySegment file) {
        return file.byteSize() == size()
                && file.asSlice(0, HEADER_SIZE)
                                .mismatch(
                                        MemorySegment.ofArray(with(new byte[0]))
                                                .asSlice(0, HEADER_SIZE))
                        < 0;
    }

    /** The bits of the file at {@code path}, none where it is another's or cannot be read. */
    byte[] bitsOf(Path path) {
        try {
            if (Files.size(path) == size()) {
                byte[] file = Files.readAllBytes(path);
                if (isHeadOf(MemorySegment.ofArray(file))) {
                    return Arrays.copyOfRange(file, HEADER_SIZE, file.length);
                }
            }
        } catch (NoSuchFileException e) {
            return new byte[0];
        } catch (IOException e) {
            return new byte[0]; // the chunks are checked again
        }
        return new byte[0];
    }

    /** Takes a file away for good: it is not there after a power cut either. */
    static void forget(Path path) throws IOException {
        if (Files.deleteIfExists(path)) {
            Path parent = path.toAbsolutePath().getParent();
            if (parent != null) {
                AtomicFiles.syncDirectory(parent);
            }
        }
    }
}
