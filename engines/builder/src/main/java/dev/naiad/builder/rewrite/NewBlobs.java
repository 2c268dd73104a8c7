package dev.naiad.builder.rewrite;

import dev.naiad.builder.BuiltLayer;
import java.nio.channels.WritableByteChannel;
import java.util.function.Function;

/** Receives new blobs. */
@FunctionalInterface
public interface NewBlobs {
    /** Opens a channel, has the blob written and keeps it under its digest. */
    void write(Function<WritableByteChannel, BuiltLayer> build);
}
