package dev.naiad.layers;

import dev.naiad.base.bytes.Digest;
import dev.naiad.base.error.ErrorKind;
import dev.naiad.base.error.NaiadException;
import dev.naiad.builder.BuildOptions;
import dev.naiad.builder.KnownImages;
import dev.naiad.builder.LayerBuilder;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.channels.Channels;
import java.nio.channels.WritableByteChannel;

/**
 * Makes a Nydus layer of an OCI layer. The tar is read once, the blob is written once, both as
 * streams; memory is bounded by the options' chunk size and threads, not by the layer. The same
 * layer and options give the same bytes.
 */
public final class Pack {
    private Pack() {}

    /**
     * Describes a layer, gzip or plain, that keeps its data: the blob says where in the layer each
     * chunk is, so that images can be read from layers that exist.
     *
     * @param source read as it is; its digest must be known, since the blob refers to it
     * @param options of an image of format version 6; {@code inlineBootstrap} must be set
     * @param blob see {@link #layer(LayerSource, BuildOptions, KnownImages, WritableByteChannel)}
     */
    public static NydusLayer reference(
            LayerSource source, BuildOptions options, WritableByteChannel blob) {
        Digest original = source.digest();
        if (original == null) {
            throw new NaiadException(
                    ErrorKind.INVALID_ARGUMENT,
                    source.name() + ": a reference needs the layer's digest");
        }
        checkInlined(source, options);
        try (InputStream stored = source.openStored()) {
            var built =
                    LayerBuilder.fromReference(
                            source.name(),
                            Channels.newChannel(stored),
                            options.forReference(),
                            KnownImages.NONE,
                            blob);
            // The end is where the digest is checked.
            stored.transferTo(OutputStream.nullOutputStream());
            return NydusLayer.of(built).describing(original);
        } catch (IOException e) {
            throw new NaiadException(
                    ErrorKind.UNAVAILABLE, source.name() + ": cannot read: " + e.getMessage(), e);
        }
    }

    private static void checkInlined(LayerSource source, BuildOptions options) {
        if (!options.inlineBootstrap()) {
            throw new NaiadException(
                    ErrorKind.INVALID_ARGUMENT,
                    source.name() + ": a Nydus layer needs its bootstrap inlined");
        }
    }

    /**
     * Packs with an image converter's options ({@link BuildOptions#forConversion}).
     *
     * @param blob receives the Nydus layer; not closed
     */
    public static NydusLayer layer(LayerSource source, OutputStream blob) {
        return layer(
                source, BuildOptions.forConversion(), KnownImages.NONE, Channels.newChannel(blob));
    }

    /**
     * Packs on the calling thread, which should be a platform thread: parsing keeps a processor
     * busy. An interrupt ends the work.
     *
     * @param options {@code inlineBootstrap} must be set: a layer brings its bootstrap along
     * @param known a chunk dictionary
     * @param blob receives the Nydus layer; not closed. What it has received is worthless if this
     *     throws
     * @throws NaiadException DATA_LOSS if the source is not what its digests say; else naming what
     *     is wrong with the tar, or the channel that failed
     */
    public static NydusLayer layer(
            LayerSource source, BuildOptions options, KnownImages known, WritableByteChannel blob) {
        checkInlined(source, options);
        try (InputStream tar = source.open()) {
            var built =
                    LayerBuilder.fromTar(
                            source.name(), Channels.newChannel(tar), options, known, blob);
            // The end is where the digests are checked.
            tar.transferTo(OutputStream.nullOutputStream());
            return NydusLayer.of(built);
        } catch (IOException e) {
            throw new NaiadException(
                    ErrorKind.UNAVAILABLE, source.name() + ": cannot read: " + e.getMessage(), e);
        }
    }
}
