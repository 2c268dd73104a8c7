package dev.naiad.builder;

import dev.naiad.base.error.ErrorKind;
import dev.naiad.base.error.NaiadException;
import dev.naiad.builder.chunk.ChunkPipeline;
import dev.naiad.builder.chunk.InputWindow;
import dev.naiad.builder.tar.PrefixedChannel;
import dev.naiad.builder.tar.TarTreeBuilder;
import dev.naiad.builder.tree.WhiteoutSpec;
import java.io.IOException;
import java.nio.channels.ReadableByteChannel;

/**
 * A tar archive whose data is copied into the blob.
 *
 * @param tar plain or gzip, read to its end, not closed
 * @param overOthers it is laid over a parent; a build that leaves whiteouts as they are is to be
 *     merged with others, too
 */
record TarSource(String name, ReadableByteChannel tar, BuildOptions options, boolean overOthers)
        implements BuildSource {
    @Override
    public Content read(ChunkPipeline pipeline) {
        var window = new InputWindow(pipeline, plain(), name);
        var tree =
                new TarTreeBuilder(
                                window,
                                options.chunkSize(),
                                options.explicitOwners(),
                                overOthers || options.whiteouts() == WhiteoutSpec.NONE)
                        .build();
        window.finish();
        return new Content(tree, window.consumed());
    }

    private ReadableByteChannel plain() {
        try {
            return PrefixedChannel.plain(tar, name);
        } catch (IOException e) {
            throw new NaiadException(
                    ErrorKind.UNAVAILABLE, name + ": cannot read: " + e.getMessage(), e);
        }
    }
}
