package dev.naiad.nydusdapi;

import dev.naiad.base.config.ConfigNode;
import dev.naiad.base.config.JsonWriter;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.List;

/**
 * Shared pieces of the JSON bodies. Counters are unsigned 64-bit numbers on the wire; here they are
 * {@code long}s of the same bits. Fields that are absent or of another type read as 0 or empty: an
 * older daemon knows fewer.
 */
final class Json {
    private Json() {}

    static long number(ConfigNode object, String key) {
        return number(object.get(key));
    }

    static long number(ConfigNode node) {
        if (node.kind() != ConfigNode.Kind.NUMBER) {
            return 0;
        }
        try {
            return new BigInteger(node.text()).longValue();
        } catch (NumberFormatException e) {
            return 0;
        }
    }

    static boolean truth(ConfigNode object, String key) {
        return "true".equals(object.get(key).text());
    }

    static String text(ConfigNode object, String key) {
        return object.get(key).text();
    }

    static List<Long> numbers(ConfigNode list) {
        var numbers = new ArrayList<Long>();
        for (var item : list.items()) {
            numbers.add(number(item));
        }
        return numbers;
    }

    static List<String> texts(ConfigNode list) {
        return list.items().stream().map(ConfigNode::text).toList();
    }

    static void put(JsonWriter out, String key, List<Long> numbers) {
        values(out.key(key), numbers);
    }

    static void values(JsonWriter out, List<Long> numbers) {
        out.array();
        for (long number : numbers) {
            out.raw(Long.toUnsignedString(number));
        }
        out.end();
    }

    static void put(JsonWriter out, String key, long number) {
        out.key(key).raw(Long.toUnsignedString(number));
    }
}
