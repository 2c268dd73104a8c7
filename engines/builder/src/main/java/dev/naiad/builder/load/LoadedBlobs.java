package dev.naiad.builder.load;

import dev.naiad.base.error.CorruptFormatException;
import dev.naiad.rafs.BlobInfo;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** The blobs of several images in one table; equal ids have the same index. Not thread-safe. */
public final class LoadedBlobs {
    private final List<BlobInfo> blobs = new ArrayList<>();
    private final Map<String, Integer> positions = new HashMap<>();

    /**
     * The blob's index, appended if it is new.
     *
     * @throws CorruptFormatException if another image says something else of the same id
     */
    public int position(BlobInfo blob) {
        var known = positions.get(blob.id());
        if (known != null) {
            var other = blobs.get(known);
            if (other.chunkCount() != blob.chunkCount()
                    || other.uncompressedSize() != blob.uncompressedSize()) {
                throw new CorruptFormatException(
                        blob.id(), -1, "the same blob in all images: " + other, blob.toString());
            }
            return known;
        }
        positions.put(blob.id(), blobs.size());
        blobs.add(blob);
        return blobs.size() - 1;
    }

    /** The indexes of all blobs of an image, in its order. */
    public int[] positions(List<BlobInfo> image) {
        return image.stream().mapToInt(this::position).toArray();
    }

    public BlobInfo get(int position) {
        return blobs.get(position);
    }

    public int count() {
        return blobs.size();
    }
}
