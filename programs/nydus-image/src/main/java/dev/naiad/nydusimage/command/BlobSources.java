package dev.naiad.nydusimage.command;

import dev.naiad.backend.Backend;
import dev.naiad.backend.BackendBlob;
import dev.naiad.backend.ReadPriority;
import dev.naiad.backend.config.BackendConfig;
import dev.naiad.backend.factory.Backends;
import dev.naiad.base.bytes.ByteSource;
import dev.naiad.base.cli.CommandLine;
import dev.naiad.base.cli.Option;
import dev.naiad.base.cli.ProgramContext;
import dev.naiad.base.cli.UsageException;
import dev.naiad.base.concurrent.Deadline;
import dev.naiad.base.config.JsonReader;
import dev.naiad.base.error.ErrorKind;
import dev.naiad.base.error.NaiadException;
import dev.naiad.layers.WindowedSource;
import dev.naiad.linux.FdSource;
import dev.naiad.rafs.BlobFeatures;
import dev.naiad.rafs.BlobInfo;
import dev.naiad.rafs.Bootstrap;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Where a command finds the blobs of an image: in one file, in a directory, or in a storage
 * backend. Blobs are opened once and stay open until it is closed.
 */
final class BlobSources implements AutoCloseable {
    private final List<Place> places;
    private final String otherId;
    private final Map<String, ByteSource> open = new HashMap<>();
    private final List<FdSource> toClose = new ArrayList<>();

    private sealed interface Place {
        record Single(Path file) implements Place {}

        record Directory(Path path) implements Place {}

        record Remote(Backend backend) implements Place {}
    }

    private BlobSources(List<Place> places, String otherId) {
        this.places = places;
        this.otherId = otherId;
    }

    /**
     * The options that name a storage backend.
     *
     * @param others options of the command that name another place
     */
    static List<Option> backendOptions(String... others) {
        return List.of(
                Option.value(
                                "backend-type",
                                "backend-type",
                                "Type of the storage backend that has the blobs")
                        .choices("oss", "s3", "registry", "localfs", "localdisk", "http-proxy")
                        .conflictsWith(others),
                Option.value(
                                "backend-config",
                                "backend-config",
                                "Config string of the backend, in JSON")
                        .conflictsWith("backend-config-file")
                        .requires("backend-type"),
                Option.value(
                                "backend-config-file",
                                "backend-config-file",
                                "Config file of the backend, in JSON")
                        .requires("backend-type"));
    }

    /**
     * What the command line names: a blob is looked for in each place that is given.
     *
     * @param bootstrap file of the image, whose name stands for a blob that cannot name itself
     * @param options those of {@code backend-type}, {@code blob}, {@code blob-dir}, {@code
     *     localfs-dir} and {@code config} that the command has, in the order in which they count
     */
    static Optional<BlobSources> of(
            CommandLine line, ProgramContext context, Path bootstrap, String... options) {
        var places = new ArrayList<Place>();
        for (String option : options) {
            if (line.given(option)) {
                places.add(
                        switch (option) {
                            case "blob" -> new Place.Single(Path.of(line.get(option)));
                            case "blob-dir", "localfs-dir" ->
                                    new Place.Directory(Path.of(line.get(option)));
                            case "config" ->
                                    remote(context, StorageConfig.of(Path.of(line.get(option))));
                            default -> remote(context, backend(line));
                        });
            }
        }
        return places.isEmpty()
                ? Optional.empty()
                : Optional.of(new BlobSources(places, BootstrapFile.blobId(bootstrap)));
    }

    /** Blobs in these backends, looked for in this order. */
    static BlobSources of(List<BackendConfig> backends, ProgramContext context, Path bootstrap) {
        return new BlobSources(
                backends.stream().map(config -> remote(context, config)).toList(),
                BootstrapFile.blobId(bootstrap));
    }

    private static Place remote(ProgramContext context, BackendConfig config) {
        return new Place.Remote(
                Backends.of("nydus-image/" + ImageVersion.VERSION, context.env(), context.clock())
                        .open(config));
    }

