package dev.naiad.dfdaemon.main;

import dev.naiad.base.cli.StopSignal;
import dev.naiad.base.error.ErrorKind;
import dev.naiad.base.error.NaiadException;
import dev.naiad.base.life.Lifecycle;
import dev.naiad.base.life.Startable;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Starts servers on ports that a predecessor has just left. The original's connections stay in
 * TIME_WAIT for a minute and keep the port from being bound, because it does not set SO_REUSEADDR.
 * A port that somebody listens on is an error at once.
 */
final class Listening {
    /** TIME_WAIT lasts 60 s on Linux. */
    static final Duration PATIENCE = Duration.ofSeconds(90);

    private static final Logger LOG = LoggerFactory.getLogger(Listening.class);
    private static final Duration PAUSE = Duration.ofMillis(500);
    private static final List<Path> SOCKETS =
            List.of(Path.of("/proc/net/tcp"), Path.of("/proc/net/tcp6"));
    private static final String LISTEN = "0A";

    private final Lifecycle life;
    private final StopSignal stop;
    private final Duration patience;

    Listening(Lifecycle life, StopSignal stop, Duration patience) {
        this.life = life;
        this.stop = stop;
        this.patience = patience;
    }

    /**
     * Gives the part to the lifecycle and starts it.
     *
     * @param key of the configuration that names the port
     * @throws NaiadException ALREADY_EXISTS if a program listens on the port, or connections held
     *     it for longer than the patience
     */
    <T extends Startable> T start(String key, int port, T part) throws Exception {
        life.own(part);
        long begin = System.nanoTime();
        boolean warned = false;
        while (true) {
            try {
                part.start();
                return part;
            } catch (NaiadException e) {
                if (!isAddressInUse(e)) {
                    throw e;
                }
                if (isListenedOn(port)) {
                    throw new NaiadException(
                            ErrorKind.ALREADY_EXISTS,
                            key + ": port " + port + " is in use: another program listens on it",
                            e);
                }
                if (System.nanoTime() - begin >= patience.toNanos() || stop.isRequested()) {
                    throw e;
                }
                if (!warned) {
                    warned = true;
                    LOG.warn(
                            "{}: port {} is held by closed connections of the program that had it"
                                    + " before, trying again for up to {} s",
                            key,
                            port,
                            patience.toSeconds());
                }
                stop.await(PAUSE);
            }
        }
    }

    private static boolean isAddressInUse(Throwable failure) {
        for (Throwable at = failure; at != null; at = at.getCause()) {
            String message = at.getMessage();
            if (message != null && message.contains("Address already in use")) {
                return true;
            }
        }
        return false;
    }

    /** Whether any socket of this network namespace listens on the port. */
    static boolean isListenedOn(int port) {
        String suffix = String.format(":%04X", port);
        for (Path table : SOCKETS) {
            try {
                for (String line : Files.readAllLines(table, StandardCharsets.US_ASCII)) {
                    // "sl local_address rem_address st …"
                    String[] words = line.strip().split("\\s+", 5);
                    if (words.length > 3 && words[1].endsWith(suffix) && words[3].equals(LISTEN)) {
                        return true;
                    }
                }
            } catch (IOException e) {
                LOG.debug("{} cannot be read: {}", table, e.toString());
            }
        }
        return false;
    }
}
