package dev.naiad.e2e.lab;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** Processes, read from /proc. Those that end while it is read are skipped. */
public final class ProcessTable {
    private ProcessTable() {}

    /** All process ids. */
    static List<Long> all() {
        var pids = new ArrayList<Long>();
        try (DirectoryStream<Path> entries = Files.newDirectoryStream(Path.of("/proc"), "[0-9]*")) {
            for (Path entry : entries) {
                pids.add(Long.parseLong(String.valueOf(entry.getFileName())));
            }
        } catch (IOException unreadable) {
            throw new LabException("cannot read /proc: " + unreadable, unreadable);
        }
        return pids;
    }

    /** Processes in one of these network namespaces, given by inode. */
    static List<Long> inNetworks(Set<Long> inodes) {
        return all().stream().filter(pid -> inodes.contains(networkOf(pid))).toList();
    }

    private static long networkOf(long pid) {
        try {
            var link = Files.readSymbolicLink(Path.of("/proc/" + pid + "/ns/net")).toString();
            return Long.parseLong(link.substring(link.indexOf('[') + 1, link.indexOf(']')));
        } catch (IOException | RuntimeException gone) {
            return -1;
        }
    }

    /**
     * When a process was started, in clock ticks since boot; -1 if it does not exist. Together with
     * the id it identifies a process for good.
     */
    static long startTicks(long pid) {
        try {
            var stat =
                    Files.readString(
                            Path.of("/proc/" + pid + "/stat"), StandardCharsets.ISO_8859_1);
            return Long.parseLong(stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1)[19]);
        } catch (IOException | RuntimeException gone) {
            return -1;
        }
    }

    /** The state letter of a process, {@code 'X'} if it does not exist. */
    static char state(long pid) {
        try {
            var stat =
                    Files.readString(
                            Path.of("/proc/" + pid + "/stat"), StandardCharsets.ISO_8859_1);
            return stat.charAt(stat.lastIndexOf(')') + 2);
        } catch (IOException | RuntimeException gone) {
            return 'X';
        }
    }

    /** True while a process runs: a zombie does not. */
    public static boolean isAlive(long pid) {
        char state = state(pid);
        return state != 'X' && state != 'Z';
    }

    /** The words of a process's command line, empty if it is gone. */
    public static List<String> commandLine(long pid) {
        try {
            var text =
                    Files.readString(Path.of("/proc/" + pid + "/cmdline"), StandardCharsets.UTF_8);
            return text.isEmpty() ? List.of() : List.of(text.split("\0", -1));
        } catch (IOException | RuntimeException gone) {
            return List.of();
        }
    }

    /** Processes with a word in their command line that contains the text. */
    public static List<Long> mentioning(String text) {
        return all().stream()
                .filter(pid -> commandLine(pid).stream().anyMatch(word -> word.contains(text)))
                .toList();
    }

    /** True when something in the network namespace of the process listens on the TCP port. */
    static boolean listens(long pid, int port) {
        return hasListener(Path.of("/proc/" + pid + "/net/tcp"), port)
                || hasListener(Path.of("/proc/" + pid + "/net/tcp6"), port);
    }

    private static boolean hasListener(Path table, int port) {
        var suffix = String.format(java.util.Locale.ROOT, ":%04X", port);
        try {
            return Files.readAllLines(table, StandardCharsets.US_ASCII).stream()
                    .map(line -> line.strip().split(" +", -1))
                    .anyMatch(
                            cells ->
                                    cells.length > 3
                                            && cells[1].endsWith(suffix)
                                            && cells[3].equals("0A"));
        } catch (IOException gone) {
            return false;
        }
    }

    /** Sends a signal; a process that is gone is ignored. */
    static void signal(long pid, String name) {
        ProcessHandle.of(pid)
                .ifPresent(
                        handle -> {
                            if (name.equals("KILL")) {
                                kill(handle, true);
                            } else if (name.equals("TERM")) {
                                kill(handle, false);
                            } else {
                                Command.of("kill", "-s", name, Long.toString(pid)).run();
                            }
                        });
    }

    private static void kill(ProcessHandle handle, boolean hard) {
        try {
            if (hard) {
                handle.destroyForcibly();
            } else {
                handle.destroy();
            }
        } catch (IllegalStateException ourselves) {
            throw new LabException("the lab will not kill itself", ourselves);
        }
    }
}
