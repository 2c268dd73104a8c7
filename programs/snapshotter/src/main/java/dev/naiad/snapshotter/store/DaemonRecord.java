package dev.naiad.snapshotter.store;

import dev.naiad.base.config.ConfigNode;
import dev.naiad.base.config.JsonWriter;
import dev.naiad.base.config.Problems;

/**
 * One nydusd in nydus.db, enough to find it again or to start it anew. The JSON keys are Go field
 * names in the original's order; fields of newer originals are read as absent and not written, as
 * 0.13.4 does.
 */
public record DaemonRecord(
        String id,
        int processId,
        String apiSocket,
        String mode,
        String fsDriver,
        String logDir,
        String logLevel,
        int logRotationSizeMb,
        boolean logToStdout,
        String mountpoint,
        String supervisorPath,
        int threads,
        String configDir) {
    public static final String DEDICATED = "dedicated";
    public static final String SHARED = "shared";

    public boolean isShared() {
        return mode.equals(SHARED);
    }

    public DaemonRecord withProcess(int pid) {
        return new DaemonRecord(
                id,
                pid,
                apiSocket,
                mode,
                fsDriver,
                logDir,
                logLevel,
                logRotationSizeMb,
                logToStdout,
                mountpoint,
                supervisorPath,
                threads,
                configDir);
    }

    public DaemonRecord withSupervisor(String socket) {
        return new DaemonRecord(
                id,
                processId,
                apiSocket,
                mode,
                fsDriver,
                logDir,
                logLevel,
                logRotationSizeMb,
                logToStdout,
                mountpoint,
                socket,
                threads,
                configDir);
    }

    String toJson() {
        return JsonWriter.compact()
                .likeGo()
                .object()
                .put("ID", id)
                .put("ProcessID", processId)
                .put("APISocket", apiSocket)
                .put("DaemonMode", mode)
                .put("FsDriver", fsDriver)
                .put("LogDir", logDir)
                .put("LogLevel", logLevel)
                .put("LogRotationSize", logRotationSizeMb)
                .put("LogToStdout", logToStdout)
                .put("Mountpoint", mountpoint)
                .put("SupervisorPath", supervisorPath)
                .put("ThreadNum", threads)
                .put("ConfigDir", configDir)
                .end()
                .toString();
    }

    static DaemonRecord of(ConfigNode node, Problems problems) {
        return new DaemonRecord(
                node.get("ID").requiredString(problems),
                node.get("ProcessID").int32(problems, 0, Integer.MIN_VALUE, Integer.MAX_VALUE),
                node.get("APISocket").string(problems, ""),
                node.get("DaemonMode").string(problems, DEDICATED),
                node.get("FsDriver").string(problems, "fusedev"),
                node.get("LogDir").string(problems, ""),
                node.get("LogLevel").string(problems, "info"),
                node.get("LogRotationSize").int32(problems, 0, 0, Integer.MAX_VALUE),
                node.get("LogToStdout").bool(problems, false),
                node.get("Mountpoint").string(problems, ""),
                node.get("SupervisorPath").string(problems, ""),
                node.get("ThreadNum").int32(problems, 0, Integer.MIN_VALUE, Integer.MAX_VALUE),
                node.get("ConfigDir").string(problems, ""));
    }
}
