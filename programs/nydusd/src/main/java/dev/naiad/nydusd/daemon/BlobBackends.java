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
    private final Lifecycle parts;
    private final Backend main;
    private final @Nullable Backend external;
    private final @Nullable Path archives;
    private final @Nullable Backend archived;

    private BlobBackends(
            Lifecycle parts,
            Backend main,
            @Nullable Backend external,
            @Nullable Path archives,
            @Nullable Backend archived) {
        this.parts = parts;
        this.main = main;
        this.external = external;
        this.archives = archives;
        this.archived = archived;
    }

    /** Opens those that the image needs. */
    static BlobBackends open(
            NydusdConfig config, List<BlobInfo> blobs, Images.BackendOpener opener) {
        var parts = new Lifecycle("backends");
        try {
            var main = opener.open(parse(config.backend()));
            parts.own(main);
            Backend external = null;
            if (blobs.stream().anyMatch(blob -> blob.has(BlobFeatures.EXTERNAL))
                    && !config.external().isEmpty()) {
                external = opener.open(parse(config.external().getFirst()));
                parts.own(external);
            }
            Path archives = null;
            Backend archived = null;
            if (blobs.stream().anyMatch(blob -> blob.has(BlobFeatures.TARFS))
                    && config.cache().type() == CacheSection.Type.FILE) {
                archives = Path.of(config.cache().workDir());
                archived =
                        opener.open(new BackendConfig.LocalFs("", archives.toString(), List.of()));
                parts.own(archived);
            }
            return new BlobBackends(parts, main, external, archives, archived);
        } catch (RuntimeException | Error e) {
            parts.close();
            throw e;
        }
    }

    /** Reports what is wrong with the configuration before anything is opened. */
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
