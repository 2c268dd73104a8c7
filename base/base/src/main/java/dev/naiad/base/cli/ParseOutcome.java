package dev.naiad.base.cli;

/** The result of parsing a command line that is right. */
public sealed interface ParseOutcome {
    /** A command to run. */
    record Parsed(CommandLine line) implements ParseOutcome {}

    /** Help or version, to be printed; the program then ends with 0. */
    record Text(String text) implements ParseOutcome {}
}
