package dev.naiad.base.cli;

import dev.naiad.base.error.ExitCode;

/** Whose conventions a command line follows: syntax, layout of help, exit code of a mistake. */
public enum Style {
    /** Rust's clap 4: options anywhere, grouped shorts, mistakes end with 2. */
    CLAP(ExitCode.USAGE),
    /**
     * Go's urfave/cli: one dash also for long names, options end at the first argument, mistakes
     * end with 1.
     */
    URFAVE(ExitCode.FAILURE),
    /** Go's cobra and pflag: options anywhere, grouped shorts, mistakes end with 1. */
    COBRA(ExitCode.FAILURE);

    private final int usageExitCode;

    Style(int usageExitCode) {
        this.usageExitCode = usageExitCode;
    }

    /** The exit code of a program that was called with wrong arguments. */
    public int usageExitCode() {
        return usageExitCode;
    }
}
