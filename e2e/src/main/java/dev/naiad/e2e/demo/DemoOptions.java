package dev.naiad.e2e.demo;

import dev.naiad.e2e.lab.LabException;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Optional;

/**
 * The command line of the demo.
 *
 * @param image an image to pull instead of the one built from packages
 * @param command what the container runs
 * @param prefetch with the guide's prefetch settings
 * @param megabits the registry's bandwidth
 * @param json where figures go as JSON
 * @param svg where the bar chart goes
 * @param keep leave everything running at the end
 * @param clean remove what was kept and end
 * @param small the image of the tests instead of the large one
 */
record DemoOptions(
        Optional<String> image,
        List<String> command,
        boolean prefetch,
        int megabits,
        Optional<Path> json,
        Path svg,
        boolean keep,
        boolean clean,
        boolean small) {
    static final int DEFAULT_MEGABITS = 100;
    private static final String PROGRAM =
            "import json, platform; print(json.dumps({'hello': 'from Python ' + platform.python_version()}))";
    static final String USAGE =
            """
            Usage: ./demo [options]

            Converts an ordinary OCI image, distributes it through the swarm and starts it lazily in real containers, in network
            namespaces on this machine; then shows what that saved. Needs root. Missing packages are installed, named first.

              --image REF      pull this image (docker://) instead of building one from the distribution's packages
              --command "A B"  what the container runs (default: a small Python program; with --image: /bin/sh -c "echo hello")
              --prefetch       the guide's settings with prefetch: everything comes in the background
              --rate N         what the registry sends, in Mbit/s (default 100)
              --json FILE      write the figures as JSON
              --svg FILE       write the bar chart there (default /tmp/naiad-demo.svg)
              --small          a smaller image: quicker, less to see
              --keep           leave everything running at the end and say how to look around
              --clean          remove what --keep left, and end
              --help           this text
            """;

    static DemoOptions parse(List<String> args) {
        Deque<String> left = new ArrayDeque<>(args);
        Optional<String> image = Optional.empty();
        List<String> command = List.of();
        boolean prefetch = false;
        int megabits = DEFAULT_MEGABITS;
        Optional<Path> json = Optional.empty();
        Path svg = Path.of("/tmp/naiad-demo.svg");
        boolean keep = false;
        boolean clean = false;
        boolean small = false;
        while (!left.isEmpty()) {
            var word = left.pop();
            int equals = word.indexOf('=');
            if (word.startsWith("--") && equals > 0) {
                left.push(word.substring(equals + 1));
                word = word.substring(0, equals);
            }
            switch (word) {
                case "--image" -> image = Optional.of(value(word, left));
                case "--command" -> command = List.of(value(word, left).strip().split("\\s+"));
                case "--rate" -> megabits = megabits(value(word, left));
                case "--json" -> json = Optional.of(Path.of(value(word, left)).toAbsolutePath());
                case "--svg" -> svg = Path.of(value(word, left)).toAbsolutePath();
                case "--prefetch" -> prefetch = true;
                case "--keep" -> keep = true;
                case "--clean" -> clean = true;
                case "--small" -> small = true;
                default ->
                        throw new LabException(
                                "unknown argument '" + word + "' (--help shows all)");
            }
        }
        if (command.isEmpty()) {
            command =
                    image.isPresent()
                            ? List.of("/bin/sh", "-c", "echo hello")
                            : List.of("/usr/bin/python3", "-c", PROGRAM);
        }
        return new DemoOptions(image, command, prefetch, megabits, json, svg, keep, clean, small);
    }

    private static String value(String option, Deque<String> left) {
        if (left.isEmpty()) {
            throw new LabException(option + " needs a value (--help shows all)");
        }
        return left.pop();
    }

    private static int megabits(String text) {
        try {
            int megabits = Integer.parseInt(text.replaceFirst("(?i)mbit$", ""));
            if (megabits > 0 && megabits <= 100_000) {
                return megabits;
            }
        } catch (NumberFormatException notANumber) {
            throw new LabException("--rate " + text + " is not a number of Mbit/s", notANumber);
        }
        throw new LabException("--rate " + text + " is outside 1..100000 Mbit/s");
    }
}
