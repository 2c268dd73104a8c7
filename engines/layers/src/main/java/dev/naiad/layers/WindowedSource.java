package dev.naiad.layers;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.naiad.base.bytes.ByteSource;
import dev.naiad.base.error.ErrorKind;
import dev.naiad.base.error.NaiadException;
import java.lang.foreign.MemorySegment;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Reads a remote source in aligned windows and keeps the last few, so that the many small reads of
 * an unpacker, which mostly go forward, become few requests.
 */
public final class WindowedSource implements ByteSource {
    private static final int WINDOW_BYTES = 2 << 20;
    private static final int WINDOWS = 4;

    private final ByteSource source;
    private final int windowBytes;

    @GuardedBy("itself") private final Map<Long, byte[]> windows;

    /** Keeps at most 8 MiB. */
    public WindowedSource(ByteSource source) {
        this(source, WINDOW_BYTES, WINDOWS);
    }

    WindowedSource(ByteSource source, int windowBytes, int count) {
        this.source = source;
        this.windowBytes = windowBytes;
        this.windows =
                new LinkedHashMap<>(16, 0.75f, true) {
                    @Override
                    protected boolean removeEldestEntry(Map.Entry<Long, byte[]> eldest) {
                        return size() > count;
                    }
                };
    }

    @Override
    public long size() {
        return source.size();
    }

    @Override
    public void read(long offset, MemorySegment target) {
        long length = target.byteSize();
        if (offset < 0 || length > size() - offset) {
            throw new NaiadException(
                    ErrorKind.OUT_OF_RANGE,
                    name()
                            + ": "
                            + length
                            + " bytes at "
                            + offset
                            + " lie beyond the end ("
                            + size()
                            + ")");
        }
        if (length >= windowBytes) {
            source.read(offset, target);
            return;
        }
        long done = 0;
        while (done < length) {
            long at = offset + done;
            byte[] window = window(at / windowBytes);
            int from = (int) (at % windowBytes);
            int count = (int) Math.min(length - done, window.length - from);
            MemorySegment.copy(MemorySegment.ofArray(window), from, target, done, count);
            done += count;
        }
    }

    private byte[] window(long number) {
        synchronized (windows) {
            byte[] known = windows.get(number);
            if (known != null) {
                return known;
            }
        }
        long start = number * windowBytes;
        byte[] read = source.readBytes(start, (int) Math.min(windowBytes, size() - start));
        synchronized (windows) {
            windows.put(number, read);
        }
        return read;
    }

    @Override
    public String name() {
        return source.name();
    }
}
