package dev.naiad.convert.conversion;

import dev.naiad.base.bytes.Digest;
import dev.naiad.base.concurrent.Deadline;
import dev.naiad.base.config.ConfigNode;
import dev.naiad.base.config.JsonWriter;
import dev.naiad.base.error.ErrorKind;
import dev.naiad.base.error.NaiadException;
import dev.naiad.convert.copy.ImageCopier;
import dev.naiad.convert.model.ModelArtifact;
import dev.naiad.convert.pull.ImageSource;
import dev.naiad.convert.pull.SourceImage;
import dev.naiad.convert.pull.SourceImage.PlatformImage;
import dev.naiad.convert.push.ImageTarget;
import dev.naiad.convert.push.PushedImage;
import dev.naiad.convert.remote.ConversionProgress;
import dev.naiad.convert.remote.Registries;
import dev.naiad.layers.BootstrapLayer;
import dev.naiad.oci.image.Descriptor;
import dev.naiad.oci.image.Manifest;
import dev.naiad.oci.image.MediaTypes;
import dev.naiad.oci.image.NydusAnnotations;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes an image that can be mounted of a model: its layers stay as they are, a bootstrap that says
 * where in them the files are is added. The tag is written last.
 */
public final class ModelConversion {
    private static final Logger LOG = LoggerFactory.getLogger(ModelConversion.class);
    private static final int BLOBS_AT_ONCE = 3;

    private final Registries registries;
    private final ConversionProgress progress;

    public ModelConversion(Registries registries, ConversionProgress progress) {
        this.registries = registries;
        this.progress = progress;
    }

    public Conversion.Report run(ConvertOptions options) throws InterruptedException {
        long begin = System.nanoTime();
        LOG.info("pulling model {}", options.source());
        try (var endpoints = Endpoints.open(options, registries)) {
            PlatformImage model = resolve(options, endpoints.source());
            Duration pull = Duration.ofNanos(System.nanoTime() - begin);
            try {
                ImageTarget target = endpoints.target();
                target.prepare();
                progress.start();
                var image = options.source().toString();
                byte[] bootstrap =
                        ModelArtifact.image(
                                        image,
                                        endpoints.source(),
                                        model.manifest(),
                                        options.build())
                                .bootstrap();
                // The manifest refers to the model's own, which must be there too.
                var _ =
                        new ImageCopier(endpoints.source(), target, progress, BLOBS_AT_ONCE)
                                .copy(model);
                Duration convert = Duration.ofNanos(System.nanoTime() - begin);
                long pushBegin = System.nanoTime();
                PushedImage made = write(options, model, bootstrap, target);
                target.putManifest(
                        options.target().tag().orElse("latest"),
                        made.mediaType(),
                        made.manifest(),
                        Deadline.never());
                LOG.info("converted model {} to {}", options.source(), options.target());
                return new Conversion.Report(
                        model.size(),
                        made.size(),
                        pull,
                        convert,
                        Duration.ofNanos(System.nanoTime() - pushBegin));
            } catch (NaiadException e) {
                throw Registries.hint(e, "target");
            }
        }
    }

    private static PlatformImage resolve(ConvertOptions options, ImageSource source) {
        try {
            PlatformImage model =
                    SourceImage.resolve(
                                    source,
                                    options.source().manifestKey(),
                                    options.wanted(),
                                    Deadline.never())
                            .images()
                            .getFirst();
            String type = ModelArtifact.type(model.manifest());
            if (!ModelArtifact.isOne(model.manifest()) || model.isNydus()) {
                throw new NaiadException(
                        ErrorKind.INVALID_ARGUMENT,
                        options.source()
                                + " is not a model artifact"
                                + (model.isNydus()
                                        ? " any more: it has a bootstrap"
                                        : ": its artifactType is \"" + type + "\"")
                                + "; images are converted without --source-backend-type");
            }
            return model;
        } catch (NaiadException e) {
            throw Registries.hint(e, "source");
        }
    }

    private static PushedImage write(
            ConvertOptions options, PlatformImage model, byte[] bootstrap, ImageTarget target) {
        Manifest from = model.manifest();
        BootstrapLayer packed =
                BootstrapLayer.pack(
                        bootstrap,
                        Map.of(),
                        Map.of("image/backend.json", backend(from, options.build().chunkSize())));
        Deadline deadline = Deadline.never();
        target.putBlob(packed.digest(), packed.gzip(), deadline);
        var layers = new ArrayList<>(from.layers());
        layers.add(
                Descriptor.of(MediaTypes.OCI_LAYER_GZIP, packed.digest(), packed.gzip().length)
                        .withAnnotation(NydusAnnotations.BOOTSTRAP, "true")
                        .withAnnotation(
                                NydusAnnotations.FS_VERSION, options.build().version().word())
                        .withAnnotation(NydusAnnotations.ARTIFACT_TYPE, ModelArtifact.type(from)));
        ConfigNode json =
                from.json().with("subject", Subjects.of(model.descriptor(), from.mediaType()));
        byte[] manifest =
                new Manifest(from.mediaType(), from.config(), layers, from.annotations(), json)
                        .toJson();
        Digest digest = Digest.sha256Of(manifest);
        return new PushedImage(
                model.descriptor().at(from.mediaType(), digest, manifest.length),
                from.mediaType(),
                manifest,
                from.config().size() + layers.stream().mapToLong(Descriptor::size).sum());
    }

    /** compat: what the original's tools fill in with the registry before they mount. */
    private static byte[] backend(Manifest model, int chunkSize) {
        var json = JsonWriter.compact().object().put("version", "v1").key("backends").array();
        json.object().put("type", "registry").end().end().key("blobs").array();
        for (Descriptor layer : List.copyOf(model.layers())) {
            json.object().put("backend", 0).key("config").object();
            json.put("media_type", layer.mediaType()).put("digest", layer.digest().hex());
            json.put("size", Long.toString(layer.size()));
            json.put("chunk_size", (chunkSize >> 10) + "KiB").end().end();
        }
        return json.end().end().toString().getBytes(StandardCharsets.UTF_8);
    }
}
