package dev.naiad.dfdaemon.grpc;

import dev.naiad.base.error.ErrorKind;
import dev.naiad.base.error.NaiadException;
import dev.naiad.dfdaemon.scheduler.DfdaemonMessages;
import dev.naiad.dfdaemon.scheduler.Schedulers;
import dev.naiad.dfdaemon.storage.HeldTask;
import dev.naiad.dfdaemon.storage.PieceStore;
import dev.naiad.dfdaemon.storage.StoredTask;
import dev.naiad.dragonfly.api.common.Task;
import dev.naiad.dragonfly.api.dfdaemon.ListLocalTasksResponse;
import dev.naiad.dragonfly.api.dfdaemon.StatLocalTaskResponse;

/** What both services say of, and do with, the tasks this host holds. */
public final class LocalTasks {
    private final PieceStore store;
    private final Schedulers schedulers;

    public LocalTasks(PieceStore store, Schedulers schedulers) {
        this.store = store;
        this.schedulers = schedulers;
    }

    StatLocalTaskResponse stat(String taskId) {
        return describe(held(taskId));
    }

    ListLocalTasksResponse list() {
        var all = ListLocalTasksResponse.newBuilder();
        for (HeldTask held : store.list()) {
            store.find(held.taskId()).ifPresent(task -> all.addTasks(describe(task)));
        }
        return all.build();
    }

    /** What the scheduler knows. */
    Task statInSwarm(String taskId) {
        return schedulers
                .stat(taskId)
                .orElseThrow(
                        () ->
                                new NaiadException(
                                        ErrorKind.INTERNAL,
                                        "task " + taskId + ": the scheduler does not know it"));
    }

    void delete(String taskId) {
        held(taskId);
        store.drop(taskId);
    }

    void deleteEverywhere(String taskId) {
        store.drop(taskId);
        schedulers.deleteTask(taskId);
    }

    private StoredTask held(String taskId) {
        return store.find(taskId)
                .orElseThrow(
                        () ->
                                new NaiadException(
                                        ErrorKind.NOT_FOUND, "task " + taskId + " not found"));
    }

    private static StatLocalTaskResponse describe(StoredTask task) {
        var created = DfdaemonMessages.timestamp(task.meta().createdAt());
        var stat =
                StatLocalTaskResponse.newBuilder()
                        .setTaskId(task.meta().taskId())
                        .setContentLength(task.meta().contentLength())
                        .setPieceLength(task.layout().pieceLength())
                        .putAllResponseHeader(task.meta().responseHeaders())
                        .setCreatedAt(created)
                        .setUpdatedAt(created);
        if (task.isSealed()) {
            stat.setFinishedAt(created);
        }
        return stat.build();
    }
}
