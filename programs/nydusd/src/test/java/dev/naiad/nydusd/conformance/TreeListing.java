package dev.naiad.nydusd.conformance;

import dev.naiad.linux.RawFiles;
import dev.naiad.linux.RawPath;
import dev.naiad.linux.Stat;
import dev.naiad.linux.Xattrs;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * A tree as a map from path to everything a program can see of it, so that two trees can be
 * compared.
 */
final class TreeListing {
    private final SortedMap<String, String> entries = new TreeMap<>();

    /** The first name of each file that has several, by its number. */
    private final Map<Long, String> firstNames = new HashMap<>();

    private final Set<String> undated;

    private TreeListing(Set<String> undated) {
        this.undated = undated;
    }

    static SortedMap<String, String> of(Path root) {
        return of(root, Set.of());
    }

    /**
     * The same, but for the times of some paths ("." is the root); of other files than regular ones
     * the number of links is left out, too.
     */
    static SortedMap<String, String> of(Path root, Set<String> undated) {
        var listing = new TreeListing(undated);
        listing.add(RawPath.of(root), "");
        return listing.entries;
    }

    /** What is in one tree and not, or differently, in the other; empty if they are equal. */
    static List<String> differences(Path expected, Path actual) {
        return differences(of(expected), actual);
    }

    static List<String> differences(SortedMap<String, String> expected, Path actual) {
        return differences(expected, of(actual));
    }

    static List<String> differences(
            SortedMap<String, String> expected, SortedMap<String, String> found) {
        var names = new TreeSet<>(expected.keySet());
        names.addAll(found.keySet());
        var differences = new ArrayList<String>();
        for (var name : names) {
            var wanted = expected.getOrDefault(name, "absent");
            var got = found.getOrDefault(name, "absent");
            if (!wanted.equals(got)) {
                differences.add(name + ": expected " + wanted + "\n          got " + got);
            }
        }
        return differences;
    }

    private void add(RawPath path, String name) {
        var stat = RawFiles.lstat(path);
        String key = name.isEmpty() ? "." : name;
        String text = describe(path, stat, !undated.contains(key));
        if (stat.type() == Stat.S_IFREG && stat.links() > 1) {
            String first = firstNames.putIfAbsent(stat.inode(), key);
            text += " linked to " + (first == null ? key : first);
        }
        entries.put(key, text);
        if (!stat.isDirectory()) {
            return;
        }
        // In an order of its own: the first name of a file shall be the same everywhere.
        var children =
                RawFiles.list(path).stream()
                        .sorted((a, b) -> a.name().compareTo(b.name()))
                        .toList();
        for (var entry : children) {
            var child = new String(entry.name().bytes(), StandardCharsets.ISO_8859_1);
            if (!child.equals(".") && !child.equals("..")) {
                add(
                        path.resolve(entry.name().bytes()),
                        name.isEmpty() ? child : name + "/" + child);
            }
        }
    }

    private String describe(RawPath path, Stat stat, boolean dated) {
        var text = new StringBuilder();
        text.append(Integer.toOctalString(stat.mode()))
                .append(" owner ")
                .append(stat.uid())
                .append(':')
                .append(stat.gid());
        if (dated) {
            text.append(" modified ").append(stat.mtime());
        }
        if (!stat.isDirectory() && (undated.isEmpty() || stat.type() == Stat.S_IFREG)) {
            text.append(" links ").append(stat.links()).append(" size ").append(stat.size());
        }
        switch (stat.type()) {
            case Stat.S_IFREG -> text.append(" sha256 ").append(hash(path));
            case Stat.S_IFLNK ->
                    text.append(" -> ")
                            .append(
                                    new String(
                                            RawFiles.readlink(path), StandardCharsets.ISO_8859_1));
            case Stat.S_IFCHR, Stat.S_IFBLK -> text.append(" device ").append(stat.rdevice());
            default -> {}
        }
        if (!stat.isSymlink()) {
            for (var key : new TreeSet<>(Xattrs.list(path))) {
                text.append(' ')
                        .append(key)
                        .append('=')
                        .append(
                                Xattrs.get(path, key)
                                        .map(HexFormat.of()::formatHex)
                                        .orElse("none"));
            }
        }
        return text.toString();
    }

    private static String hash(RawPath path) {
        try (var fd = dev.naiad.linux.Fd.open(path, dev.naiad.linux.Open.O_RDONLY, 0);
                var arena = java.lang.foreign.Arena.ofConfined()) {
            var digest = MessageDigest.getInstance("SHA-256");
            var buffer = arena.allocate(128 << 10);
            for (long n = fd.read(buffer); n > 0; n = fd.read(buffer)) {
                digest.update(buffer.asSlice(0, n).asByteBuffer());
            }
            return HexFormat.of().formatHex(digest.digest());
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }
}
