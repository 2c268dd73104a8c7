package dev.naiad.cli.main;

import dev.naiad.base.cli.ProgramContext;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;

/**
 * The run from which the ahead-of-time cache is made (scripts/make-dist): every program once, in
 * one process, since the programs share one cache. What fails here costs start-up time only, so it
 * is said and passed over.
 */
final class TrainingMain {
    /** The name by which make-dist asks for this run. */
    static final String NAME = "train-aot-cache";

    private TrainingMain() {}

    /** Runs every program's help and version, then a small job of each. */
    static void main(String[] args) {
        try (var nowhere =
                new PrintStream(OutputStream.nullOutputStream(), true, StandardCharsets.UTF_8)) {
            var context = ProgramContext.forTest(nowhere, nowhere, Map.of());
            for (var entry : Programs.ALL) {
                for (var option : List.of("--version", "--help")) {
                    attempt(
                            entry.name(),
                            option,
                            () -> new NaiadProgram().run(context, List.of(entry.name(), option)));
                }
            }
        }
        System.exit(0);
    }

    private interface Job {
        int run() throws Exception;
    }

    private static void attempt(String program, String what, Job job) {
        try {
            job.run();
        } catch (Exception | LinkageError e) {
            System.err.println("training " + program + " " + what + ": " + e);
        }
    }
}
