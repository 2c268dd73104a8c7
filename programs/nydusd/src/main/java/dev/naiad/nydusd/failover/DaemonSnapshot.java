package dev.naiad.nydusd.failover;

import dev.naiad.base.config.ConfigNode;
import dev.naiad.base.config.JsonReader;
import dev.naiad.base.config.JsonWriter;
import dev.naiad.base.config.Problems;
import dev.naiad.base.error.CorruptFormatException;
import dev.naiad.fuse.FuseSession;
import dev.naiad.nydusd.vfs.VfsState;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.zip.GZIPInputStream;
import java.util.zip.GZIPOutputStream;

/**
 * A daemon as bytes: {@code NAIADFD1}, then gzip of JSON. Compressed, because the supervisor of
 * snapshotter 0.13.4 keeps 32768 bytes at most. Holds credentials: it never leaves the two sockets.
 *
 * @param session what the kernel was told once and will not be told again
 * @param tree pseudo directories and counters, in whose numbers the kernel speaks
 * @param mounts what to mount again, each at its old index
 */
public record DaemonSnapshot(FuseSession session, VfsState tree, List<MountSnapshot> mounts) {
    private static final byte[] MAGIC = "NAIADFD1".getBytes(StandardCharsets.US_ASCII);
    private static final int MAX_PLAIN = 64 << 20;
    private static final String NAME = "daemon state";

    public DaemonSnapshot {
        mounts = List.copyOf(mounts);
    }

    /**
     * One mounted image.
     *
     * @param config whole configuration, version 2, with credentials
     * @param settings made at run time
     */
    public record MountSnapshot(
            String mountpoint,
            int index,
            long generation,
            String bootstrap,
            String config,
            Optional<List<String>> prefetchFiles,
            Map<String, String> settings) {
        public MountSnapshot {
            prefetchFiles = prefetchFiles.map(List::copyOf);
            settings = Map.copyOf(settings);
        }

        /** Without the configuration. */
        @Override
        public String toString() {
            return bootstrap + " at " + mountpoint;
        }
    }

    /** To be sent to a supervisor. */
    public byte[] toBytes() {
        var out = JsonWriter.compact().object().key("session").object();
        out.put("minor", session.minor())
                .put("flags", session.flags())
                .put("no_open", session.noOpen())
                .end();
        tree.write(out.key("tree"));
        out.key("mounts").array();
        for (var mount : mounts) {
            out.object()
                    .put("mountpoint", mount.mountpoint)
                    .put("index", mount.index)
                    .put("generation", mount.generation)
                    .put("bootstrap", mount.bootstrap)
                    .put("config", mount.config);
            mount.prefetchFiles.ifPresent(files -> out.put("prefetch_files", files));
            out.put("settings", mount.settings).end();
        }
        var bytes = new ByteArrayOutputStream();
        bytes.writeBytes(MAGIC);
        try (var gzip = new GZIPOutputStream(bytes)) {
            gzip.write(out.end().end().toString().getBytes(StandardCharsets.UTF_8));
        } catch (IOException e) {
            throw new IllegalStateException("writing to memory", e);
        }
        return bytes.toByteArray();
    }

    /**
     * Reads what {@link #toBytes} wrote.
     *
     * @throws CorruptFormatException if it is something else, or another daemon's
     */
    public static DaemonSnapshot of(byte[] bytes) {
        if (bytes.length < MAGIC.length
                || !Arrays.equals(bytes, 0, MAGIC.length, MAGIC, 0, MAGIC.length)) {
            throw new CorruptFormatException(NAME, 0, "NAIADFD1", bytes.length + " other bytes");
        }
        var json = JsonReader.parse(NAME, inflate(bytes));
        var problems = new Problems();
        var session = json.get("session");
        var mounts = new ArrayList<MountSnapshot>();
        for (var mount : json.get("mounts").items()) {
            mounts.add(mount(mount, problems));
        }
        var snapshot =
                new DaemonSnapshot(
                        new FuseSession(
                                session.get("minor").int32(problems, 0, 1, 1000),
                                session.get("flags")
                                        .integer(problems, 0, Long.MIN_VALUE, Long.MAX_VALUE),
                                session.get("no_open").bool(problems, false)),
                        VfsState.of(json.get("tree"), problems),
                        mounts);
        problems.throwIfAny();
        return snapshot;
    }

    private static MountSnapshot mount(ConfigNode mount, Problems problems) {
        var prefetch = mount.get("prefetch_files");
        return new MountSnapshot(
                mount.get("mountpoint").requiredString(problems),
                mount.get("index").int32(problems, 0, 1, 255),
                mount.get("generation").integer(problems, 0, 0, Long.MAX_VALUE),
                mount.get("bootstrap").requiredString(problems),
                mount.get("config").requiredString(problems),
                prefetch.isPresent() ? Optional.of(prefetch.strings(problems)) : Optional.empty(),
                new LinkedHashMap<>(mount.get("settings").stringMap(problems)));
    }

    private static byte[] inflate(byte[] bytes) {
        var compressed = new ByteArrayInputStream(bytes, MAGIC.length, bytes.length - MAGIC.length);
        try (var gzip = new GZIPInputStream(compressed)) {
            byte[] plain = gzip.readNBytes(MAX_PLAIN);
            if (gzip.read() >= 0) {
                throw new CorruptFormatException(NAME, -1, MAX_PLAIN + " bytes at most", "more");
            }
            return plain;
        } catch (IOException e) {
            // Cut short on its way: a supervisor that keeps 32768 bytes and got more.
            throw new CorruptFormatException(
                    NAME, bytes.length, "a complete gzip stream", e.toString());
        }
    }
}
