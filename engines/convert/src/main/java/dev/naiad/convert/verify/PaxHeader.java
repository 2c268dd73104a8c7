package dev.naiad.convert.verify;

import dev.naiad.rafs.Xattr;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The records of PAX headers, bytes as characters; read without the builder. */
final class PaxHeader {
    private static final String XATTR = "SCHILY.xattr.";

    private final Map<String, String> values = new HashMap<>();
    private final List<Long> sparse = new ArrayList<>();

    void parse(byte[] bytes) {
        String text = new String(bytes, StandardCharsets.ISO_8859_1);
        int at = 0;
        while (at < text.length() && text.charAt(at) != 0) {
            int space = text.indexOf(' ', at);
            int end = at + Integer.parseInt(text.substring(at, space));
            int equals = text.indexOf('=', space);
            String key = text.substring(space + 1, equals);
            String value = text.substring(equals + 1, end - 1);
            if (key.equals("GNU.sparse.offset") || key.equals("GNU.sparse.numbytes")) {
                sparse.add(Long.parseLong(value));
            } else if (value.isEmpty() && !key.startsWith(XATTR)) {
                values.remove(key);
            } else {
                values.put(key, value);
            }
            at = end;
        }
    }

    boolean isEmpty() {
        return values.isEmpty() && sparse.isEmpty();
    }

    void clear() {
        if (!isEmpty()) {
            values.clear();
            sparse.clear();
        }
    }

    Optional<String> get(String key) {
        return Optional.ofNullable(values.get(key));
    }

    Optional<Long> number(String key) {
        return get(key).map(Long::parseLong);
    }

    /** Offset and length in turns, of formats 0.0 and 0.1; empty if the file is not sparse. */
    Optional<List<Long>> sparse() {
        var list = get("GNU.sparse.map");
        if (list.isPresent()) {
            var numbers = new ArrayList<Long>();
            for (String each : list.get().split(",", -1)) {
                numbers.add(Long.parseLong(each));
            }
            return Optional.of(numbers);
        }
        return sparse.isEmpty() ? Optional.empty() : Optional.of(sparse);
    }

    List<Xattr> xattrs() {
        return values.entrySet().stream()
                .filter(entry -> entry.getKey().startsWith(XATTR))
                .map(
                        entry ->
                                new Xattr(
                                        bytes(entry.getKey().substring(XATTR.length())),
                                        bytes(entry.getValue())))
                .toList();
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.ISO_8859_1);
    }
}
