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

    private ImageAudit(String name, List<Evidence> layers, ExpectedTree expected) {
        this.name = name;
        this.expected = expected;
        layers.forEach(layer -> ledgers.put(layer.blobId(), layer.ledger()));
    }

    /**
     * Lays the layers over each other.
     *
     * @param layers lowest first; what they say of trees must not be used any more
     */
    public static ImageAudit consuming(String name, List<Evidence> layers) {
        return new ImageAudit(name, layers, ExpectedOverlay.consuming(trees(layers)));
    }

    /** Lays them over each other, leaves them as they are, and compares. */
    public static long check(String name, List<Evidence> layers, byte[] bootstrap) {
        return new ImageAudit(name, layers, ExpectedOverlay.of(trees(layers))).check(bootstrap);
    }

    private static List<ExpectedTree> trees(List<Evidence> layers) {
        return layers.stream().map(Evidence::tree).toList();
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
