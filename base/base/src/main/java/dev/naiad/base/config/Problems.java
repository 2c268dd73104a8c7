package dev.naiad.base.config;

import dev.naiad.base.error.ErrorKind;
import dev.naiad.base.error.NaiadException;
import java.util.ArrayList;
import java.util.List;

/**
 * Collects everything that is wrong with a configuration, so that its author sees it at once. For
 * one thread.
 */
public final class Problems {
    private final List<String> messages = new ArrayList<>();

    /** A problem at a node: {@code path: what (file:line)}. */
    public void add(ConfigNode node, String what) {
        String where = node.file() + (node.line() > 0 ? ":" + node.line() : "");
        messages.add(
                (node.path().isEmpty() ? "" : node.path() + ": ")
                        + what
                        + (where.isEmpty() ? "" : " (" + where + ")"));
    }

    /** A problem that belongs to no node, such as a flag's. */
    public void add(String message) {
        messages.add(message);
    }

    /** The problems in the order found. */
    public List<String> messages() {
        return List.copyOf(messages);
    }

    /** Whether nothing is wrong. */
    public boolean isEmpty() {
        return messages.isEmpty();
    }

    /**
     * Does nothing if nothing is wrong.
     *
     * @throws NaiadException INVALID_ARGUMENT with all problems, one a line
     */
    public void throwIfAny() {
        if (!messages.isEmpty()) {
            throw new NaiadException(ErrorKind.INVALID_ARGUMENT, String.join("\n", messages));
        }
    }
}
