package dev.naiad.nydusd.daemon;

import dev.naiad.backend.Backend;
import dev.naiad.backend.config.BackendConfig;
import dev.naiad.base.life.Lifecycle;
import dev.naiad.blobcache.BlobCache;
import dev.naiad.blobcache.CacheConfig;
import dev.naiad.blobcache.CachedBlob;
import dev.naiad.blobcache.MountCache;
import dev.naiad.nydusd.config.CacheSection;
import dev.naiad.nydusd.config.NydusdConfig;
import dev.naiad.nydusd.config.PrefetchConfig;
import dev.naiad.nydusd.rafsfs.BootstrapMemory;
import dev.naiad.nydusd.rafsfs.RafsImage;
import dev.naiad.rafs.BlobChunks;
import dev.naiad.rafs.BlobFeatures;
import dev.naiad.rafs.BlobInfo;
import dev.naiad.rafs.Bootstrap;
import dev.naiad.rafs.FlatChunks;
import java.nio.file.Path;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Opens images: bootstrap, backend and cache, as a configuration says. */
public final class Images {
    private static final Logger LOG = LoggerFactory.getLogger(Images.class);

    /** The floor of {@code amplify_io}. */
    private static final int MIN_BATCH = 128 << 10;

    private final BlobCache cache;
    private final BackendOpener backends;

    /** Makes a backend; a parameter, because programs differ in clocks and networks. */
    @FunctionalInterface
    public interface BackendOpener {
        Backend open(BackendConfig config);
    }

    /** An image and the backend that it owns. */
    record Opened(RafsImage image, Backend backend) {}

    Images(BlobCache cache, BackendOpener backends) {
        this.cache = cache;
        this.backends = backends;
    }

    Opened open(Path bootstrapFile, NydusdConfig config) {
        var parts = new Lifecycle("image " + bootstrapFile);
        try {
            var sources = parts.own(BlobBackends.open(config, backends));
            var bootstrap = parts.own(bootstrap(bootstrapFile, config, sources.main())).bootstrap();
            LOG.info(NydusdLogLines.FEATURES, Long.toHexString(bootstrap.flags()));
            sources.openFor(bootstrap.blobs());
            var mount = cache.mount(cacheConfig(config));
            var image =
                    RafsImage.open(
                            parts,
                            bootstrap,
                            mount,
                            i ->
                                    open(
                                            mount,
                                            blob(bootstrap, i, bootstrapFile),
                                            bootstrap.chunks(i),
                                            sources));
            return new Opened(image, sources.main());
        } catch (RuntimeException | Error e) {
            parts.close();
            throw e;
        }
    }

    /** The bootstrap in the file, or in the blob that the file is, or that has its name. */
    private static BootstrapMemory bootstrap(Path file, NydusdConfig config, Backend backend) {
        var id = InlinedBootstraps.blobId(file);
        return id.isEmpty() || BootstrapMemory.isIn(file)
                ? BootstrapMemory.map(file)
                : InlinedBootstraps.open(file, id.get(), backend, directory(config.cache()));
    }

    private static CachedBlob open(
            MountCache mount, BlobInfo blob, BlobChunks chunks, BlobBackends sources) {
        var backend = sources.of(blob);
        if (!blob.has(BlobFeatures.TARFS)) {
            return mount.open(blob, chunks, backend);
        }
        var pieces = FlatChunks.of(blob);
        return mount.open(blob.withChunkCount(pieces.count()), pieces, backend);
    }

    private static CacheConfig cacheConfig(NydusdConfig config) {
        var section = config.cache();
        return new CacheConfig(
                config.id(),
                directory(section),
                section.compressed(),
                Math.max(config.rafs().batchSize(), MIN_BATCH),
                prefetch(config.rafs().prefetch()),
                0);
    }

    private static Optional<Path> directory(CacheSection section) {
        return section.type() == CacheSection.Type.FILE
                ? Optional.of(Path.of(section.workDir()))
                : Optional.empty();
    }

    private static CacheConfig.Prefetch prefetch(PrefetchConfig config) {
        return new CacheConfig.Prefetch(
                config.enable(), config.threads(), config.batchSize(), config.bandwidthLimit());
    }

    /** compat: a bootstrap inside its blob cannot name it; it is called after the file then. */
    private static BlobInfo blob(Bootstrap bootstrap, int index, Path bootstrapFile) {
        var info = bootstrap.blobs().get(index);
        var id = InlinedBootstraps.blobId(bootstrapFile);
        if (id.isEmpty()) {
            return info;
        }
        if (info.hasPlaceholderId()) {
            return info.withId(id.get());
        }
        return info.has(BlobFeatures.INLINED_FS_META) && !info.namesMetaBlob()
                ? info.withMetaBlob(id.get())
                : info;
    }
}
