package dev.naiad.snapshotter.bolt;

import dev.naiad.base.error.CorruptFormatException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Decodes and encodes pages. Everything is little-endian; positions inside elements count from the
 * element's own start.
 *
 * <pre>
 * header (16):  0 u64 page number   8 u16 kind   10 u16 element count   12 u32 further pages that belong to this one
 * branch (16):  0 u32 position      4 u32 key length      8 u64 child page
 * leaf   (16):  0 u32 flags (1: the value is a bucket)    4 u32 position   8 u32 key length   12 u32 value length
 * free list:    u64 page numbers; a count of 0xFFFF says that the first number is the real count
 * </pre>
 */
final class BoltPage {
    static final int HEADER = 16;
    static final int ELEMENT = 16;
    static final int BRANCH = 1;
    static final int LEAF = 2;
    static final int META = 4;
    static final int FREE_LIST = 16;
    private static final int BIG_COUNT = 0xFFFF;

    private BoltPage() {}

    static void putHeader(ByteBuffer target, long number, int kind, int count, int overflow) {
        target.putLong(0, number);
        target.putShort(8, (short) kind);
        target.putShort(10, (short) count);
        target.putInt(12, overflow);
    }

    static int kind(byte[] page) {
        return Short.toUnsignedInt(view(page).getShort(8));
    }

    static long number(byte[] page) {
        return view(page).getLong(0);
    }

    static long overflow(byte[] page) {
        return Integer.toUnsignedLong(view(page).getInt(12));
    }

    /** The elements of a branch or leaf page (or of a page stored inside a bucket's value). */
    static List<BoltEntry> entries(byte[] page, String name, long offset) {
        var at = view(page);
        int kind = Short.toUnsignedInt(at.getShort(8));
        if (kind != BRANCH && kind != LEAF) {
            throw new CorruptFormatException(name, offset, "a branch or leaf page", "kind " + kind);
        }
        int count = Short.toUnsignedInt(at.getShort(10));
        if (HEADER + (long) count * ELEMENT > page.length) {
            throw new CorruptFormatException(
                    name, offset, "elements inside the page", count + " elements");
        }
        var entries = new ArrayList<BoltEntry>(count);
        byte[] previous = null;
        for (int i = 0; i < count; i++) {
            int element = HEADER + i * ELEMENT;
            BoltEntry entry =
                    kind == BRANCH
                            ? BoltEntry.branch(
                                    slice(
                                            page,
                                            element,
                                            at.getInt(element),
                                            0,
                                            at.getInt(element + 4),
                                            name,
                                            offset),
                                    at.getLong(element + 8))
                            : leaf(page, at, element, name, offset);
            if (previous != null && Arrays.compareUnsigned(previous, entry.key()) >= 0) {
                throw new CorruptFormatException(
                        name, offset + element, "ascending keys", "a smaller or equal key");
            }
            previous = entry.key();
            entries.add(entry);
        }
        return entries;
    }

    private static BoltEntry leaf(
            byte[] page, ByteBuffer at, int element, String name, long offset) {
        int position = at.getInt(element + 4);
        int keyLength = at.getInt(element + 8);
        return BoltEntry.leaf(
                slice(page, element, position, 0, keyLength, name, offset),
                slice(page, element, position, keyLength, at.getInt(element + 12), name, offset),
                (at.getInt(element) & BoltEntry.BUCKET) != 0);
    }

    private static byte[] slice(
            byte[] page,
            int element,
            int position,
            int skip,
            int length,
            String name,
            long offset) {
        long from = element + Integer.toUnsignedLong(position) + Integer.toUnsignedLong(skip);
        long to = from + Integer.toUnsignedLong(length);
        if (to > page.length) {
            throw new CorruptFormatException(
                    name, offset + element, "key and value inside the page", "end " + to);
        }
        return Arrays.copyOfRange(page, (int) from, (int) to);
    }

    /** Bytes that {@code entries} need, header included. */
    static long size(List<BoltEntry> entries) {
        long size = HEADER;
        for (BoltEntry entry : entries) {
            size += entry.size();
        }
        return size;
    }

    /**
     * A page of {@code length} bytes, zero padded. {@code length} is at least {@link #size} of the
     * entries.
     */
    static byte[] encode(
            long number, boolean leaf, List<BoltEntry> entries, int length, int overflow) {
        byte[] page = new byte[length];
        var at = view(page);
        putHeader(at, number, leaf ? LEAF : BRANCH, entries.size(), overflow);
        int data = HEADER + entries.size() * ELEMENT;
        for (int i = 0; i < entries.size(); i++) {
            BoltEntry entry = entries.get(i);
            int element = HEADER + i * ELEMENT;
            byte[] key = entry.key();
            if (leaf) {
                at.putInt(element, entry.isBucket() ? BoltEntry.BUCKET : 0);
                at.putInt(element + 4, data - element);
                at.putInt(element + 8, key.length);
                at.putInt(element + 12, entry.value().length);
            } else {
                at.putInt(element, data - element);
                at.putInt(element + 4, key.length);
                at.putLong(element + 8, entry.childPage());
            }
            at.put(data, key);
            at.put(data + key.length, entry.value());
            data += key.length + entry.value().length;
        }
        return page;
    }

    /** The page numbers of a free list page. */
    static long[] freeList(byte[] page, String name, long offset) {
        var at = view(page);
        if (kind(page) != FREE_LIST) {
            throw new CorruptFormatException(
                    name, offset, "a free list page", "kind " + kind(page));
        }
        long count = Short.toUnsignedInt(at.getShort(10));
        int first = HEADER;
        if (count == BIG_COUNT) {
            count = at.getLong(HEADER);
            first += Long.BYTES;
        }
        if (count < 0 || count > (page.length - first) / Long.BYTES) {
            throw new CorruptFormatException(
                    name, offset, "a free list inside its pages", count + " numbers");
        }
        long[] numbers = new long[(int) count];
        at.position(first).slice().order(ByteOrder.LITTLE_ENDIAN).asLongBuffer().get(numbers);
        return numbers;
    }

    /** Bytes a free list of {@code count} numbers needs. */
    static int freeListSize(int count) {
        return HEADER + (count >= BIG_COUNT ? count + 1 : count) * Long.BYTES;
    }

    static byte[] encodeFreeList(long number, long[] numbers, int length, int overflow) {
        byte[] page = new byte[length];
        var at = view(page);
        boolean big = numbers.length >= BIG_COUNT;
        putHeader(at, number, FREE_LIST, big ? BIG_COUNT : numbers.length, overflow);
        at.position(HEADER);
        if (big) {
            at.putLong(numbers.length);
        }
        for (long free : numbers) {
            at.putLong(free);
        }
        return page;
    }

    static ByteBuffer view(byte[] page) {
        return ByteBuffer.wrap(page).order(ByteOrder.LITTLE_ENDIAN);
    }
}
