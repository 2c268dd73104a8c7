package dev.naiad.builder;

import dev.naiad.rafs.Bootstrap;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * How layers are merged.
 *
 * @param parent an image below all layers, or null
 * @param dictionary the chunk dictionary the layers were built with, so that its blobs are not
 *     taken for theirs, or null
 */
public record MergeOptions(
        PrefetchPolicy prefetch,
        List<String> patterns,
        @Nullable Bootstrap parent,
        @Nullable Bootstrap dictionary) {
    public MergeOptions {
        patterns = List.copyOf(patterns);
    }

    /** The same with the chunk dictionary that the layers were built with. */
    public MergeOptions withDictionary(@Nullable Bootstrap used) {
        return new MergeOptions(prefetch, patterns, parent, used);
    }

    public static MergeOptions defaults() {
        return new MergeOptions(PrefetchPolicy.NONE, List.of(), null, null);
    }

    /** The options of an image converter: one prefetch entry, the root. */
    public static MergeOptions forConversion() {
        return new MergeOptions(PrefetchPolicy.FS, List.of("/"), null, null);
    }
}
