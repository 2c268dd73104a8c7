package dev.naiad.convert.model;

import dev.naiad.backend.registry.RegistryRepository.Fetched;
import dev.naiad.base.bytes.Digest;
import dev.naiad.base.concurrent.Deadline;
import dev.naiad.base.error.ErrorKind;
import dev.naiad.base.error.NaiadException;
import dev.naiad.convert.pull.ImageSource;
import dev.naiad.linux.FdSource;
import dev.naiad.oci.image.MediaTypes;
import dev.naiad.oci.ref.ImageReference;
import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The models that {@code modctl} has built on this machine: the directories of a registry's
 * storage. For any number of threads.
 */
public final class ModctlStore implements ImageSource {
    private final Path root;
    private final ImageReference reference;
    private final Map<String, FdSource> open = new ConcurrentHashMap<>();

    /**
     * @param directory modctl's storage
     * @param reference of the model; its tags can be asked for
     */
    public ModctlStore(Path directory, ImageReference reference) {
        this.root = directory.resolve("content.v1/docker/registry/v2");
        this.reference = reference;
    }

    @Override
    public String name() {
        return "modctl " + reference.domain() + "/" + reference.path();
    }

    @Override
    public Fetched manifest(String key, Deadline deadline) {
        Digest digest = key.startsWith("sha256:") ? Digest.parse(key) : tagged(key);
        try {
            byte[] bytes = Files.readAllBytes(blob(digest));
            Digest found = Digest.sha256Of(bytes);
            if (!found.equals(digest)) {
                throw new NaiadException(
                        ErrorKind.DATA_LOSS,
                        name() + ": manifest " + digest + " has digest " + found);
            }
            return new Fetched(MediaTypes.OCI_MANIFEST, digest, bytes);
        } catch (IOException e) {
            throw failed("manifest " + digest, e);
        }
    }

    private Digest tagged(String tag) {
        Path link =
                root.resolve("repositories")
                        .resolve(reference.domain())
                        .resolve(reference.path())
                        .resolve("_manifests/tags")
                        .resolve(tag)
                        .resolve("current/link");
        try {
            return Digest.parse(Files.readString(link, StandardCharsets.US_ASCII).strip());
        } catch (IOException e) {
            throw failed("tag " + tag, e);
        }
    }

    private Path blob(Digest digest) {
        return root.resolve("blobs/sha256")
                .resolve(digest.hex().substring(0, 2))
                .resolve(digest.hex())
                .resolve("data");
    }

    @Override
    public InputStream blob(Digest digest, Deadline deadline) {
        try {
            return Files.newInputStream(blob(digest));
        } catch (IOException e) {
            throw failed("blob " + digest, e);
        }
    }

    @Override
    public void read(Digest digest, long offset, MemorySegment target, Deadline deadline) {
        open.computeIfAbsent(digest.hex(), _ -> FdSource.open(blob(digest))).read(offset, target);
    }

    private NaiadException failed(String what, IOException e) {
        boolean missing = e instanceof NoSuchFileException;
        return new NaiadException(
                missing ? ErrorKind.NOT_FOUND : ErrorKind.UNAVAILABLE,
                name() + ": " + what + (missing ? " is not in " + root : ": " + e),
                e);
    }

    @Override
    public void close() {
        open.values().forEach(FdSource::close);
    }
}
