package dev.naiad.convert.verify;

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
    private final SecondReading archive;
    private final BlobAudit blob;

    /**
     * @param name of the layer, for errors
     * @param channel of the blob; left open
     */
    public LayerAudit(String name, BuildOptions options, WritableByteChannel channel) {
        this.name = name;
        this.archive = new SecondReading(name, options.chunkSize());
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

    /** The stream for the builder, and for whatever reads the rest. */
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
                    archive.accept(target, offset, count);
                }
                return count;
            }
        };
    }

    /**
     * Compares the layer with its source; call it when both streams have ended.
     *
     * @throws NaiadException DATA_LOSS with the first difference
     */
    public Evidence check(BuiltLayer built) {
        var tree = archive.finish();
        blob.finish();
        var ledger = blob.ledger();
        Bootstrap bootstrap =
                BootstrapReader.open(MemorySegment.ofArray(built.bootstrap()), "verify " + name);
        checkTable(built, bootstrap, ledger);
        var chunks = new ChunkAudit(name, bootstrap, info -> own(info, built, ledger));
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
                ChunkAudit.compareIfUsable(name, info, table, ledger);
            }
        }
    }

    @Override
    public void close() {
        blob.close();
    }
}
