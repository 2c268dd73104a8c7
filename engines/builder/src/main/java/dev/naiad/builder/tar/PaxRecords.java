package dev.naiad.builder.tar;

import dev.naiad.rafs.Xattr;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The records of a PAX extended header: {@code "length key=value\n"}, keys as text, values as
 * bytes.
 */
final class PaxRecords {
    private static final String XATTR = "SCHILY.xattr.";

    /** For entries without any; never modified. */
    static final PaxRecords NONE = new PaxRecords();

    private final Map<String, byte[]> values = new LinkedHashMap<>();
    private final List<Map.Entry<String, byte[]>> sparse = new ArrayList<>();

    /**
     * Reads the records; false if the bytes are malformed. Later records win; an empty value
     * removes one back.
     */
    boolean parse(byte[] bytes) {
        int at = 0;
        while (at < bytes.length) {
            if (bytes[at] == 0) {
                return true; // some writers pad with NUL
            }
            int length = 0;
            int i = at;
            for (; i < bytes.length && bytes[i] != ' '; i++) {
                if (bytes[i] < '0' || bytes[i] > '9' || length > bytes.length) {
                    return false;
                }
                length = length * 10 + bytes[i] - '0';
            }
            int end = at + length;
            if (length <= i - at + 2 || end > bytes.length || bytes[end - 1] != '\n') {
                return false;
            }
            int equals = i + 1;
            while (equals < end && bytes[equals] != '=') {
                equals++;
            }
            if (equals == end) {
                return false;
            }
            // Names of attributes are bytes: ISO 8859-1 keeps each of them.
            put(
                    new String(bytes, i + 1, equals - i - 1, StandardCharsets.ISO_8859_1),
                    Arrays.copyOfRange(bytes, equals + 1, end - 1));
            at = end;
        }
        return true;
    }

    private void put(String key, byte[] value) {
        // GNU sparse 0.0 repeats these two keys: each counts.
        if (key.equals("GNU.sparse.offset") || key.equals("GNU.sparse.numbytes")) {
            sparse.add(Map.entry(key, value));
            return;
        }
        if (value.length == 0 && !key.startsWith(XATTR)) {
            values.remove(key);
        } else {
            values.put(key, value);
        }
    }

    boolean isEmpty() {
        return values.isEmpty() && sparse.isEmpty();
    }

    byte @Nullable [] get(String key) {
        return values.get(key);
    }

    @Nullable String text(String key) {
        byte[] value = values.get(key);
        return value == null ? null : new String(value, StandardCharsets.UTF_8);
    }

    /** A decimal number; null if absent, -1 if malformed. */
    @Nullable Long number(String key) {
        String text = text(key);
        return text == null ? null : decimal(text);
    }

    List<Xattr> xattrs() {
        if (values.isEmpty()) {
            return List.of();
        }
        var result = new ArrayList<Xattr>();
        values.forEach(
                (key, value) -> {
                    if (key.startsWith(XATTR)) {
                        result.add(
                                new Xattr(
                                        key.substring(XATTR.length())
                                                .getBytes(StandardCharsets.ISO_8859_1),
                                        value));
                    }
                });
        return result;
    }

    /**
     * The offset and length pairs of sparse formats 0.0 (repeated keys) and 0.1 (one list), or
     * null.
     */
    @Nullable SparseMap sparseMap() {
        byte[] list = values.get("GNU.sparse.map");
        if (list == null && sparse.isEmpty()) {
            return null;
        }
        var map = new SparseMap();
        if (list != null) {
            String[] numbers = new String(list, StandardCharsets.US_ASCII).split(",", -1);
            if (numbers.length % 2 != 0) {
                map.add(-1, 0);
            }
            for (int i = 0; i + 1 < numbers.length; i += 2) {
                map.add(decimal(numbers[i]), decimal(numbers[i + 1]));
            }
            return map;
        }
        for (int i = 0; i + 1 < sparse.size(); i += 2) {
            map.add(
                    decimal(new String(sparse.get(i).getValue(), StandardCharsets.US_ASCII)),
                    decimal(new String(sparse.get(i + 1).getValue(), StandardCharsets.US_ASCII)));
        }
        return map;
    }

    /** A decimal number below 10^18, or -1. */
    static long decimal(String text) {
        if (text.isEmpty() || text.length() > 18) {
            return -1;
        }
        long value = 0;
        for (int i = 0; i < text.length(); i++) {
            char digit = text.charAt(i);
            if (digit < '0' || digit > '9') {
                return -1;
            }
            value = value * 10 + digit - '0';
        }
        return value;
    }
}
