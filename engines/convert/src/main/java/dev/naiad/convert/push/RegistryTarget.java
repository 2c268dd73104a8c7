package dev.naiad.convert.push;

import dev.naiad.backend.registry.RegistryRepository;
import dev.naiad.base.bytes.Digest;
import dev.naiad.base.concurrent.Deadline;
import dev.naiad.convert.pull.ImageSource;
import dev.naiad.convert.pull.RegistrySource;
import java.util.function.LongConsumer;

/**
 * Images of a repository.
 *
 * @param repository closed with this
 * @param pieceBytes size of the pieces of an upload
 */
public record RegistryTarget(RegistryRepository repository, int pieceBytes) implements ImageTarget {
    /** What is sent in one request, if nothing else is wanted. */
    public static final int PIECE_BYTES = 8 << 20;

    @Override
    public String name() {
        return repository.name();
    }

    @Override
    public void prepare() {
        repository.upload(Deadline.never()).cancel();
    }

    @Override
    public boolean hasBlob(Digest digest, Deadline deadline) {
        return repository.hasBlob(digest, deadline);
    }

    @Override
    public void putBlob(Digest digest, byte[] bytes, Deadline deadline) {
        repository.putBlob(digest, bytes, deadline);
    }

    @Override
    public BlobWriter writer(Deadline deadline, LongConsumer progress) {
        return new UploadChannel(repository, pieceBytes, deadline, progress);
    }

    @Override
    public boolean mount(Digest digest, ImageSource from, Deadline deadline) {
        return from instanceof RegistrySource(RegistryRepository source)
                && repository.mount(digest, source, deadline);
    }

    @Override
    public void putManifest(String key, String mediaType, byte[] bytes, Deadline deadline) {
        repository.putManifest(key, mediaType, bytes, deadline);
    }

    @Override
    public void close() {
        repository.close();
    }
}
