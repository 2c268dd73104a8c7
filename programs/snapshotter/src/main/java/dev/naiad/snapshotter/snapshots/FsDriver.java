package dev.naiad.snapshotter.snapshots;

import java.util.Optional;

/** How an image's tree gets onto the node. Only some of the original's drivers are served. */
public enum FsDriver {
    /** nydusd over FUSE. */
    FUSEDEV("fusedev"),
    /** The kernel's on-demand EROFS cache; not served. */
    FSCACHE("fscache"),
    /** Loop devices and EROFS for tarfs; not served. */
    BLOCKDEV("blockdev"),
    /**
     * The image is pulled inside the guest; the snapshotter only answers with a volume description.
     */
    PROXY("proxy"),
    /** No data plane: plain OCI images only. */
    NODEV("nodev");

    private final String word;

    FsDriver(String word) {
        this.word = word;
    }

    public String word() {
        return word;
    }

    public static Optional<FsDriver> of(String word) {
        for (FsDriver driver : values()) {
            if (driver.word.equals(word)) {
                return Optional.of(driver);
            }
        }
        return Optional.empty();
    }
}
