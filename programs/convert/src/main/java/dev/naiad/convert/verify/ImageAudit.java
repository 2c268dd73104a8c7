package dev.naiad.convert.verify;

import dev.naiad.rafs.reader.BootstrapReader;
import java.lang.foreign.MemorySegment;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Whether a merged image is what its layers are over each other. What is expected of it can be put
 * together before the image is there.
 */
public final class ImageAudit {
    private final String name;
    private final ExpectedTree expected;
    private final Map<String, Optional<BlobLedger>> ledgers = new HashMap<>();

    private ImageAudit(String name, List<Evidence> layers) {
        this.name = name;
        this.expected = ExpectedOverlay.of(layers.stream().map(Evidence::tree).toList());
        layers.forEach(layer -> ledgers.put(layer.blobId(), layer.ledger()));
    }

    /**
     * Lays the layers over each other.
     *
     * @param layers lowest first
     */
    public static ImageAudit of(String name, List<Evidence> layers) {
        return new ImageAudit(name, layers);
    }

    /** The same, and compares. */
    public static long check(String name, List<Evidence> layers, byte[] bootstrap) {
        return of(name, layers).check(bootstrap);
    }

    /**
     * Compares.
     *
     * @return the number of entries of the image
     * @throws dev.naiad.base.error.NaiadException DATA_LOSS with the first difference
     */
    public long check(byte[] bootstrap) {
        var image = BootstrapReader.open(MemorySegment.ofArray(bootstrap), "verify " + name);
        var chunks =
                new ChunkAudit(
                        name, image, blob -> ledgers.getOrDefault(blob.id(), Optional.empty()));
        return TreeAudit.compare(name, expected, image, chunks);
    }
}
