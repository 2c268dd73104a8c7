package dev.naiad.convert.pull;

import dev.naiad.backend.ReadPriority;
import dev.naiad.backend.registry.RegistryRepository;
import dev.naiad.backend.registry.RegistryRepository.Fetched;
import dev.naiad.base.bytes.Digest;
import dev.naiad.base.concurrent.Deadline;
import java.io.InputStream;
import java.lang.foreign.MemorySegment;

/**
 * Images of a repository.
 *
 * @param repository closed with this
 */
public record RegistrySource(RegistryRepository repository) implements ImageSource {
    @Override
    public String name() {
        return repository.name();
    }

    @Override
    public Fetched manifest(String key, Deadline deadline) {
        return repository.manifest(key, deadline);
    }

    @Override
    public InputStream blob(Digest digest, Deadline deadline) {
        return repository.blob(digest, deadline);
    }

    @Override
    public void read(Digest blob, long offset, MemorySegment target, Deadline deadline) {
        repository.blobs().read(blob.hex(), offset, target, ReadPriority.USER, deadline);
    }

    @Override
    public void close() {
        repository.close();
    }
}
