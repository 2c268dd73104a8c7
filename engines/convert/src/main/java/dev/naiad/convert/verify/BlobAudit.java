package dev.naiad.convert.verify;

import dev.naiad.base.error.ErrorKind;
import dev.naiad.base.error.NaiadException;
import dev.naiad.builder.chunk.BlobWitness;
import dev.naiad.codec.block.BlockCodec;
import dev.naiad.codec.digest.BatchHasher;
import dev.naiad.rafs.Compressor;
import dev.naiad.rafs.Digester;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.WritableByteChannel;
import java.util.zip.CRC32C;

/**
 * Looks at a blob while it is written: the very bytes that are sent must be those that the
 * compressor made, every fourth chunk is decompressed from them and summed up again, and every
 * thirty-second digested again. Decompressing all of them would cost a tenth of a conversion. What
 * it found stays as a {@link BlobLedger}. For one thread at a time; {@link #close} frees its
 * buffers and leaves the channel open.
 */
final class BlobAudit implements BlobWitness {
    private static final int READ_BACK = 4;
    private static final int DIGESTED = 32;

    private final WritableByteChannel channel;
    private final String name;
    private final BlockCodec codec;
    private final BatchHasher hasher;
    private final int[] from = {0};
    private final int[] length = {0};
    private final Arena arena = Arena.ofShared();
    private final MemorySegment plain;
    private final CRC32C crc = new CRC32C();
    private final BlobLedger ledger = new BlobLedger();
    private long position;
    private int next; // of the ledger's chunks
    private MemorySegment carry = MemorySegment.NULL;
    private long carried;

    /**
     * @param channel where the blob goes on
     */
    BlobAudit(
            WritableByteChannel channel,
            String name,
            Compressor compressor,
            Digester digester,
            int chunkSize) {
        this.channel = channel;
        this.name = name;
        this.codec = compressor.codec();
        this.hasher = digester.batchHasher();
        this.plain = arena.allocate(chunkSize, 64);
    }

    BlobLedger ledger() {
        return ledger;
    }

    @Override
    public void stored(
            long offset,
            int storedSize,
            int plainSize,
            boolean compressed,
            int crc32c,
            int storedCrc32c) {
        if (offset < (ledger.count() == 0 ? 0 : ledger.end(ledger.count() - 1))
                || plainSize > plain.byteSize()) {
            throw differs("lies at " + offset + ", " + plainSize + " bytes", ledger.count());
        }
        ledger.add(offset, storedSize, plainSize, compressed, crc32c, storedCrc32c);
    }

    @Override
    public int write(ByteBuffer bytes) throws IOException {
        int count = bytes.remaining();
        look(MemorySegment.ofBuffer(bytes));
        while (bytes.hasRemaining()) {
            channel.write(bytes);
        }
        position += count;
        return count;
    }

    /** Checks what ends in these bytes and keeps what goes on in the next ones. */
    private void look(MemorySegment bytes) {
        long end = position + bytes.byteSize();
        while (next < ledger.count() && ledger.offset(next) < end) {
            long from = Math.max(ledger.offset(next), position);
            if (ledger.end(next) > end) {
                carry(bytes.asSlice(from - position));
                return;
            }
            MemorySegment part = bytes.asSlice(from - position, ledger.end(next) - from);
            if (carried > 0) {
                carry(part);
                check(next, carry.asSlice(0, carried));
                carried = 0;
            } else {
                check(next, part);
            }
            next++;
        }
    }

    private void carry(MemorySegment part) {
        if (carry.byteSize() < carried + part.byteSize()) {
            var larger = arena.allocate(Math.max(ledger.storedSize(next), 1));
            MemorySegment.copy(carry, 0, larger, 0, carried);
            carry = larger;
        }
        MemorySegment.copy(part, 0, carry, carried, part.byteSize());
        carried += part.byteSize();
    }

    private void check(int index, MemorySegment stored) {
        if (sum(stored) != ledger.storedCrc32c(index)) {
            throw differs("was changed on its way out", index);
        }
        if (!ledger.compressed(index) || index % READ_BACK == 0) {
            readBack(index, stored);
        }
    }

    private int sum(MemorySegment bytes) {
        crc.reset();
        crc.update(bytes.asByteBuffer());
        return (int) crc.getValue();
    }

    private void readBack(int index, MemorySegment stored) {
        MemorySegment content = stored;
        int size = ledger.plainSize(index);
        if (ledger.compressed(index)) {
            content = plain.asSlice(0, size);
            try {
                codec.decompressExactly(stored, content, "chunk " + index);
            } catch (NaiadException e) {
                throw differs("cannot be decompressed: " + e.what(), index);
            }
        } else if (stored.byteSize() != size) {
            throw differs("is stored as it is, but has another size", index);
        }
        int found = ledger.compressed(index) ? sum(content) : ledger.storedCrc32c(index);
        if (found != ledger.crc32c(index)) {
            throw differs("holds other bytes than were to be stored", index);
        }
        if (index % DIGESTED == 0) {
            byte[] digest = new byte[ChunkAudit.DIGEST_BYTES];
            length[0] = size;
            hasher.hash(content, from, length, 1, digest);
            ledger.digest(index, digest);
        }
    }

    private NaiadException differs(String how, int index) {
        return new NaiadException(
                ErrorKind.DATA_LOSS, "verify " + name + ": chunk " + index + " of the blob " + how);
    }

    /** Whether all announced bytes have come. */
    void finish() {
        if (next < ledger.count()) {
            throw differs("was not written", next);
        }
    }

    @Override
    public boolean isOpen() {
        return channel.isOpen();
    }

    @Override
    public void close() {
        if (arena.scope().isAlive()) {
            arena.close();
        }
    }
}
