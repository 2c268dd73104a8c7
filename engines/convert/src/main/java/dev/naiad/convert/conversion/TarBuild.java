package dev.naiad.convert.conversion;

import dev.naiad.builder.BuildOptions;
import dev.naiad.builder.BuiltLayer;
import dev.naiad.builder.KnownImages;
import java.nio.channels.ReadableByteChannel;
import java.nio.channels.WritableByteChannel;

/**
 * What makes a layer of an archive. The verification trusts nothing of it: tests put builders here
 * that make mistakes.
 */
@FunctionalInterface
public interface TarBuild {
    BuiltLayer build(
            String name,
            ReadableByteChannel tar,
            BuildOptions options,
            KnownImages known,
            WritableByteChannel blob);
}
