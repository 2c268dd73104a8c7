package dev.naiad.cli.main;

import dev.naiad.base.cli.ProgramContext;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.List;
import java.util.Map;

/**
 * The runs from which the ahead-of-time caches are made (scripts/make-dist): every program once, in
 * one process, since most programs share one cache; and those that have to start quickest alone,
 * for a cache of their own. What fails here costs start-up time only, so it is said and passed
 * over.
 */
final class TrainingMain {
    /** The name by which make-dist asks for this run. */
    static final String NAME = "train-aot-cache";

    private TrainingMain() {}

    /**
     * Runs every program's help and version, then a small job of each; or, with a program's name
     * and a directory, the job of that program.
     */
    static void main(String[] args) {
        if (args.length == 3) {
            attempt(args[1], () -> new TrainingJobs(Path.of(args[2])).run(args[1]));
            System.exit(0);
        }
        for (var entry : Programs.ALL) {
            for (var option : List.of("--version", "--help")) {
                attempt(entry.name() + " " + option, () -> run(entry.name(), option));
            }
        }
        attempt(
                "jobs",
                () -> {
                    var directory = Files.createTempDirectory("naiad-training");
                    try {
                        new TrainingJobs(directory).run();
                    } finally {
                        delete(directory);
                    }
                });
        System.exit(0);
    }

    /** Something that may fail. */
    interface Job {
        void run() throws Exception;
    }

    static void attempt(String what, Job job) {
        try {
            job.run();
        } catch (Exception | LinkageError e) {
            System.err.println("training: " + what + ": " + e);
        }
    }

    /** Runs a program to its end; fails with what it said if its exit code is not 0. */
    static void run(String name, String... args) throws Exception {
        var said = new ByteArrayOutputStream();
        try (var out = new PrintStream(said, true, StandardCharsets.UTF_8)) {
            var context = ProgramContext.forTest(out, out, Map.of());
            var code = Programs.named(name).orElseThrow().run(context, List.of(args));
            if (code != 0) {
                throw new IOException(
                        "exit code " + code + ": " + said.toString(StandardCharsets.UTF_8));
            }
        }
    }

    private static void delete(Path directory) throws IOException {
        Files.walkFileTree(
                directory,
                new SimpleFileVisitor<>() {
                    @Override
                    public FileVisitResult visitFile(Path file, BasicFileAttributes facts)
                            throws IOException {
                        Files.delete(file);
                        return FileVisitResult.CONTINUE;
                    }

                    @Override
                    public FileVisitResult postVisitDirectory(
                            Path dir, @org.jspecify.annotations.Nullable IOException e)
                            throws IOException {
                        Files.delete(dir);
                        return FileVisitResult.CONTINUE;
                    }
                });
    }
}
