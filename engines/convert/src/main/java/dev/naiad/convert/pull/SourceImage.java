package dev.naiad.convert.pull;

import dev.naiad.backend.registry.RegistryRepository.Fetched;
import dev.naiad.base.bytes.Digest;
import dev.naiad.base.concurrent.Deadline;
import dev.naiad.base.error.ErrorKind;
import dev.naiad.base.error.NaiadException;
import dev.naiad.oci.image.Descriptor;
import dev.naiad.oci.image.ImageConfig;
import dev.naiad.oci.image.ImageIndex;
import dev.naiad.oci.image.Manifest;
import dev.naiad.oci.image.MediaTypes;
import dev.naiad.oci.image.Platform;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;

/**
 * What a reference names: one image, or an index with one for each platform.
 *
 * @param indexType media type of the index, empty if the reference names a manifest
 * @param indexBytes as they are in the registry
 * @param entries number of manifests that the index lists
 */
@SuppressWarnings("ArrayRecordComponent") // handed over
public record SourceImage(
        Optional<String> indexType, byte[] indexBytes, int entries, List<PlatformImage> images) {
    private static final int MAX_CONFIG_BYTES = 16 << 20;

    public SourceImage {
        images = List.copyOf(images);
    }

    /**
     * One image.
     *
     * @param descriptor of its manifest; with the platform if an index gave it
     * @param configBytes as they are in the registry
     */
    @SuppressWarnings("ArrayRecordComponent") // handed over
    public record PlatformImage(
            Descriptor descriptor,
            Manifest manifest,
            ImageConfig config,
            byte[] manifestBytes,
            byte[] configBytes) {

        public boolean isNydus() {
            return manifest.isNydus();
        }

        /** The descriptor with a platform: the index's, else the one that the config names. */
        public Descriptor descriptorWithPlatform() {
            return descriptor.json().has("platform")
                    ? descriptor
                    : new Descriptor(
                            descriptor.mediaType(),
                            descriptor.digest(),
                            descriptor.size(),
                            descriptor.annotations(),
                            descriptor.json().with("platform", config.platform().toJson()));
        }

        /**
         * Digests of the layers' archives, one for each layer.
         *
         * @throws NaiadException INVALID_ARGUMENT if the config has another number of them
         */
        public List<Digest> diffIds() {
            int layers = manifest.layers().size();
            if (layers != config.diffIds().size()) {
                throw new NaiadException(
                        ErrorKind.INVALID_ARGUMENT,
                        "manifest "
                                + descriptor.digest()
                                + ": has "
                                + layers
                                + " layers, but its config "
                                + config.diffIds().size()
                                + " diff ids");
            }
            return config.diffIds();
        }

        /** Sum of config and layers. */
        public long size() {
            return manifest.config().size()
                    + manifest.layers().stream().mapToLong(Descriptor::size).sum();
        }
    }

    /** Whether these are all that the index lists. */
    public boolean isWhole() {
        return images.size() == entries;
    }

    /** The first image that is a Nydus one: an index may hold both kinds for a platform. */
    public Optional<PlatformImage> nydus() {
        return images.stream().filter(PlatformImage::isNydus).findFirst();
    }

    /**
     * Looks a reference up.
     *
     * @param wanted of the entries of an index; a single manifest is taken whatever it is for
     * @throws NaiadException NOT_FOUND if no platform is wanted
     */
    public static SourceImage resolve(
            ImageSource source, String key, Predicate<Platform> wanted, Deadline deadline) {
        var fetched = source.manifest(key, deadline);
        if (!isIndex(fetched)) {
            Descriptor descriptor =
                    Descriptor.of(fetched.mediaType(), fetched.digest(), fetched.bytes().length);
            return new SourceImage(
                    Optional.empty(),
                    new byte[0],
                    1,
                    List.of(image(source, descriptor, fetched, deadline)));
        }
        String name = source.name() + ":" + key;
        ImageIndex index = ImageIndex.parse(name, fetched.mediaType(), fetched.bytes());
        var images = new ArrayList<PlatformImage>();
        var seen = new ArrayList<String>();
        for (Descriptor entry : index.manifests()) {
            Optional<Platform> platform = entry.platform();
            boolean image = entry.mediaType().isEmpty() || MediaTypes.isManifest(entry.mediaType());
            platform.ifPresent(p -> seen.add(p.toString()));
            if (image && platform.isPresent() && wanted.test(platform.get())) {
                var manifest = source.manifest(entry.digest().toString(), deadline);
                images.add(image(source, entry, manifest, deadline));
            }
        }
        if (images.isEmpty()) {
            throw new NaiadException(
                    ErrorKind.NOT_FOUND,
                    name
                            + ": no image for the wanted platform; there are "
                            + String.join(", ", seen));
        }
        return new SourceImage(
                Optional.of(index.mediaType()), fetched.bytes(), index.manifests().size(), images);
    }

    private static boolean isIndex(Fetched fetched) {
        return MediaTypes.isIndex(fetched.mediaType());
    }

    private static PlatformImage image(
            ImageSource source, Descriptor descriptor, Fetched fetched, Deadline deadline) {
        String name = source.name() + "@" + fetched.digest();
        Manifest manifest = Manifest.parse(name, fetched.mediaType(), fetched.bytes());
        Descriptor config = manifest.config();
        if (config.size() > MAX_CONFIG_BYTES) {
            throw new NaiadException(
                    ErrorKind.RESOURCE_EXHAUSTED,
                    name + ": config is larger than " + MAX_CONFIG_BYTES);
        }
        byte[] bytes;
        try (var in = LayerStream.raw(source, config, deadline, n -> {})) {
            bytes = in.readAllBytes();
        } catch (IOException e) {
            throw new NaiadException(ErrorKind.UNAVAILABLE, name + ": config: " + e, e);
        }
        return new PlatformImage(
                descriptor, manifest, ImageConfig.parse(name, bytes), fetched.bytes(), bytes);
    }
}
