package dev.naiad.nydusdapi;

import dev.naiad.base.config.ConfigNode;
import dev.naiad.base.config.JsonWriter;

/**
 * What a daemon says about the program it is.
 *
 * @param gitCommit compared by newer snapshotters with the {@code Git Commit:} line of {@code
 *     nydusd --version}; a difference makes them upgrade the daemon
 */
public record BuildVersion(
        String packageVer, String gitCommit, String buildTime, String profile, String rustc) {

    public static BuildVersion of(ConfigNode json) {
        return new BuildVersion(
                Json.text(json, "package_ver"),
                Json.text(json, "git_commit"),
                Json.text(json, "build_time"),
                Json.text(json, "profile"),
                Json.text(json, "rustc"));
    }

    void write(JsonWriter out) {
        out.object()
                .put("package_ver", packageVer)
                .put("git_commit", gitCommit)
                .put("build_time", buildTime)
                .put("profile", profile)
                .put("rustc", rustc)
                .end();
    }
}