    private static BackendConfig backend(CommandLine line) {
        String type = line.get("backend-type");
        if (line.given("backend-config")) {
            return StorageConfig.of(
                    type, JsonReader.parse("--backend-config", line.get("backend-config")));
        }
        if (line.given("backend-config-file")) {
            return StorageConfig.of(
                    type, JsonReader.read(Path.of(line.get("backend-config-file"))));
        }
        throw new UsageException("--backend-type needs --backend-config or --backend-config-file");
    }

    /** The blob table of an image under the names by which its blobs should be found. */
    static List<BlobInfo> named(Bootstrap image, Path bootstrap) {
        return image.blobs().stream()
                .map(
                        blob ->
                                blob.hasPlaceholderId()
                                        ? blob.withId(BootstrapFile.blobId(bootstrap))
                                        : blob)
                .toList();
    }

    /** The blob table of an image under the names by which its blobs are found. */
    List<BlobInfo> named(Bootstrap image) {
        return image.blobs().stream()
                .map(
                        blob -> {
                            if (!blob.hasPlaceholderId()) {
                                return blob;
                            }
                            boolean inside = blob.has(BlobFeatures.INLINED_FS_META);
                            return !inside && isThere(blob.id()) ? blob : blob.withId(otherId);
                        })
                .toList();
    }

    private boolean isThere(String id) {
        try {
            open(id);
            return true;
        } catch (NaiadException e) {
            if (e.kind() != ErrorKind.NOT_FOUND) {
                throw e;
            }
            return false;
        }
    }

    /**
     * Opens a blob of the image.
     *
     * @throws NaiadException NOT_FOUND naming the last place that was looked at
     */
    ByteSource open(BlobInfo blob) {
        // Old images do not say whether their blobs can name themselves: both names may be right.
        return blob.hasPlaceholderId()
                ? open(describesAnother(blob), otherId, blob.id())
                : open(describesAnother(blob), blob.id());
    }

    /** Opens the first of these that is there. */
    ByteSource open(String... ids) {
        return open(false, ids);
    }

    /** Whether it is not the data that is wanted, but what says where in a layer they are. */
    private static boolean describesAnother(BlobInfo blob) {
        return blob.has(BlobFeatures.ZRAN) && !blob.has(BlobFeatures.SEPARATE);
    }

    private ByteSource open(boolean described, String... ids) {
        var failure = new NaiadException(ErrorKind.NOT_FOUND, "blob " + ids[0] + " does not exist");
        for (String id : ids) {
            var known = open.get(id);
            if (known != null) {
                return known;
            }
            for (var place : places) {
                try {
                    var source = open(place, id, described);
                    open.put(id, source);
                    return source;
                } catch (NaiadException e) {
                    if (e.kind() != ErrorKind.NOT_FOUND) {
                        throw e;
                    }
                    failure = e;
                }
            }
        }
        throw failure;
    }

    private ByteSource open(Place place, String id, boolean described) {
        return switch (place) {
            // The one file is the layer then; what describes it is looked for beside it.
            case Place.Single(Path file) ->
                    file(described ? file.toAbsolutePath().resolveSibling(id) : file);
            case Place.Directory(Path path) -> file(path.resolve(id));
            case Place.Remote(Backend backend) ->
                    // Small reads share requests.
                    new WindowedSource(
                            BackendBlob.open(backend, id, ReadPriority.PREFETCH, Deadline.never()));
        };
    }

    private ByteSource file(Path path) {
        if (!Files.exists(path)) {
            throw new NaiadException(ErrorKind.NOT_FOUND, "blob " + path + " does not exist");
        }
        var source = FdSource.open(path);
        toClose.add(source);
        return source;
    }

    @Override
    public void close() {
        toClose.forEach(FdSource::close);
        for (var place : places) {
            if (place instanceof Place.Remote(Backend backend)) {
                backend.close();
            }
        }
    }
}
