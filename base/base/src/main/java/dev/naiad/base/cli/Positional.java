package dev.naiad.base.cli;

/**
 * One argument without a name.
 *
 * @param name what help shows
 * @param help one sentence
 * @param required whether it must be there
 * @param repeated whether it takes all that follow; only the last one can
 */
public record Positional(String name, String help, boolean required, boolean repeated) {
    /** An argument that must be there. */
    public static Positional required(String name, String help) {
        return new Positional(name, help, true, false);
    }

    /** An argument that may be missing. */
    public static Positional optional(String name, String help) {
        return new Positional(name, help, false, false);
    }

    /** All further arguments. */
    public static Positional rest(String name, String help) {
        return new Positional(name, help, false, true);
    }
}
