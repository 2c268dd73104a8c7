package dev.naiad.snapshotter.daemon;

import dev.naiad.base.error.ErrorKind;
import dev.naiad.base.error.NaiadException;
import dev.naiad.nydusdapi.DaemonState;
import dev.naiad.nydusdapi.NydusdApiException;
import dev.naiad.nydusdapi.NydusdClient;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/** Waits for a daemon that was just started: until it says so, exits, or takes too long. */
final class Readiness {
    private static final long POLL_MILLIS = 50;

    private Readiness() {}

    /**
     * Returns the daemon's version once it is in the wanted state.
     *
     * @param output what it writes to its standard streams, to quote if it dies
     * @throws NaiadException NOT_FOUND at once if it ends, DEADLINE_EXCEEDED if it does not get
     *     there
     */
    static String await(
            NydusdClient probe,
            DaemonProcess started,
            DaemonState wanted,
            Optional<Path> output,
            Duration deadline)
            throws InterruptedException {
        long end = System.nanoTime() + deadline.toNanos();
        String last = "no answer";
        while (true) {
            // Asked before the daemon is: what it answered while it lived counts.
            boolean alive = started.isAlive();
            try {
                var info = probe.daemonInfo();
                if (info.state() == wanted) {
                    return info.version().packageVer();
                }
                last = "state " + info.state();
            } catch (NydusdApiException e) {
                last = String.valueOf(e.getMessage());
            } catch (NaiadException e) {
                // Not listening yet.
            }
            if (!alive) {
                throw new NaiadException(
                        ErrorKind.NOT_FOUND,
                        "wait until daemon is "
                                + wanted
                                + ": get daemon state: daemon socket "
                                + probe.socket()
                                + ": process "
                                + started.pid()
                                + " has been a zombie"
                                + started.exitStatus().map(status -> ", " + status).orElse("")
                                + output.map(Readiness::lastLine).orElse("")
                                + ": not found");
            }
            if (System.nanoTime() > end) {
                throw new NaiadException(
                        ErrorKind.DEADLINE_EXCEEDED,
                        "wait until daemon is "
                                + wanted
                                + ": daemon socket "
                                + probe.socket()
                                + ": process "
                                + started.pid()
                                + " does not serve after "
                                + deadline.toSeconds()
                                + " s: "
                                + last);
            }
            Thread.sleep(POLL_MILLIS);
        }
    }

    /** The last thing a daemon said before it died usually says why. */
    private static String lastLine(Path output) {
        try {
            List<String> lines =
                    Files.readString(output, StandardCharsets.ISO_8859_1)
                            .lines()
                            .filter(line -> !line.isBlank())
                            .toList();
            return lines.isEmpty() ? "" : ", its last words: " + lines.getLast();
        } catch (IOException e) {
            return "";
        }
    }
}
