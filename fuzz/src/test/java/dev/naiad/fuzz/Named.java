package dev.naiad.fuzz;

import dev.naiad.base.error.NaiadException;

/** What hostile bytes may lead to: an answer, or an error that says what is wrong. */
final class Named {
    private Named() {}

    /** Something that reads hostile bytes. */
    @FunctionalInterface
    interface Action {
        void run();
    }

    /**
     * Runs {@code action}; everything but a named error is a finding.
     *
     * @return whether it ended without an error
     */
    static boolean errorsOnly(Action action) {
        try {
            action.run();
            return true;
        } catch (NaiadException e) {
            String message = e.getMessage();
            if (message == null || message.isBlank()) {
                throw new AssertionError("an error without a message", e);
            }
            return false;
        }
    }
}
