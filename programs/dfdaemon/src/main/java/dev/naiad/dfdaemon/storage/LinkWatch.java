package dev.naiad.dfdaemon.storage;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A content file that is also an output of dfget is one inode with two names, and the owner of the
 * other name may write to it. This tells whether the file was changed since it was last looked at:
 * by its size and its times, of which the change time cannot be set back. Costs nothing as long as
 * the file has one name.
 */
final class LinkWatch {
    private static final String ATTRIBUTES = "unix:nlink,size,lastModifiedTime,ctime";

    private final Path file;

    /** Whether the file has, or had, another name. */
    private volatile boolean linked;

    @GuardedBy("this") private @Nullable Map<String, Object> seen;

    LinkWatch(Path file) {
        this.file = file;
    }

    /** Looks whether the file of an earlier run has another name. */
    synchronized void open() throws IOException {
        Map<String, Object> now = read();
        linked = (int) now.getOrDefault("nlink", 1) > 1;
        seen = now;
    }

    /**
     * Gives the file another name.
     *
     * @throws IOException if {@code target} exists or is on another file system
     */
    synchronized void link(Path target) throws IOException {
        Map<String, Object> before = read();
        boolean changed = linked && !before.equals(seen);
        linked = true;
        Files.createLink(target, file);
        Map<String, Object> after = read();
        // The link itself changes the change time; anything else was a write.
        changed |=
                !before.getOrDefault("size", 0).equals(after.get("size"))
                        || !before.getOrDefault("lastModifiedTime", 0)
                                .equals(after.get("lastModifiedTime"));
        seen = changed ? null : after;
    }

    boolean isLinked() {
        return linked;
    }

    /** Whether the file was changed since the last call, or cannot be looked at. */
    synchronized boolean wasChanged() {
        if (!linked) {
            return false;
        }
        try {
            Map<String, Object> now = read();
            boolean changed = !now.equals(seen);
            seen = now;
            return changed;
        } catch (IOException e) {
            return true;
        }
    }

    private Map<String, Object> read() throws IOException {
        return Files.readAttributes(file, ATTRIBUTES, LinkOption.NOFOLLOW_LINKS);
    }
}
