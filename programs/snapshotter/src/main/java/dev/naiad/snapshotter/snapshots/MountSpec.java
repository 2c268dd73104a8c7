package dev.naiad.snapshotter.snapshots;

import java.util.List;

/** One mount for containerd: type, source and options in the original's order. */
public record MountSpec(String type, String source, List<String> options) {
    public MountSpec {
        options = List.copyOf(options);
    }
}
