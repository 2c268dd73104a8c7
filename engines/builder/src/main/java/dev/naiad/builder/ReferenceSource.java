package dev.naiad.builder;

import dev.naiad.base.error.CorruptFormatException;
import dev.naiad.base.error.ErrorKind;
import dev.naiad.base.error.NaiadException;
import dev.naiad.builder.chunk.ChunkPipeline;
import dev.naiad.builder.chunk.InputWindow;
import dev.naiad.builder.chunk.OriginTracker;
import dev.naiad.builder.reference.LayerInput;
import dev.naiad.builder.reference.PlainBytes;
import dev.naiad.builder.reference.PlainOrigins;
import dev.naiad.builder.reference.ZranIndex;
import dev.naiad.builder.tar.NoReferenceException;
import dev.naiad.builder.tar.StreamChannel;
import dev.naiad.builder.tar.TarTreeBuilder;
import dev.naiad.builder.tree.WhiteoutSpec;
import dev.naiad.codec.stream.GunzipStream;
import dev.naiad.codec.stream.LayerStreams;
import dev.naiad.rafs.Compressor;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.channels.ReadableByteChannel;
import org.jspecify.annotations.Nullable;

/**
 * A tar archive, plain or gzip, whose data stays where it is: chunks are digested, and their
 * positions noted.
 *
 * @param layer read to its end, not closed
 * @param overOthers layers lie below
 * @param observer sees the plain archive
 */
record ReferenceSource(
        String name,
        ReadableByteChannel layer,
        BuildOptions options,
        boolean overOthers,
        PlainBytes observer,
        ZranIndex.Limits limits)
        implements BuildSource {
    private static final int HEAD = 4;
    private static final int MAX_PLAIN_CHUNK = 0xff_ffff;

    @Override
    public Content read(ChunkPipeline pipeline) {
        var input = new LayerInput(layer);
        try {
            byte[] head = input.head(HEAD);
            if (head.length < HEAD - 1) {
                throw new CorruptFormatException(name, 0, "a tar archive", head.length + " bytes");
            }
            return switch (LayerStreams.kindOf(head, head.length)) {
                case GZIP -> {
                    var plain = GunzipStream.tracking(input, name);
                    var index = new ZranIndex(plain, name, limits, options.chunkSize());
                    yield read(pipeline, input, plain, index, index);
                }
                case PLAIN -> {
                    if (options.chunkSize() > MAX_PLAIN_CHUNK) {
                        throw new NaiadException(
                                ErrorKind.INVALID_ARGUMENT,
                                name
                                        + ": chunks of 16 MiB cannot stay in a plain tar archive;"
                                        + " use --chunk-size 0x800000 or less");
                    }
                    yield read(pipeline, input, input, new PlainOrigins(input), null);
                }
                case ZSTD ->
                        throw new NoReferenceException(
                                name
                                        + ": nothing can begin in the middle of zstd data;"
                                        + " convert without a reference to the original layer");
            };
        } catch (IOException e) {
            throw new NaiadException(
                    ErrorKind.UNAVAILABLE, name + ": cannot read: " + e.getMessage(), e);
        }
    }

    @Override
    public Compressor compressor(BuildOptions unused) {
        return Compressor.NONE; // nothing is stored
    }

    private InputStream observed(InputStream plain) {
        return new FilterInputStream(plain) {
            @Override
            public int read(byte[] target, int offset, int length) throws IOException {
                int count = super.read(target, offset, length);
                if (count > 0) {
                    observer.accept(target, offset, count);
                }
                return count;
            }
        };
    }

    private Content read(
            ChunkPipeline pipeline,
            LayerInput input,
            InputStream plain,
            OriginTracker origins,
            @Nullable ZranIndex index)
            throws IOException {
        var window = new InputWindow(pipeline, new StreamChannel(observed(plain)), name, origins);
        // A bootstrap inside its blob is made to be merged.
        boolean over =
                overOthers || options.inlineBootstrap() || options.whiteouts() == WhiteoutSpec.NONE;
        var tree =
                new TarTreeBuilder(window, options.chunkSize(), options.explicitOwners(), over)
                        .build();
        window.finish();
        input.drain();
        var original = new OriginalLayer(input.digest().hex(), input.position(), index);
        return new Content(tree, window.consumed(), original);
    }
}
