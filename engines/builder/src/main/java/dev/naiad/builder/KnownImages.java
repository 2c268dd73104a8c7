package dev.naiad.builder;

import dev.naiad.rafs.Bootstrap;
import org.jspecify.annotations.Nullable;

/**
 * Images that a build may refer to; their memory is only needed during the build.
 *
 * @param parent the source becomes a layer on top of it: the result holds both trees
 * @param dictionary its chunks are referred to instead of being stored again
 */
public record KnownImages(@Nullable Bootstrap parent, @Nullable Bootstrap dictionary) {
    public static final KnownImages NONE = new KnownImages(null, null);
}
