package dev.naiad.convert.conversion;

import dev.naiad.base.life.Lifecycle;
import dev.naiad.convert.archive.ArchiveSource;
import dev.naiad.convert.archive.ArchiveTarget;
import dev.naiad.convert.files.WorkDir;
import dev.naiad.convert.model.ModctlStore;
import dev.naiad.convert.model.ModelSource;
import dev.naiad.convert.pull.ImageSource;
import dev.naiad.convert.push.BlobStore;
import dev.naiad.convert.push.ImageTarget;
import dev.naiad.convert.remote.Registries;
import dev.naiad.convert.storage.BackendBlobs;
import java.util.Optional;

/**
 * Where a conversion reads from and writes to: registry or archive, and perhaps a storage backend
 * that takes the blobs.
 */
public final class Endpoints implements AutoCloseable {
    private final Lifecycle life;
    private final ImageSource source;
    private final ImageTarget target;
    private final Optional<BlobStore> backend;

    private Endpoints(
            Lifecycle life, ImageSource source, ImageTarget target, Optional<BlobStore> backend) {
        this.life = life;
        this.source = source;
        this.target = target;
        this.backend = backend;
    }

    /** Opens them; the working directory is made where it is needed. */
    public static Endpoints open(ConvertOptions options, Registries registries) {
        var life = new Lifecycle("convert");
        boolean good = false;
        try {
            var work = life.own(new WorkDir(options.workDir()));
            ImageSource source = source(options, registries, work);
            life.own(source);
            ImageTarget target =
                    options.targetArchive().isPresent()
                            ? new ArchiveTarget(
                                    options.targetArchive().get(),
                                    options.target().toString(),
                                    work)
                            : registries.target(options.target(), options.targetInsecure());
            life.own(target);
            Optional<BlobStore> backend =
                    options.backend()
                            .map(
                                    choice -> {
                                        var opened =
                                                life.own(
                                                        registries
                                                                .backends()
                                                                .openWritable(choice.config()));
                                        return new BackendBlobs(opened, work, options.forcePush());
                                    });
            var endpoints = new Endpoints(life, source, target, backend);
            good = true;
            return endpoints;
        } finally {
            if (!good) {
                life.close();
            }
        }
    }

    private static ImageSource source(ConvertOptions options, Registries registries, WorkDir work) {
        var store = options.model().flatMap(ModelSource::store);
        if (store.isPresent()) {
            return new ModctlStore(store.get(), options.source());
        }
        return options.sourceArchive().isPresent()
                ? ArchiveSource.open(
                        options.sourceArchive().get(), Optional.of(options.source()), work)
                : registries.source(options.source(), options.sourceInsecure());
    }

    public ImageSource source() {
        return source;
    }

    public ImageTarget target() {
        return target;
    }

    /** Where the blobs of converted layers go. */
    BlobStore blobs() {
        return backend.orElse(target);
    }

    /** Whether the blobs are layers of the image, as they are not if a backend has them. */
    boolean blobsAreLayers() {
        return backend.isEmpty();
    }

    /**
     * Whether a manifest must list the layers that an image refers to, since a registry's garbage
     * collection takes what none of the repository's does.
     */
    boolean keepsOriginals(ConvertOptions options) {
        return backend.isEmpty()
                && options.targetArchive().isEmpty()
                && options.intoAnotherRepository();
    }

    @Override
    public void close() {
        life.close();
    }
}
