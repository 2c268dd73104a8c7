package dev.naiad.codec.cipher;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.security.GeneralSecurityException;
import java.util.Arrays;
import javax.crypto.Cipher;
import javax.crypto.spec.SecretKeySpec;

/**
 * AES-128 in XTS mode (IEEE 1619): each call is one data unit of at least 16 bytes that begins with
 * the tweak given at construction; ciphertext stealing keeps the length of units that are no whole
 * blocks. The JDK has AES with the processor's help but not this mode.
 *
 * <p>For one thread; keep it, because making it computes key schedules. Source and target may be on
 * the heap or native, and may be the same segment.
 */
public final class AesXts {
    /** Bytes of the key: one half for the data, one for the tweak. */
    public static final int KEY_BYTES = 32;

    /** Bytes of the initialization vector, which is the number of the data unit. */
    public static final int IV_BYTES = 16;

    /** The shortest data unit. */
    public static final int BLOCK = 16;

    private static final int STRIDE = 8192;
    private static final VarHandle LONGS =
            MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

    private final Cipher encrypt;
    private final Cipher decrypt;
    private final long firstTweakLow;
    private final long firstTweakHigh;

    private final byte[] input = new byte[STRIDE];
    private final byte[] output = new byte[STRIDE];
    private final byte[] tweaks = new byte[STRIDE];
    private final byte[] tail = new byte[2 * BLOCK];
    private long low;
    private long high;

    /**
     * A cipher for units that all begin with the same tweak.
     *
     * @param key {@value #KEY_BYTES} bytes
     * @param iv {@value #IV_BYTES} bytes
     */
    public AesXts(byte[] key, byte[] iv) {
        if (key.length != KEY_BYTES || iv.length != IV_BYTES) {
            throw new IllegalArgumentException(
                    "a key of " + key.length + " and an IV of " + iv.length + " bytes");
        }
        encrypt = ecb(Cipher.ENCRYPT_MODE, key, 0);
        decrypt = ecb(Cipher.DECRYPT_MODE, key, 0);
        byte[] tweak = new byte[IV_BYTES];
        run(ecb(Cipher.ENCRYPT_MODE, key, KEY_BYTES / 2), iv, tweak, BLOCK);
        firstTweakLow = (long) LONGS.get(tweak, 0);
        firstTweakHigh = (long) LONGS.get(tweak, 8);
    }

    private static Cipher ecb(int mode, byte[] key, int at) {
        try {
            var cipher = Cipher.getInstance("AES/ECB/NoPadding");
            cipher.init(mode, new SecretKeySpec(key, at, KEY_BYTES / 2, "AES"));
            return cipher;
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every JDK has AES", e);
        }
    }

    private static void run(Cipher cipher, byte[] from, byte[] to, int length) {
        try {
            int written = cipher.update(from, 0, length, to, 0);
            if (written != length) {
                throw new IllegalStateException(written + " of " + length + " bytes ciphered");
            }
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("whole blocks in a buffer of the same size", e);
        }
    }

    /** Encrypts the unit to the start of {@code target}; as many bytes as the source has. */
    public void encrypt(MemorySegment source, MemorySegment target) {
        long whole = wholeBlocks(source, target);
        bulk(encrypt, source, target, whole);
        int rest = (int) (source.byteSize() - whole);
        if (rest == 0) {
            return;
        }
        // The last whole block and the rest: the rest's cipher text takes the place of the block,
        // and the block's first bytes become the rest.
        MemorySegment.copy(source, whole, MemorySegment.ofArray(tail), 0, rest);
        one(encrypt);
        int partial = rest - BLOCK;
        byte[] stolen = Arrays.copyOf(output, BLOCK);
        System.arraycopy(tail, BLOCK, tail, 0, partial);
        System.arraycopy(stolen, partial, tail, partial, BLOCK - partial);
        advance();
        one(encrypt);
        put(output, target, whole, BLOCK);
        put(stolen, target, whole + BLOCK, partial);
    }

    /** Decrypts the unit to the start of {@code target}; as many bytes as the source has. */
    public void decrypt(MemorySegment source, MemorySegment target) {
        long whole = wholeBlocks(source, target);
        bulk(decrypt, source, target, whole);
        int rest = (int) (source.byteSize() - whole);
        if (rest == 0) {
            return;
        }
        MemorySegment.copy(source, whole, MemorySegment.ofArray(tail), 0, rest);
        long blockLow = low;
        long blockHigh = high;
        advance();
        one(decrypt);
        int partial = rest - BLOCK;
        byte[] last = Arrays.copyOf(output, BLOCK);
        System.arraycopy(tail, BLOCK, tail, 0, partial);
        System.arraycopy(last, partial, tail, partial, BLOCK - partial);
        low = blockLow;
        high = blockHigh;
        one(decrypt);
        put(output, target, whole, BLOCK);
        put(last, target, whole + BLOCK, partial);
    }

    private static void put(byte[] from, MemorySegment target, long at, int length) {
        MemorySegment.copy(from, 0, target, ValueLayout.JAVA_BYTE, at, length);
    }

    /** Bytes that are ciphered block by block; the last block goes with a rest if there is one. */
    private static long wholeBlocks(MemorySegment source, MemorySegment target) {
        long size = source.byteSize();
        if (size < BLOCK || target.byteSize() < size) {
            throw new IllegalArgumentException(
                    "a data unit of " + size + " bytes into " + target.byteSize());
        }
        return size % BLOCK == 0 ? size : size / BLOCK * BLOCK - BLOCK;
    }

    private void bulk(Cipher cipher, MemorySegment source, MemorySegment target, long length) {
        low = firstTweakLow;
        high = firstTweakHigh;
        for (long at = 0; at < length; at += STRIDE) {
            int count = (int) Math.min(STRIDE, length - at);
            MemorySegment.copy(source, ValueLayout.JAVA_BYTE, at, input, 0, count);
            for (int i = 0; i < count; i += BLOCK) {
                LONGS.set(tweaks, i, low);
                LONGS.set(tweaks, i + 8, high);
                advance();
            }
            mix(input, count);
            run(cipher, input, output, count);
            mix(output, count);
            put(output, target, at, count);
        }
    }

    private void mix(byte[] bytes, int count) {
        for (int i = 0; i < count; i += 8) {
            LONGS.set(bytes, i, (long) LONGS.get(bytes, i) ^ (long) LONGS.get(tweaks, i));
        }
    }

    /** Ciphers the first block of the tail to the start of the output with the current tweak. */
    private void one(Cipher cipher) {
        LONGS.set(input, 0, (long) LONGS.get(tail, 0) ^ low);
        LONGS.set(input, 8, (long) LONGS.get(tail, 8) ^ high);
        run(cipher, input, output, BLOCK);
        LONGS.set(output, 0, (long) LONGS.get(output, 0) ^ low);
        LONGS.set(output, 8, (long) LONGS.get(output, 8) ^ high);
    }

    /** The next tweak: times x in GF(2^128). */
    private void advance() {
        long carry = high >> 63;
        high = high << 1 | low >>> 63;
        low = low << 1 ^ (carry & 0x87);
    }
}
