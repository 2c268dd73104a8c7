package dev.naiad.snapshotter.snapshots;

import java.nio.file.Path;

/**
 * A mounted image.
 *
 * @param root the directory where its files appear
 * @param bootstrap the file that describes it
 * @param config its nydusd configuration, with credentials: never logged
 */
public record RafsTree(Path root, Path bootstrap, String config) {
    @Override
    public String toString() {
        return root.toString();
    }
}
