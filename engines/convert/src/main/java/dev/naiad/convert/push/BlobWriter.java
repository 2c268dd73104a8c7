package dev.naiad.convert.push;

import dev.naiad.base.bytes.Digest;
import java.io.IOException;
import java.nio.channels.WritableByteChannel;

/** A blob on its way. {@link #close} without {@link #commit} gives up what was sent. */
public interface BlobWriter extends WritableByteChannel {
    /** Waits until everything has arrived and makes it a blob. */
    void commit(Digest digest) throws IOException;

    @Override
    void close();
}
