package dev.naiad.e2e;

import dev.naiad.e2e.lab.Lab;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.LifecycleMethodExecutionExceptionHandler;
import org.junit.jupiter.api.extension.TestWatcher;

/** Prints the last lines of every component when a test, or the set-up of its class, fails. */
final class Tails implements TestWatcher, LifecycleMethodExecutionExceptionHandler {
    private volatile Optional<Lab> lab = Optional.empty();

    /** Shows this lab's components from now on. */
    Lab watch(Lab watched) {
        lab = Optional.of(watched);
        return watched;
    }

    @Override
    public void testFailed(ExtensionContext context, @Nullable Throwable cause) {
        print(context);
    }

    @Override
    public void handleBeforeAllMethodExecutionException(ExtensionContext context, Throwable cause)
            throws Throwable {
        print(context);
        throw cause;
    }

    private void print(ExtensionContext context) {
        lab.ifPresent(
                watched ->
                        System.out.println(
                                "FAILED " + context.getDisplayName() + "\n" + watched.tails()));
    }
}
