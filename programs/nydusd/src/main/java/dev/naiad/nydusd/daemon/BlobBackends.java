package dev.naiad.nydusd.daemon;

import dev.naiad.backend.Backend;
import dev.naiad.backend.config.BackendConfig;
import dev.naiad.base.config.ConfigNode;
import dev.naiad.base.config.Problems;
import dev.naiad.base.error.ErrorKind;
import dev.naiad.base.error.NaiadException;
import dev.naiad.base.life.Lifecycle;
import dev.naiad.nydusd.config.BackendSection;
import dev.naiad.nydusd.config.CacheSection;
import dev.naiad.nydusd.config.NydusdConfig;
import dev.naiad.rafs.BlobFeatures;
import dev.naiad.rafs.BlobInfo;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Where the blobs of one image come from: the backend as a rule; blobs that existed before the
 * image from the external one, if there is one; archives of tarfs images from the cache directory,
 * if somebody has put them there. Owns the backends.
 */
final class BlobBackends implements AutoCloseable {
    private final Lifecycle parts = new Lifecycle("backends");
    private final NydusdConfig config;
    private final Images.BackendOpener opener;
    private final Backend main;
    private @Nullable Backend external;
    private @Nullable Path archives;
    private @Nullable Backend archived;

    private BlobBackends(NydusdConfig config, Images.BackendOpener opener) {
        this.config = config;
        this.opener = opener;
        this.main = opener.open(parse(config.backend()));
        parts.own(main);
    }

    /** Opens the backend that every image has. */
    static BlobBackends open(NydusdConfig config, Images.BackendOpener opener) {
        return new BlobBackends(config, opener);
    }

    /** Opens the others that an image with these blobs needs; once, before {@link #of}. */
    void openFor(List<BlobInfo> blobs) {
        if (blobs.stream().anyMatch(blob -> blob.has(BlobFeatures.EXTERNAL))
                && !config.external().isEmpty()) {
            external = parts.own(opener.open(parse(config.external().getFirst())));
        }
        if (blobs.stream().anyMatch(blob -> blob.has(BlobFeatures.TARFS))
                && config.cache().type() == CacheSection.Type.FILE) {
            var directory = Path.of(config.cache().workDir());
            archives = directory;
            archived =
                    parts.own(
                            opener.open(
                                    new BackendConfig.LocalFs(
                                            "", directory.toString(), List.of())));
        }
    }

    /** Reports everything that is wrong with the section. */
    static BackendConfig parse(BackendSection section) {
        var problems = new Problems();
        var parsed = BackendConfig.parse(ConfigNode.of(section.type()), section.config(), problems);
        problems.throwIfAny();
        return parsed.orElseThrow(
                () ->
                        new NaiadException(
                                ErrorKind.INVALID_ARGUMENT,
                                "backend " + section.type() + " is not supported"));
    }

    /** The backend that most blobs come from. */
    Backend main() {
        return main;
    }

    /** The backend of a blob. */
    Backend of(BlobInfo blob) {
        var other = external;
        if (blob.has(BlobFeatures.EXTERNAL) && other != null) {
            return other;
        }
        var local = archived;
        var directory = archives;
        // compat: the original finds the archive of a tarfs image there and nowhere else.
        if (blob.has(BlobFeatures.TARFS)
                && local != null
                && directory != null
                && Files.exists(directory.resolve(blob.id()))) {
            return local;
        }
        return main;
    }

    @Override
    public void close() {
        parts.close();
    }
}
