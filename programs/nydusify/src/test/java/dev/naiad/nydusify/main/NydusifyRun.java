package dev.naiad.nydusify.main;

import static org.assertj.core.api.Assertions.assertThat;

import dev.naiad.base.cli.ProgramContext;
import dev.naiad.nydusimage.main.EmbeddedNydusImage;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/** What a run of nydusify printed, and its exit code. */
record NydusifyRun(int code, String out, String err) {
    /** Runs a command with the working directory below {@code home}, where no credentials are. */
    static NydusifyRun of(Path home, String... args) throws Exception {
        var all = new ArrayList<>(List.of(args));
        if (Arrays.stream(args).noneMatch(arg -> arg.startsWith("--work-dir"))) {
            all.add("--work-dir=" + home.resolve("work"));
        }
        return of(Map.of("DOCKER_CONFIG", home.toString()), all);
    }

    static NydusifyRun of(Map<String, String> env, List<String> args) throws Exception {
        return of(env, "", args);
    }

    /** A run that finds {@code input} on its standard input. */
    static NydusifyRun of(Map<String, String> env, String input, List<String> args)
            throws Exception {
        var out = new ByteArrayOutputStream();
        var err = new ByteArrayOutputStream();
        var silent =
                ProgramContext.forTest(
                        new PrintStream(out, true, StandardCharsets.UTF_8),
                        new PrintStream(err, true, StandardCharsets.UTF_8),
                        env);
        var context =
                new ProgramContext(
                        new ByteArrayInputStream(input.getBytes(StandardCharsets.UTF_8)),
                        silent.out(),
                        silent.err(),
                        env,
                        silent.clock(),
                        silent.ticker(),
                        silent.stop());
        int code = Nydusify.run(context, new EmbeddedNydusImage(), args);
        return new NydusifyRun(
                code, out.toString(StandardCharsets.UTF_8), err.toString(StandardCharsets.UTF_8));
    }

    NydusifyRun good() {
        assertThat(code).as(err).isZero();
        return this;
    }

    /** Failed, saying that. */
    NydusifyRun failedWith(String... texts) {
        assertThat(code).as(err).isNotZero();
        assertThat(err).contains(texts);
        return this;
    }
}
