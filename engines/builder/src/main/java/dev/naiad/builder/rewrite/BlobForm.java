package dev.naiad.builder.rewrite;

import dev.naiad.rafs.BlobFeatures;
import dev.naiad.rafs.BlobInfo;
import dev.naiad.rafs.Bootstrap;
import dev.naiad.rafs.Compressor;
import dev.naiad.rafs.Digester;
import dev.naiad.rafs.RafsVersion;

/** The features of a new blob of an image. */
record BlobForm(
        RafsVersion version, Compressor compressor, Digester digester, BlobFeatures features) {

    /** A plain blob whose chunks may come from {@code like} as they are stored there. */
    static BlobForm like(Bootstrap image, BlobInfo like) {
        int keep =
                image.version() == RafsVersion.V5
                        ? BlobFeatures.ALIGNED
                        : BlobFeatures.CHUNK_INFO_V2;
        var form = of(image, like.compressor(), like.features().bits() & keep);
        return new BlobForm(form.version, form.compressor, like.digester(), form.features);
    }

    /** A plain blob with more features. */
    static BlobForm of(Bootstrap image, Compressor compressor, int more) {
        int always = image.version() == RafsVersion.V5 ? 0 : BlobFeatures.ALIGNED;
        return new BlobForm(
                image.version(),
                // What a gzip stream was cut out of is compressed anew.
                compressor == Compressor.GZIP ? Compressor.ZSTD : compressor,
                image.digester(),
                new BlobFeatures(BlobFeatures.CAP_TAR_TOC | always | more));
    }

    boolean isAligned() {
        return features.has(BlobFeatures.ALIGNED);
    }
}
