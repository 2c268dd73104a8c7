package dev.naiad.convert.conversion;

import dev.naiad.base.bytes.Digest;
import dev.naiad.base.concurrent.Deadline;
import dev.naiad.base.error.ErrorKind;
import dev.naiad.base.error.NaiadException;
import dev.naiad.builder.BuiltLayer;
import dev.naiad.builder.KnownImages;
import dev.naiad.builder.LayerBootstrap;
import dev.naiad.convert.pull.ImageSource;
import dev.naiad.convert.pull.LayerStream;
import dev.naiad.convert.push.BlobStore;
import dev.naiad.convert.remote.Progress;
import dev.naiad.convert.verify.Evidence;
import dev.naiad.convert.verify.LayerAudit;
import dev.naiad.oci.image.Descriptor;
import dev.naiad.oci.image.MediaTypes;
import dev.naiad.oci.image.NydusAnnotations;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.lang.foreign.MemorySegment;
import java.nio.channels.Channels;
import java.nio.channels.WritableByteChannel;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.FutureTask;
import java.util.concurrent.atomic.AtomicLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Converts one layer: received, inflated, built and sent at the same time, nothing of it on a disk.
 * A broken push begins again with the layer, since what was sent is not kept.
 */
final class LayerConverter implements LayerConversion {
    private static final Logger LOG = LoggerFactory.getLogger(LayerConverter.class);

    private final ImageSource source;
    private final BlobStore blobs;
    private final TarBuild builder;
    private final KnownImages known;
    private final ConvertOptions options;
    private final Progress progress;

    LayerConverter(
            ImageSource source,
            BlobStore blobs,
            TarBuild builder,
            KnownImages known,
            ConvertOptions options,
            Progress progress) {
        this.source = source;
        this.blobs = blobs;
        this.builder = builder;
        this.known = known;
        this.options = options;
        this.progress = progress;
    }

    @Override
    public ConvertedLayer convert(Descriptor layer, Digest diffId) throws Exception {
        for (int attempt = 1; ; attempt++) {
            var counted = new Counted();
            try {
                long begin = System.nanoTime();
                ConvertedLayer converted = onPlatformThread(layer, diffId, counted);
                LOG.atInfo()
                        .addKeyValue("source", layer.digest())
                        .addKeyValue("target", converted.descriptor().digest())
                        .addKeyValue("size", Progress.size(converted.descriptor().size()))
                        .addKeyValue(
                                "elapsed",
                                Duration.ofNanos(System.nanoTime() - begin).toMillis() + "ms")
                        .log("converted layer");
                return converted;
            } catch (NaiadException e) {
                progress.pulled(-counted.pulled.get());
                if (attempt >= options.attempts() || !passing(e.kind())) {
                    throw e;
                }
                LOG.warn("layer {} is converted again: {}", layer.digest(), e.what());
                Thread.sleep(options.retryDelay());
            }
        }
    }

    private static ConvertedLayer converted(BuiltLayer built, Optional<Evidence> evidence) {
        return new ConvertedLayer(
                Descriptor.of(MediaTypes.NYDUS_BLOB, built.digest(), built.size())
                        .withAnnotation(NydusAnnotations.BLOB, "true"),
                LayerBootstrap.of(
                        built.digest().hex(),
                        MemorySegment.ofArray(built.bootstrap()),
                        built.size()),
                built.blobMeta(),
                evidence);
    }

    private static boolean passing(ErrorKind kind) {
        // FAILED_PRECONDITION: the registry has forgotten the upload.
        return kind == ErrorKind.UNAVAILABLE
                || kind == ErrorKind.DEADLINE_EXCEEDED
                || kind == ErrorKind.FAILED_PRECONDITION;
    }

    /** Parsing a tar keeps a processor busy and must not hold up the network's virtual threads. */
    private ConvertedLayer onPlatformThread(Descriptor layer, Digest diffId, Counted counted)
            throws Exception {
        var task = new FutureTask<ConvertedLayer>(() -> convertOnce(layer, diffId, counted));
        Thread thread =
                Thread.ofPlatform()
                        .name("layer-" + layer.digest().hex().substring(0, 12))
                        .daemon()
                        .start(task);
        try {
            return task.get();
        } catch (InterruptedException e) {
            thread.interrupt();
            thread.join(); // what it has open is closed before the caller goes on
            throw e;
        } catch (java.util.concurrent.ExecutionException e) {
            throw e.getCause() instanceof Exception cause ? cause : e;
        }
    }

    private ConvertedLayer convertOnce(Descriptor layer, Digest diffId, Counted counted)
            throws IOException {
        Deadline deadline = Deadline.never();
        try (InputStream tar =
                        LayerStream.open(
                                source,
                                layer,
                                diffId,
                                deadline,
                                count -> {
                                    counted.pulled.addAndGet(count);
                                    progress.pulled(count);
                                });
                var blob = blobs.writer(deadline, progress::pushed)) {
            String name = "layer " + layer.digest();
            if (!options.verify()) {
                BuiltLayer built = build(name, tar, blob);
                blob.commit(built.digest());
                return converted(built, Optional.empty());
            }
            try (var audit = new LayerAudit(name, options.build(), blob)) {
                BuiltLayer built = build(name, audit.source(tar), audit.blob());
                Evidence evidence = audit.check(built);
                blob.commit(built.digest());
                return converted(built, Optional.of(evidence));
            }
        }
    }

    private BuiltLayer build(String name, InputStream tar, WritableByteChannel blob)
            throws IOException {
        BuiltLayer built =
                builder.build(name, Channels.newChannel(tar), options.build(), known, blob);
        tar.transferTo(OutputStream.nullOutputStream()); // the end is where the digests are checked
        return built;
    }

    /** Bytes of one attempt. */
    private static final class Counted {
        private final AtomicLong pulled = new AtomicLong();
    }
}
