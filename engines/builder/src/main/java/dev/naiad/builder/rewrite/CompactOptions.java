package dev.naiad.builder.rewrite;

import java.util.Set;

/**
 * What {@link ImageCompactor} rewrites.
 *
 * @param minUsedRatio blobs used to a smaller percentage are rebuilt; 0: none
 * @param smallBlob blobs below this many bytes are put together
 * @param largestBlob up to this many bytes
 * @param minBlobs nothing is done to an image of fewer blobs
 * @param dictionary ids of blobs that stay as they are
 */
public record CompactOptions(
        int minUsedRatio, long smallBlob, long largestBlob, int minBlobs, Set<String> dictionary) {}
