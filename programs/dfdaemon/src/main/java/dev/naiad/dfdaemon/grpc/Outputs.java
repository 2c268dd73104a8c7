package dev.naiad.dfdaemon.grpc;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;

/**
 * The output files that downloads are about to write. A path is reserved by an empty file there;
 * downloads of the same task to the same path share it, as with the original, where all of them
 * link the same content.
 */
final class Outputs {
    @GuardedBy("this") private final Map<Path, Reservation> reserved = new HashMap<>();

    private record Reservation(String taskId, int downloads, boolean created) {}

    /**
     * Reserves a path. A file that is there already stays as it is until the download is done.
     *
     * @param replace whether a file may be there
     * @return false if a file is there and may not be
     */
    synchronized boolean reserve(
            Path path, String taskId, boolean replace, OutputDirectory directory) {
        Reservation held = reserved.get(path);
        if (held != null && (held.taskId().equals(taskId) || replace)) {
            reserved.put(path, new Reservation(taskId, held.downloads() + 1, held.created()));
            return true;
        }
        boolean created = directory.reserve();
        if (!created && !replace) {
            return false;
        }
        reserved.put(path, new Reservation(taskId, 1, created));
        return true;
    }

    /** Whether a download of the task is about to write the path. */
    synchronized boolean isReserved(Path path, String taskId) {
        Reservation held = reserved.get(path);
        return held != null && held.taskId().equals(taskId);
    }

    /**
     * Ends a download's interest in a path.
     *
     * @param removeEmpty whether the empty file goes, if no other download is left that fills it
     */
    synchronized void release(Path path, boolean removeEmpty, OutputDirectory directory) {
        Reservation held = reserved.get(path);
        if (held == null) {
            return;
        }
        if (held.downloads() > 1) {
            reserved.put(
                    path, new Reservation(held.taskId(), held.downloads() - 1, held.created()));
            return;
        }
        reserved.remove(path);
        if (removeEmpty && held.created()) {
            directory.removeEmpty();
        }
    }
}
