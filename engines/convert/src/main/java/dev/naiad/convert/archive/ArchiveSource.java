package dev.naiad.convert.archive;

import dev.naiad.backend.registry.RegistryRepository.Fetched;
import dev.naiad.base.bytes.Digest;
import dev.naiad.base.concurrent.Deadline;
import dev.naiad.base.config.ConfigNode;
import dev.naiad.base.config.JsonReader;
import dev.naiad.base.config.Problems;
import dev.naiad.base.error.ErrorKind;
import dev.naiad.base.error.NaiadException;
import dev.naiad.convert.files.WorkDir;
import dev.naiad.convert.pull.ImageSource;
import dev.naiad.oci.image.MediaTypes;
import dev.naiad.oci.ref.ImageReference;
import java.io.InputStream;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;

/**
 * The one image of an archive: an OCI layout, or what {@code docker save} wrote. Of several images
 * the one is taken that has the name that was asked for.
 */
public final class ArchiveSource implements ImageSource {
    private static final int MAX_MANIFEST_BYTES = 4 << 20;
    private static final String CONTAINERD_NAME = "io.containerd.image.name";
    private static final String OCI_NAME = "org.opencontainers.image.ref.name";

    private final ArchiveFiles files;
    private final Optional<DockerArchive> docker;
    private final Optional<ImageReference> wanted;

    private ArchiveSource(
            ArchiveFiles files, Optional<DockerArchive> docker, Optional<ImageReference> wanted) {
        this.files = files;
        this.docker = docker;
        this.wanted = wanted;
    }

    /**
     * Opens it.
     *
     * @param wanted chooses among several images
     */
    public static ArchiveSource open(Path path, Optional<ImageReference> wanted, WorkDir work) {
        var files = ArchiveFiles.open(path, work);
        boolean good = false;
        try {
            Optional<DockerArchive> docker = Optional.empty();
            if (files.size("index.json").isEmpty()) {
                if (files.size("manifest.json").isEmpty()) {
                    throw new NaiadException(
                            ErrorKind.INVALID_ARGUMENT,
                            files + ": is neither an OCI layout nor an archive of docker save");
                }
                docker = Optional.of(DockerArchive.read(files));
            }
            var source = new ArchiveSource(files, docker, wanted);
            good = true;
            return source;
        } finally {
            if (!good) {
                files.close();
            }
        }
    }

    @Override
    public String name() {
        return files.toString();
    }

    @Override
    public Fetched manifest(String key, Deadline deadline) {
        if (docker.isPresent()) {
            return docker.get().manifest();
        }
        if (key.startsWith("sha256:")) {
            Digest digest = Digest.parse(key);
            if (files.size(path(digest)).isPresent() || wanted.isEmpty()) {
                return byDigest(digest, "");
            }
        }
        return root();
    }

    /** The image that the layout's list names. */
    private Fetched root() {
        byte[] bytes = files.bytes("index.json", MAX_MANIFEST_BYTES);
        var problems = new Problems();
        List<ConfigNode> entries =
                JsonReader.parse(files + ": index.json", bytes).get("manifests").items();
        if (entries.size() > 1) {
            List<ConfigNode> named = entries.stream().filter(this::named).toList();
            if (named.size() != 1 && platforms(entries)) {
                return new Fetched(MediaTypes.OCI_INDEX, Digest.sha256Of(bytes), bytes);
            }
            entries = named.size() == 1 ? named : entries;
        }
        if (entries.size() != 1) {
            throw new NaiadException(
                    ErrorKind.INVALID_ARGUMENT,
                    files + ": holds " + entries.size() + " images, and none by the name wanted");
        }
        ConfigNode entry = entries.getFirst();
        String digest = entry.get("digest").requiredString(problems);
        problems.throwIfAny();
        return byDigest(Digest.parse(digest), entry.get("mediaType").string(problems, ""));
    }

    /** Whether an entry of the list has the wanted image's name. */
    private boolean named(ConfigNode entry) {
        if (wanted.isEmpty()) {
            return false;
        }
        String full = wanted.get().toString();
        String tag = wanted.get().tag().orElse("latest");
        var problems = new Problems();
        String containerd = entry.at("annotations", CONTAINERD_NAME).string(problems, "");
        String oci = entry.at("annotations", OCI_NAME).string(problems, "");
        return containerd.equals(full) || oci.equals(full) || oci.equals(tag);
    }

    /** Whether the list is that of one image for several platforms. */
    private static boolean platforms(List<ConfigNode> entries) {
        var seen = new HashSet<String>();
        return entries.stream()
                .allMatch(
                        entry ->
                                entry.get("platform").isObject()
                                        && seen.add(entry.get("platform").toString()));
    }

    private Fetched byDigest(Digest digest, String typeThere) {
        byte[] bytes = files.bytes(path(digest), MAX_MANIFEST_BYTES);
        Digest found = Digest.sha256Of(bytes);
        if (!found.equals(digest)) {
            throw new NaiadException(
                    ErrorKind.DATA_LOSS,
                    files + ": manifest " + digest + " has the digest " + found);
        }
        ConfigNode json = JsonReader.parse(files + ": " + digest, bytes);
        String guess =
                !typeThere.isEmpty()
                        ? typeThere
                        : json.has("manifests") ? MediaTypes.OCI_INDEX : MediaTypes.OCI_MANIFEST;
        return new Fetched(json.get("mediaType").string(new Problems(), guess), digest, bytes);
    }

    private String path(Digest digest) {
        return docker.map(archive -> archive.path(digest))
                .orElse("blobs/" + digest.algorithm().id() + "/" + digest.hex());
    }

    @Override
    public InputStream blob(Digest digest, Deadline deadline) {
        return files.open(path(digest));
    }

    @Override
    public void read(Digest blob, long offset, MemorySegment target, Deadline deadline) {
        files.read(path(blob), offset, target);
    }

    @Override
    public void close() {
        files.close();
    }
}
