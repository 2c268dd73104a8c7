package dev.naiad.convert.verify;

import dev.naiad.base.bytes.Digest;
import dev.naiad.base.error.NaiadException;
import dev.naiad.builder.BuiltLayer;
import dev.naiad.builder.reference.PlainBytes;
import dev.naiad.rafs.reader.BootstrapReader;
import java.lang.foreign.MemorySegment;
import java.util.Optional;

/**
 * The audit of a layer that keeps its data: what the image says of its files is compared with the
 * archive, read a second way. For the thread that builds.
 */
public final class ReferenceAudit implements PlainBytes {
    private final String name;
    private final SecondReading archive;

    /**
     * @param name of the layer, for errors
     * @param chunkSize of the image
     */
    public ReferenceAudit(String name, int chunkSize) {
        this.name = name;
        this.archive = new SecondReading(name, chunkSize);
    }

    @Override
    public void accept(byte[] bytes, int from, int count) {
        archive.accept(bytes, from, count);
    }

    /**
     * Compares the layer with its source; call it when the archive has ended.
     *
     * @param layer the original's digest
     * @throws NaiadException DATA_LOSS with the first difference
     */
    public Evidence check(BuiltLayer built, Digest layer) {
        var tree = archive.finish();
        var bootstrap =
                BootstrapReader.open(MemorySegment.ofArray(built.bootstrap()), "verify " + name);
        var chunks = new ChunkAudit(name, bootstrap, info -> Optional.empty());
        var _ = TreeAudit.compare(name, tree, bootstrap, chunks);
        return new Evidence(tree, layer.hex(), Optional.empty());
    }
}
