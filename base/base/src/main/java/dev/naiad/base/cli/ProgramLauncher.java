package dev.naiad.base.cli;

import dev.naiad.base.error.ExitCode;
import dev.naiad.base.error.NaiadException;
import dev.naiad.base.error.OutOfMemory;
import dev.naiad.base.time.Ticker;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;

/**
 * Runs a program as this process and ends the process with its code.
 *
 * <p>SIGTERM and SIGINT reach the program through a shutdown hook, installed when it first waits
 * for them: the hook asks it to stop, waits for it, and then halts with the program's own code,
 * because the JVM would exit with 143. A signal that the parent chose to ignore stays ignored.
 * Until the hook is installed, a signal ends the process at once. A JVM that is shutting down
 * cannot see a second signal; the hook waits for a bounded time instead.
 */
public final class ProgramLauncher {
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final byte[] NOTHING = {};

    private final CountDownLatch done = new CountDownLatch(1);
    private final AtomicBoolean hooked = new AtomicBoolean();
    private volatile int code = ExitCode.FAILURE;
    private volatile boolean shuttingDown;
    private final LatchStopSignal stop = new LatchStopSignal(this::installHook);

    private final FileOutputStream rawErr = new FileOutputStream(FileDescriptor.err);
    // Released when the heap is full: ending the process makes the JVM load a class or two.
    private final AtomicReference<byte[]> reserve = new AtomicReference<>(new byte[256 << 10]);
    private final byte[] lastWords =
            ("Error: " + OutOfMemory.lastWords() + "\n").getBytes(StandardCharsets.UTF_8);

    private ProgramLauncher() {}

    /** Runs {@code program} and does not return. */
    public static void launch(Program program, List<String> args) {
        new ProgramLauncher().runAndExit(program, args);
    }

    private void runAndExit(Program program, List<String> args) {
        PrintStream out = utf8(FileDescriptor.out);
        PrintStream err = utf8(FileDescriptor.err);
        System.setErr(err); // so that a program can tell the process's own stream from a test's
        Thread.setDefaultUncaughtExceptionHandler(
                (thread, thrown) -> uncaught(err, thread, thrown));
        try {
            InputStream in = System.in;
            code =
                    program.run(
                            new ProgramContext(
                                    in,
                                    out,
                                    err,
                                    System.getenv(),
                                    InstantSource.system(),
                                    Ticker.system(),
                                    stop),
                            args);
        } catch (NaiadException e) {
            code = ExitCode.of(e.kind());
            say(err, e, "", false);
            haltWithoutMemory(e);
        } catch (InterruptedException e) {
            code = ExitCode.INTERRUPTED;
        } catch (Throwable t) {
            code = ExitCode.FAILURE;
            // A bug, or a failure without context: the trace is for us.
            say(err, t, "", true);
            haltWithoutMemory(t);
        }
        out.flush();
        err.flush();
        done.countDown();
        if (stop.isRequested() && shuttingDown) {
            return; // the hook halts
        }
        System.exit(code);
    }

    /** If there is no memory for that, the prepared message; hence no lambdas here. */
    private void say(PrintStream err, Throwable failure, String where, boolean withTrace) {
        giveUpReserve(failure);
        try {
            var memory = OutOfMemory.message(failure);
            String text = memory.isPresent() ? memory.get() : NaiadException.chain(failure);
            err.println(
                    "Error: " + (memory.isPresent() || where.isEmpty() ? "" : where + ": ") + text);
            if (withTrace && memory.isEmpty()) {
                failure.printStackTrace(err);
            }
            err.flush();
        } catch (OutOfMemoryError e) {
            try {
                rawErr.write(lastWords);
            } catch (IOException | OutOfMemoryError again) {
                return; // the exit code remains
            }
        }
    }

    private void giveUpReserve(Throwable failure) {
        if (OutOfMemory.is(failure)) {
            reserve.set(NOTHING);
        }
    }

    /** An orderly exit needs memory too. */
    private void haltWithoutMemory(Throwable failure) {
        if (OutOfMemory.is(failure)) {
            Runtime.getRuntime().halt(ExitCode.FAILURE);
        }
    }

    /** If a thread has died of lack of memory, nothing would do its work. */
    private void uncaught(PrintStream err, Thread thread, Throwable thrown) {
        say(err, thrown, thread.getName(), true);
        haltWithoutMemory(thrown);
    }

    private void installHook() {
        if (!hooked.compareAndSet(false, true)) {
            return;
        }
        try {
            Runtime.getRuntime().addShutdownHook(new Thread(this::stopAndHalt, "stop"));
        } catch (IllegalStateException e) {
            stop.request(); // the process ends already
        }
    }

    private void stopAndHalt() {
        if (done.getCount() == 0) {
            return; // the program ended by itself; its code stands
        }
        shuttingDown = true;
        stop.request();
        try {
            if (!done.await(PATIENCE.toNanos(), TimeUnit.NANOSECONDS)) {
                code = ExitCode.FAILURE;
            }
        } catch (InterruptedException e) {
            code = ExitCode.FAILURE;
        }
        Runtime.getRuntime().halt(code);
    }

    private static PrintStream utf8(FileDescriptor descriptor) {
        OutputStream raw = new FileOutputStream(descriptor);
        return new PrintStream(
                new java.io.BufferedOutputStream(raw, 8192), true, StandardCharsets.UTF_8);
    }
}
