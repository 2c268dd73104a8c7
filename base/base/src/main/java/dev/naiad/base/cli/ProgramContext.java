package dev.naiad.base.cli;

import dev.naiad.base.error.ExitCode;
import dev.naiad.base.time.Ticker;
import java.io.InputStream;
import java.io.PrintStream;
import java.time.InstantSource;
import java.util.Map;
import java.util.Optional;

/**
 * What a program gets from its process, so that tests can substitute it.
 *
 * @param in standard input
 * @param out standard output
 * @param err standard error
 * @param env the environment
 * @param clock wall-clock time
 * @param ticker monotonic time
 * @param stop the request to stop
 */
public record ProgramContext(
        InputStream in,
        PrintStream out,
        PrintStream err,
        Map<String, String> env,
        InstantSource clock,
        Ticker ticker,
        StopSignal stop) {

    /** Copies the environment. */
    public ProgramContext {
        env = Map.copyOf(env);
    }

    /**
     * A context without a process: no input, the real clocks, {@code stop().request()} to end the
     * program.
     */
    public static ProgramContext forTest(
            PrintStream out, PrintStream err, Map<String, String> env) {
        return new ProgramContext(
                InputStream.nullInputStream(),
                out,
                err,
                env,
                InstantSource.system(),
                Ticker.system(),
                new LatchStopSignal(() -> {}));
    }

    /**
     * Waits until the program is asked to stop; returns 0, the exit code of a program that stops
     * when asked.
     */
    public int awaitStop() throws InterruptedException {
        stop.await();
        return ExitCode.OK;
    }

    /** An environment variable that is set and not empty. */
    public Optional<String> variable(String name) {
        return Optional.ofNullable(env.get(name)).filter(v -> !v.isEmpty());
    }
}
