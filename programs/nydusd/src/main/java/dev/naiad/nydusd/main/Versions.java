package dev.naiad.nydusd.main;

import dev.naiad.nydusdapi.BuildVersion;

/** What the programs say they are. */
final class Versions {
    private static final String PACKAGE = "0.1.0";

    private Versions() {}

    static BuildVersion build() {
        return new BuildVersion(
                PACKAGE,
                "naiad-" + PACKAGE,
                "reproducible",
                "release",
                "none, Java " + Runtime.version().feature());
    }

    /**
     * compat: newer snapshotters run {@code nydusd --version} and search {@code Git
     * Commit:\s*(.+)}; the text behind the program's name begins with a carriage return.
     */
    static String text(String program) {
        var v = build();
        return program
                + " \rVersion: \t"
                + v.packageVer()
                + "\nGit Commit: \t"
                + v.gitCommit()
                + "\nBuild Time: \t"
                + v.buildTime()
                + "\nProfile: \t"
                + v.profile()
                + "\nRustc: \t\t"
                + v.rustc();
    }
}
