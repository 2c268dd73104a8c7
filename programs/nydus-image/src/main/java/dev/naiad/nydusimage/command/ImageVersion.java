package dev.naiad.nydusimage.command;

/** What nydus-image says about itself. */
final class ImageVersion {
    /**
     * compat: callers of the original look for {@code Version:\s*(v.*)} and compare it with its
     * versions.
     */
    static final String VERSION = "v2.4.4-naiad-0.1.0";

    static final String REVISION = "naiad";

    private ImageVersion() {}

    /**
     * compat: the original prints its empty name, a blank and a carriage return before the first
     * line.
     */
    static String text() {
        return " \rVersion: \t"
                + VERSION
                + "\nGit Commit: \t"
                + REVISION
                + "\nBuild Time: \t2026-01-01T00:00:00Z\nProfile: \trelease\nRustc: \tnone, Java "
                + Runtime.version().feature()
                + "\n";
    }
}
