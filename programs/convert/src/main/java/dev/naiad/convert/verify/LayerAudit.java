package dev.naiad.convert.verify;

import dev.naiad.base.error.ErrorKind;
import dev.naiad.base.error.NaiadException;
import dev.naiad.builder.BuildOptions;
import dev.naiad.builder.BuiltLayer;
import dev.naiad.rafs.BlobInfo;
import dev.naiad.rafs.Bootstrap;
import dev.naiad.rafs.blob.BlobMeta;
import dev.naiad.rafs.reader.BootstrapReader;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.MemorySegment;
import java.nio.channels.WritableByteChannel;
import java.util.Optional;

/**
 * The audit of one layer's build: give the builder {@link #source} and {@link #blob} in place of
 * the streams themselves, then call {@link #check}. For the thread that builds.
 */
public final class LayerAudit implements AutoCloseable {
    private final String name;
    private final TarTap tap;
    private final BlobAudit blob;
    private String problem = "";

    /**
     * @param name of the layer, for errors
     * @param channel of the blob; left open
     */
    public LayerAudit(String name, BuildOptions options, WritableByteChannel channel) {
        this.name = name;
        this.tap = new TarTap(options.chunkSize());
        this.blob =
                new BlobAudit(
                        channel,
                        name,
                        options.compressor(),
                        options.digester(),
                        options.chunkSize());
    }

    /** What the builder writes to. */
    public WritableByteChannel blob() {
        return blob;
    }

    /** What the builder reads from, and whoever reads the rest. */
    public InputStream source(InputStream tar) {
        return new FilterInputStream(tar) {
            @Override
            public int read() throws IOException {
                byte[] one = new byte[1];
                return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
            }

            @Override
            public int read(byte[] target, int offset, int length) throws IOException {
                int count = super.read(target, offset, length);
                if (count > 0) {
                    pass(target, offset, count);
                }
                return count;
            }
        };
    }

    private void pass(byte[] bytes, int from, int count) {
        if (!problem.isEmpty()) {
            return;
        }
        try {
            tap.accept(bytes, from, count);
        } catch (RuntimeException e) {
            // A broken archive is the builder's to refuse, with its own words.
            problem = e.toString();
        }
    }

    /**
     * Compares the layer with its source; call it when both streams have ended.
     *
     * @throws NaiadException DATA_LOSS with the first difference
     */
    public Evidence check(BuiltLayer built) {
        if (!problem.isEmpty()) {
            throw new NaiadException(
                    ErrorKind.DATA_LOSS,
                    "verify " + name + ": the archive cannot be read a second way: " + problem);
        }
        blob.finish();
        var ledger = blob.ledger();
        Bootstrap bootstrap =
                BootstrapReader.open(MemorySegment.ofArray(built.bootstrap()), "verify " + name);
        checkTable(built, bootstrap, ledger);
        var chunks = new ChunkAudit(name, bootstrap, info -> own(info, built, ledger));
        var tree = tap.finish();
        var _ = TreeAudit.compare(name, tree, bootstrap, chunks);
        return new Evidence(tree, built.digest().hex(), Optional.of(ledger));
    }

    /**
     * A blob of a dictionary has its id, the layer's own stands under a placeholder or its digest.
     */
    private static Optional<BlobLedger> own(BlobInfo info, BuiltLayer built, BlobLedger ledger) {
        boolean own = info.hasPlaceholderId() || info.id().equals(built.digest().hex());
        return own ? Optional.of(ledger) : Optional.empty();
    }

    /** The chunk table inside the blob, which readers use. */
    private void checkTable(BuiltLayer built, Bootstrap bootstrap, BlobLedger ledger) {
        if (built.blobMeta().length == 0) {
            return;
        }
        for (BlobInfo info : bootstrap.blobs()) {
            if (own(info, built, ledger).isPresent()) {
                var table =
                        BlobMeta.openCacheFile(
                                info, MemorySegment.ofArray(built.blobMeta()), "verify " + name);
                ChunkAudit.compareIfUsable(name, info.id(), table, ledger);
            }
        }
    }

    @Override
    public void close() {
        blob.close();
    }
}
