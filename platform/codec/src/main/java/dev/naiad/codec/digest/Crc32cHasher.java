package dev.naiad.codec.digest;

import dev.naiad.base.bytes.Digest;
import java.lang.foreign.MemorySegment;
import java.util.zip.CRC32C;

/** CRC-32C, big-endian as it is written in hexadecimal. */
final class Crc32cHasher implements Hasher {
    private static final long STEP = 1 << 30;

    private final CRC32C crc = new CRC32C();

    @Override
    public Digest.Algorithm algorithm() {
        return Digest.Algorithm.CRC32C;
    }

    @Override
    public void update(byte[] bytes, int offset, int length) {
        crc.update(bytes, offset, length);
    }

    @Override
    public void update(MemorySegment bytes) {
        for (long at = 0; at < bytes.byteSize(); at += STEP) {
            crc.update(bytes.asSlice(at, Math.min(STEP, bytes.byteSize() - at)).asByteBuffer());
        }
    }

    @Override
    public byte[] finish() {
        int value = (int) crc.getValue();
        crc.reset();
        return new byte[] {
            (byte) (value >> 24), (byte) (value >> 16), (byte) (value >> 8), (byte) value
        };
    }

    @Override
    public void reset() {
        crc.reset();
    }
}
