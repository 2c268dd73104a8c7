package dev.naiad.snapshotter.daemon;

import java.nio.file.Path;
import java.time.Duration;

/**
 * What holds for every daemon.
 *
 * @param shared one daemon for all images instead of one for each
 * @param nydusd the program
 * @param logDir below it each daemon has a directory
 * @param threads 0 leaves the number to nydusd
 * @param endWithUs unmounts every image when the snapshotter ends
 * @param startDeadline for a daemon that neither serves nor exits
 */
public record DaemonSettings(
        boolean shared,
        Path nydusd,
        Path logDir,
        String logLevel,
        int logRotationSizeMb,
        boolean logToStdout,
        int threads,
        RecoverPolicy recoverPolicy,
        boolean endWithUs,
        Duration startDeadline) {}
