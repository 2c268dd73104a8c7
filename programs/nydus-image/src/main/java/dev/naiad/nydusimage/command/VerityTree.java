package dev.naiad.nydusimage.command;

import dev.naiad.base.bytes.Hex;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.security.DigestException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;

/**
 * The hash tree of dm-verity behind a disk: SHA-256, no salt, no superblock, format 1. The top
 * level comes first. One level is made from the file's content of the level below, so memory does
 * not depend on the disk's size.
 *
 * @param dataBlocks blocks that are covered
 * @param offset where the tree begins
 * @param root hex of the top block's hash
 */
record VerityTree(long dataBlocks, long offset, String root) {
    static final int HASH_BLOCK = 4096;

    private static final int HASH = 32;
    private static final int PER_BLOCK = HASH_BLOCK / HASH;
    private static final int STEP = 1 << 20;

    /**
     * Appends the tree.
     *
     * @param size of the disk, in whole data blocks
     * @param dataBlock at most 4096, a power of two
     */
    static VerityTree append(FileChannel disk, long size, int dataBlock) throws IOException {
        long dataBlocks = size / dataBlock;
        long offset = (size + HASH_BLOCK - 1) / HASH_BLOCK * HASH_BLOCK;
        int levels = 0;
        long above = dataBlocks;
        while (above > 1) {
            above = blocksFor(above);
            levels++;
        }
        long[] blocks = new long[levels]; // from the data up
        long[] starts = new long[levels];
        long count = dataBlocks;
        for (int i = 0; i < levels; i++) {
            count = blocksFor(count);
            blocks[i] = count;
        }
        long at = offset;
        for (int i = levels - 1; i >= 0; i--) {
            starts[i] = at;
            at += blocks[i] * HASH_BLOCK;
        }
        var sha256 = sha256();
        for (int i = 0; i < levels; i++) {
            if (i == 0) {
                level(disk, 0, dataBlocks, dataBlock, starts[0], sha256);
            } else {
                level(disk, starts[i - 1], blocks[i - 1], HASH_BLOCK, starts[i], sha256);
            }
        }
        byte[] top =
                levels == 0 ? read(disk, 0, dataBlock) : read(disk, starts[levels - 1], HASH_BLOCK);
        return new VerityTree(dataBlocks, offset, Hex.encode(sha256.digest(top)));
    }

    private static long blocksFor(long hashes) {
        return (hashes + PER_BLOCK - 1) / PER_BLOCK;
    }

    private static void level(
            FileChannel disk, long from, long count, int block, long to, MessageDigest sha256)
            throws IOException {
        int batch = STEP / block; // a multiple of the hashes in a block
        byte[] hashes = new byte[batch * HASH];
        long target = to;
        for (long first = 0; first < count; first += batch) {
            int here = (int) Math.min(batch, count - first);
            byte[] content = read(disk, from + first * block, here * block);
            try {
                for (int i = 0; i < here; i++) {
                    sha256.update(content, i * block, block);
                    sha256.digest(hashes, i * HASH, HASH);
                }
            } catch (DigestException e) {
                throw new IllegalStateException("SHA-256 is 32 bytes", e);
            }
            int length = (int) blocksFor(here) * HASH_BLOCK;
            Arrays.fill(hashes, here * HASH, length, (byte) 0);
            BlockImage.write(disk, ByteBuffer.wrap(hashes, 0, length), target);
            target += length;
        }
    }

    private static byte[] read(FileChannel disk, long at, int length) throws IOException {
        byte[] content = new byte[length];
        var target = ByteBuffer.wrap(content);
        while (target.hasRemaining()) {
            if (disk.read(target, at + target.position()) < 0) {
                throw new EOFException("the disk became shorter while it was hashed");
            }
        }
        return content;
    }

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
    }
}
