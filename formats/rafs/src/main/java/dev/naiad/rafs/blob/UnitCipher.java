package dev.naiad.rafs.blob;

import dev.naiad.base.error.CorruptFormatException;
import dev.naiad.codec.cipher.AesXts;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * The encryption of a blob: each stored unit (a chunk, a batch, the chunk information, its header)
 * is one data unit of AES-128-XTS with the blob's IV as tweak. Units too short for that are padded
 * to 16 bytes with bytes that tell how many they are, and marked by two more.
 * docs/formats/blob.md#encryption
 *
 * <p>For one thread.
 */
public final class UnitCipher {
    private static final int PADDED = AesXts.BLOCK + 2;
    private static final byte MARK_0 = 0x78;
    private static final byte MARK_1 = (byte) 0x90;

    private final AesXts xts;
    private final MemorySegment small = MemorySegment.ofArray(new byte[PADDED]);

    /**
     * @param key 32 bytes and {@code iv} 16 bytes, as the blob table has them
     */
    public UnitCipher(byte[] key, byte[] iv) {
        xts = new AesXts(key, iv);
    }

    /** Bytes that a unit takes once it is encrypted. */
    public static long storedSize(long plainSize) {
        return plainSize < AesXts.BLOCK ? PADDED : plainSize;
    }

    /**
     * Whether other readers would take the unit for a padded one and shorten it, because its length
     * and last bytes happen to look so.
     */
    public static boolean looksPadded(MemorySegment unit) {
        return unit.byteSize() == PADDED
                && at(unit, PADDED - 2) == MARK_0
                && at(unit, PADDED - 1) == MARK_1;
    }

    private static byte at(MemorySegment bytes, int index) {
        return bytes.get(ValueLayout.JAVA_BYTE, index);
    }

    /**
     * Encrypts a unit to the start of {@code target}, which has room for {@link #storedSize} bytes.
     *
     * @return the bytes written
     */
    public int encrypt(MemorySegment plain, MemorySegment target) {
        int size = (int) plain.byteSize();
        if (size >= AesXts.BLOCK) {
            xts.encrypt(plain, target);
            return size;
        }
        small.asSlice(0, AesXts.BLOCK).fill((byte) (AesXts.BLOCK - size));
        MemorySegment.copy(plain, 0, small, 0, size);
        small.set(ValueLayout.JAVA_BYTE, PADDED - 2, MARK_0);
        small.set(ValueLayout.JAVA_BYTE, PADDED - 1, MARK_1);
        xts.encrypt(small, target);
        return PADDED;
    }

    /**
     * Decrypts a unit to the start of {@code target}, which has at least as many bytes as {@code
     * stored}.
     *
     * @param plainSize the size that the unit must have if it is known, else -1
     * @return the bytes of the unit without padding
     * @throws CorruptFormatException if it is too short or not of that size
     */
    public int decrypt(MemorySegment stored, MemorySegment target, long plainSize, String what) {
        if (stored.byteSize() < AesXts.BLOCK) {
            throw new CorruptFormatException(
                    what,
                    -1,
                    "at least " + AesXts.BLOCK + " encrypted bytes",
                    stored.byteSize() + " bytes");
        }
        xts.decrypt(stored, target);
        int size = (int) stored.byteSize();
        int result =
                size == PADDED && plainSize != PADDED ? unpadded(target.asSlice(0, PADDED)) : size;
        if (plainSize >= 0 && result != plainSize) {
            throw new CorruptFormatException(
                    what, -1, plainSize + " decrypted bytes", result + " bytes");
        }
        return result;
    }

    /** The length before padding, or the whole length where the bytes show none. */
    private static int unpadded(MemorySegment unit) {
        int padding = at(unit, AesXts.BLOCK - 1);
        if (!looksPadded(unit) || padding < 1 || padding > AesXts.BLOCK) {
            return PADDED;
        }
        for (int i = AesXts.BLOCK - padding; i < AesXts.BLOCK; i++) {
            if (at(unit, i) != padding) {
                return PADDED;
            }
        }
        return AesXts.BLOCK - padding;
    }
}
