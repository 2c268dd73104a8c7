package dev.naiad.convert.remote;

import dev.naiad.base.cli.Option;

/** The flags about this machine that the commands of nydusify share. */
public final class LocalFlags {
    private LocalFlags() {}

    /** {@code about} says what the command writes there. */
    public static Option workDir(String about, String fallback) {
        return Option.value("work-dir", "value", about).env("WORK_DIR").defaultValue(fallback);
    }

    /** compat: scripts name the binary; what it did is done in this program. */
    public static Option nydusImage(String about) {
        return Option.value("nydus-image", "value", about)
                .env("NYDUS_IMAGE")
                .defaultValue("nydus-image");
    }

    /** {@link #nydusImage(String)} where nothing of what it did is needed. */
    public static Option unusedNydusImage() {
        return nydusImage("Not needed");
    }
}
