package dev.naiad.linux;

import dev.naiad.base.error.CorruptFormatException;
import dev.naiad.base.error.ErrorKind;
import dev.naiad.base.error.NaiadException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * One line of /proc/PID/mountinfo (proc_pid_mountinfo(5)).
 *
 * @param device {@code major:minor} as {@link Stat#device()} counts it
 * @param root what of the file system is mounted
 * @param options of the mount
 * @param superOptions of the file system
 */
public record MountInfo(
        int id,
        int parent,
        long device,
        RawPath root,
        RawPath mountPoint,
        List<String> options,
        String type,
        String source,
        List<String> superOptions) {

    /** The mounts of this process, in mount order: of two on one place the later one is seen. */
    public static List<MountInfo> current() {
        try {
            return parse(Files.readAllBytes(Path.of("/proc/self/mountinfo")));
        } catch (IOException e) {
            throw new NaiadException(
                    ErrorKind.UNAVAILABLE, "/proc/self/mountinfo cannot be read", e);
        }
    }

    /** The mount seen at exactly this place. */
    public static Optional<MountInfo> at(RawPath mountPoint) {
        return current().stream().filter(m -> m.mountPoint.equals(mountPoint)).reduce((a, b) -> b);
    }

    static List<MountInfo> parse(byte[] content) {
        // Names may hold any bytes but white space: one byte is one char here.
        String text = new String(content, StandardCharsets.ISO_8859_1);
        var mounts = new ArrayList<MountInfo>();
        int line = 0;
        for (String row : text.split("\n", -1)) {
            line++;
            if (!row.isEmpty()) {
                mounts.add(row(row, line));
            }
        }
        return List.copyOf(mounts);
    }

    private static MountInfo row(String row, int line) {
        String[] words = row.split(" ", -1);
        int dash = 6;
        while (dash < words.length && !words[dash].equals("-")) {
            dash++;
        }
        if (dash + 3 >= words.length) {
            throw new CorruptFormatException(
                    "mountinfo line " + line, -1, "ten or more fields", row);
        }
        try {
            String[] device = words[2].split(":", 2);
            return new MountInfo(
                    Integer.parseInt(words[0]),
                    Integer.parseInt(words[1]),
                    Stat.device(Integer.parseInt(device[0]), Integer.parseInt(device[1])),
                    RawPath.of(unescape(words[3])),
                    RawPath.of(unescape(words[4])),
                    List.of(words[5].split(",")),
                    words[dash + 1],
                    new String(unescape(words[dash + 2]), StandardCharsets.UTF_8),
                    List.of(words[dash + 3].split(",")));
        } catch (NumberFormatException | ArrayIndexOutOfBoundsException e) {
            throw new CorruptFormatException("mountinfo line " + line, -1, "numbers", row);
        }
    }

    /** The kernel writes space, tab, line end, backslash and hash as three octal digits. */
    private static byte[] unescape(String word) {
        var bytes = new ByteArrayOutputStream();
        for (int i = 0; i < word.length(); i++) {
            char c = word.charAt(i);
            if (c == '\\'
                    && i + 3 < word.length()
                    && word.substring(i + 1, i + 4).matches("[0-3][0-7]{2}")) {
                bytes.write(Integer.parseInt(word, i + 1, i + 4, 8));
                i += 3;
            } else {
                bytes.write(c);
            }
        }
        return bytes.toByteArray();
    }
}
