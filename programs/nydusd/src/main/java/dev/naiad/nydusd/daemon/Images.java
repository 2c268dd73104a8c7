package dev.naiad.nydusd.daemon;

import dev.naiad.backend.Backend;
import dev.naiad.backend.config.BackendConfig;
import dev.naiad.blobcache.BlobCache;
import dev.naiad.blobcache.CacheConfig;
import dev.naiad.blobcache.CachedBlob;
import dev.naiad.blobcache.MountCache;
import dev.naiad.nydusd.config.CacheSection;
import dev.naiad.nydusd.config.NydusdConfig;
import dev.naiad.nydusd.config.PrefetchConfig;
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
        BlobBackends.parse(config.backend());
        var mapped = RafsImage.MappedBootstrap.open(bootstrapFile);
        var bootstrap = mapped.bootstrap();
        LOG.info(LogLines.FEATURES, Long.toHexString(bootstrap.flags()));
        BlobBackends sources;
        MountCache mount;
        try {
            mount = cache.mount(cacheConfig(config));
        } catch (RuntimeException | Error e) {
            mapped.close();
            throw e;
        }
        try {
            sources = BlobBackends.open(config, bootstrap.blobs(), backends);
        } catch (RuntimeException | Error e) {
            mount.close();
            mapped.close();
            throw e;
        }
        var image =
                RafsImage.open(
                        mapped,
                        mount,
                        sources,
                        i ->
                                open(
                                        mount,
                                        blob(bootstrap, i, bootstrapFile),
                                        bootstrap.chunks(i),
                                        sources));
        return new Opened(image, sources.main());
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
                section.type() == CacheSection.Type.FILE
                        ? Optional.of(Path.of(section.workDir()))
                        : Optional.empty(),
                section.compressed(),
                Math.max(config.rafs().batchSize(), MIN_BATCH),
                prefetch(config.rafs().prefetch()),
                0);
    }

    /** The floor of {@code amplify_io}. */
    private static final int MIN_BATCH = 128 << 10;

    private static CacheConfig.Prefetch prefetch(PrefetchConfig config) {
        return new CacheConfig.Prefetch(
                config.enable(), config.threads(), config.batchSize(), config.bandwidthLimit());
    }

    /** compat: a bootstrap inside its blob cannot name it; it is called after the file then. */
    private static BlobInfo blob(Bootstrap bootstrap, int index, Path bootstrapFile) {
        var info = bootstrap.blobs().get(index);
        if (!info.hasPlaceholderId()) {
            return info;
        }
        var name = String.valueOf(bootstrapFile.getFileName());
        int dot = name.indexOf('.');
        var id = dot > 0 ? name.substring(0, dot) : name;
        return id.matches("[0-9a-f]{64}") ? info.withId(id) : info;
    }
}
