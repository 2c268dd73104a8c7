package dev.naiad.nydusd.conformance;

import dev.naiad.base.config.JsonWriter;
import dev.naiad.builder.BuildOptions;
import dev.naiad.builder.LayerBuilder;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * An image built from a directory.
 *
 * @param bootstrap the bootstrap file
 * @param blobs directory of blob files
 * @param blobId the one blob
 */
record TestImage(Path bootstrap, Path blobs, String blobId) {

    static TestImage build(Path source, Path target, BuildOptions options) throws IOException {
        var blobs = Files.createDirectories(target.resolve("blobs"));
        var temporary = blobs.resolve("new");
        try (var channel =
                FileChannel.open(
                        temporary, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
            var built = LayerBuilder.fromDirectory(source, options, channel);
            var bootstrap = target.resolve("image.boot");
            Files.write(bootstrap, built.bootstrap());
            Files.move(temporary, blobs.resolve(built.digest().hex()));
            return new TestImage(bootstrap, blobs, built.digest().hex());
        }
    }

    Path blob() {
        return blobs.resolve(blobId);
    }

    /** Version 1, as the snapshotter writes it, but with a local backend. */
    String config(Path cache, boolean prefetch) {
        return JsonWriter.compact()
                .object()
                .key("device")
                .object()
                .key("backend")
                .object()
                .put("type", "localfs")
                .key("config")
                .object()
                .put("dir", blobs.toString())
                .end()
                .end()
                .key("cache")
                .object()
                .put("type", "blobcache")
                .key("config")
                .object()
                .put("work_dir", cache.toString())
                .put("disable_indexed_map", false)
                .end()
                .end()
                .end()
                .put("mode", "direct")
                .put("digest_validate", false)
                .put("enable_xattr", true)
                .put("unknown_key_of_another_version", true)
                .key("fs_prefetch")
                .object()
                .put("enable", prefetch)
                .put("threads_count", 2)
                .put("prefetch_all", prefetch)
                .put("merging_size", 1 << 20)
                .end()
                .end()
                .toString();
    }
}
