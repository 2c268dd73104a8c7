package dev.naiad.nydusify.build;

import dev.naiad.backend.config.BackendConfig;
import dev.naiad.backend.factory.Backends;
import dev.naiad.backend.store.Content;
import dev.naiad.backend.store.WritableBackend;
import dev.naiad.base.cli.CommandLine;
import dev.naiad.base.cli.ProgramContext;
import dev.naiad.base.concurrent.Deadline;
import dev.naiad.base.config.ConfigNode;
import dev.naiad.base.config.Problems;
import dev.naiad.convert.storage.BackendFlags;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.OptionalLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Where {@code nydusify build --backend-push} puts what it has built: blobs and bootstraps each
 * have a prefix of their own.
 */
final class BuildPush implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(BuildPush.class);

    private final WritableBackend blobs;
    private final WritableBackend bootstraps;

    private BuildPush(WritableBackend blobs, WritableBackend bootstraps) {
        this.blobs = blobs;
        this.bootstraps = bootstraps;
    }

    /** Empty if nothing is to be pushed. */
    static Optional<BuildPush> of(ProgramContext context, CommandLine line) {
        if (!line.flag("backend-push")) {
            return Optional.empty();
        }
        ConfigNode section = BackendFlags.section(line, "");
        var choice = BackendFlags.choice(line.get("backend-type"), section);
        var backends = Backends.of("nydusify", context.env(), context.clock());
        return Optional.of(
                new BuildPush(
                        backends.openWritable(prefixed(choice.config(), section, "blob_prefix")),
                        backends.openWritable(prefixed(choice.config(), section, "meta_prefix"))));
    }

    /** compat: this command has keys of its own; {@code object_prefix} stands in for both. */
    static BackendConfig prefixed(BackendConfig config, ConfigNode section, String key) {
        if (config instanceof BackendConfig.ObjectStore store && section.has(key)) {
            return store.withObjectPrefix(section.get(key).string(new Problems(), ""));
        }
        return config;
    }

    /** Stores a blob unless it is there; gives its place. */
    String blob(String id, Path file) throws IOException {
        Content content = Content.of(file);
        OptionalLong there = blobs.size(id, Deadline.never());
        if (there.isPresent() && there.getAsLong() == content.size()) {
            LOG.info("blob {} is in the backend already", id);
        } else {
            blobs.put(id, content, n -> {}, Deadline.never());
            LOG.info("pushed blob {}", id);
        }
        return blobs.locationOf(id);
    }

    /** Stores the bootstrap in any case: its name says nothing of its content. */
    String bootstrap(Path file) throws IOException {
        String name = String.valueOf(file.getFileName());
        bootstraps.put(name, Content.of(Files.readAllBytes(file)), n -> {}, Deadline.never());
        LOG.info("pushed bootstrap {}", name);
        return bootstraps.locationOf(name);
    }

    @Override
    public void close() {
        try (blobs) {
            bootstraps.close();
        }
    }
}
