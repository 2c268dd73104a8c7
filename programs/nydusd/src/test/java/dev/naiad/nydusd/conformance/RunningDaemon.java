package dev.naiad.nydusd.conformance;

import dev.naiad.base.cli.ProgramContext;
import dev.naiad.base.error.NaiadException;
import dev.naiad.nydusd.main.NydusdProgram;
import dev.naiad.nydusdapi.DaemonState;
import dev.naiad.nydusdapi.NydusdClient;
import dev.naiad.testkit.Await;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** nydusd in this process. Nothing of the test may map memory of its mount. */
final class RunningDaemon implements AutoCloseable {
    private final ProgramContext context;
    private final FutureTask<Integer> exit;
    private final ByteArrayOutputStream output = new ByteArrayOutputStream();
    private final Path socket;

    private RunningDaemon(Path socket, List<String> arguments) {
        this.socket = socket;
        var stream = new PrintStream(output, true, StandardCharsets.UTF_8);
        this.context = ProgramContext.forTest(stream, stream, Map.of());
        var all = new ArrayList<>(arguments);
        all.addAll(List.of("--apisock", socket.toString(), "--log-level", "info"));
        this.exit = new FutureTask<>(() -> new NydusdProgram().run(context, all));
        Thread.ofPlatform().name("nydusd").daemon().start(exit);
    }

    /** Starts and waits until it serves. */
    static RunningDaemon start(Path socket, String... arguments) {
        var daemon = new RunningDaemon(socket, List.of(arguments));
        Await.until(
                "nydusd is RUNNING",
                () -> {
                    if (daemon.exit.isDone()) {
                        throw new AssertionError("nydusd ended: " + daemon.output());
                    }
                    return isRunning(daemon.client());
                });
        return daemon;
    }

    static boolean isRunning(NydusdClient client) {
        try {
            return client.daemonInfo().state() == DaemonState.RUNNING;
        } catch (NaiadException e) {
            return false; // not yet
        }
    }

    NydusdClient client() {
        return new NydusdClient(socket, Duration.ofSeconds(60));
    }

    String output() {
        return output.toString(StandardCharsets.UTF_8);
    }

    /** Waits for its end; answers the exit code. */
    int awaitExit() {
        try {
            return exit.get(60, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError(e);
        } catch (ExecutionException | TimeoutException e) {
            throw new AssertionError("nydusd does not end: " + output(), e);
        }
    }

    /** As SIGTERM does. */
    int stop() {
        context.stop().request();
        return awaitExit();
    }

    @Override
    public void close() {
        var _ = stop();
    }
}
