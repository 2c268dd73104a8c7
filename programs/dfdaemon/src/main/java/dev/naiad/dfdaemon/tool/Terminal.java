package dev.naiad.dfdaemon.tool;

import java.io.Console;

/** Whether a person looks on. */
final class Terminal {
    private Terminal() {}

    @SuppressWarnings("SystemConsoleNull") // of two checkers one still reckons with null
    static boolean isThere() {
        Console console = System.console();
        return console != null && console.isTerminal();
    }
}
