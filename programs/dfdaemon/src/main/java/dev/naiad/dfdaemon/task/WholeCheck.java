package dev.naiad.dfdaemon.task;

import dev.naiad.base.error.NaiadException;
import dev.naiad.dfdaemon.storage.StoredTask;
import org.jspecify.annotations.Nullable;

/** Compares a complete content with the digest it is named by. */
interface WholeCheck {
    /** Null if the content is good. Reads all of it. */
    @Nullable NaiadException run(StoredTask task);

    /** The task is of no use; who brought pieces of it is suspect. */
    void spoiled(StoredTask task, Iterable<Parent> parents);
}
