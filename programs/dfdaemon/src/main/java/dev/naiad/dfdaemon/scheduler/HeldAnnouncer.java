package dev.naiad.dfdaemon.scheduler;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.naiad.dfdaemon.storage.HeldTask;
import dev.naiad.dfdaemon.storage.PieceStore;
import dev.naiad.dfdaemon.storage.StoredTask;
import dev.naiad.dfdaemon.storage.TaskMeta;
import dev.naiad.dragonfly.api.common.Download;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.BiConsumer;

/** Describes the tasks that are held completely, for schedulers that do not know of them. */
public final class HeldAnnouncer implements HostAnnouncer.HeldTasks {
    private final PieceStore store;
    private final HostIdentity identity;

    /** Set once the schedulers are there, which need this object first. */
    @GuardedBy("this") private BiConsumer<String, Download> announcer = (taskId, download) -> {};

    public HeldAnnouncer(PieceStore store, HostIdentity identity) {
        this.store = store;
        this.identity = identity;
    }

    /** Who tells a scheduler of one task. */
    public synchronized void announceThrough(BiConsumer<String, Download> through) {
        announcer = through;
    }

    @Override
    public List<HostAnnouncer.Held> complete() {
        var held = new ArrayList<HostAnnouncer.Held>();
        for (HeldTask entry : store.list()) {
            store.sealed(entry.taskId())
                    .ifPresent(
                            meta -> {
                                Download bare = Download.newBuilder().setUrl(meta.url()).build();
                                held.add(
                                        new HostAnnouncer.Held(
                                                entry.taskId(), describe(bare, meta)));
                            });
        }
        return held;
    }

    @Override
    public String newPeerId() {
        return identity.newPeerId();
    }

    /** Tells the scheduler of a task if it is held completely; else does nothing. */
    public boolean announceIfComplete(String taskId, Download download) {
        Optional<StoredTask> task = store.find(taskId);
        if (task.isEmpty() || !task.get().isComplete() || !task.get().isSealed()) {
            return false;
        }
        BiConsumer<String, Download> through;
        synchronized (this) {
            through = announcer;
        }
        through.accept(taskId, describe(download, task.get().meta()));
        return true;
    }

    private static Download describe(Download download, TaskMeta task) {
        return download.toBuilder()
                .setMetadataOnly(true)
                .setNeedBackToSource(false)
                .setActualContentLength(task.contentLength())
                .setActualPieceLength(task.layout().pieceLength())
                .setActualPieceCount(task.layout().count())
                .build();
    }
}
