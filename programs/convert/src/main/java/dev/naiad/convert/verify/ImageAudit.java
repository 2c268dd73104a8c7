package dev.naiad.convert.verify;

import dev.naiad.rafs.reader.BootstrapReader;
import java.lang.foreign.MemorySegment;
import java.util.HashMap;
import java.util.List;
import java.util.Optional;

/** Whether a merged image is what its layers are over each other. */
public final class ImageAudit {
    private ImageAudit() {}

    /**
     * Compares.
     *
     * @param layers lowest first
     * @return the number of entries of the image
     * @throws dev.naiad.base.error.NaiadException DATA_LOSS with the first difference
     */
    public static long check(String name, List<Evidence> layers, byte[] bootstrap) {
        var image = BootstrapReader.open(MemorySegment.ofArray(bootstrap), "verify " + name);
        var ledgers = new HashMap<String, Optional<BlobLedger>>();
        layers.forEach(layer -> ledgers.put(layer.blobId(), layer.ledger()));
        var chunks =
                new ChunkAudit(
                        name, image, blob -> ledgers.getOrDefault(blob.id(), Optional.empty()));
        var expected = ExpectedOverlay.of(layers.stream().map(Evidence::tree).toList());
        return TreeAudit.compare(name, expected, image, chunks);
    }
}
