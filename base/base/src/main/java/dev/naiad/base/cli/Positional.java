package dev.naiad.base.cli;

/**
 * One argument without a name.
 *
 * @param name what help shows
 * @param help one sentence
 * @param required whether it is required
 * @param repeated whether it takes all that follow; only the last can
 */
public record Positional(String name, String help, boolean required, boolean repeated) {
    /** A required argument. */
    public static Positional required(String name, String help) {
        return new Positional(name, help, true, false);
    }

    /** An optional argument. */
    public static Positional optional(String name, String help) {
        return new Positional(name, help, false, false);
    }

    /** All further arguments. */
    public static Positional rest(String name, String help) {
        return new Positional(name, help, false, true);
    }
}
