package dev.naiad.nydusify.check;

import dev.naiad.base.error.ErrorKind;
import dev.naiad.base.error.NaiadException;

/** What is thrown when an image breaks a rule. */
final class CheckFailure {
    private CheckFailure() {}

    /** compat: the original's words around the rule's name. */
    static NaiadException of(String rule, String why) {
        return new NaiadException(
                ErrorKind.FAILED_PRECONDITION, "validate " + rule + " failed: " + why);
    }
}
