package dev.naiad.builder.dictionary;

import dev.naiad.rafs.Bootstrap;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.regex.Pattern;

/**
 * One version of an image.
 *
 * @param image its name; versions of one name are compared with each other
 * @param version its tag, of which the numbers count
 */
public record DictionarySource(String image, String version, Bootstrap bootstrap) {
    private static final Pattern NUMBER = Pattern.compile("[0-9]+");

    /** By image, then from the oldest version to the newest. */
    static final Comparator<DictionarySource> ORDER =
            Comparator.comparing(DictionarySource::image)
                    .thenComparing(DictionarySource::numbers, DictionarySource::compare)
                    .thenComparing(DictionarySource::version)
                    .thenComparing(source -> source.bootstrap().name());

    private List<BigInteger> numbers() {
        var result = new ArrayList<BigInteger>();
        var matcher = NUMBER.matcher(version);
        while (matcher.find()) {
            result.add(new BigInteger(matcher.group()));
        }
        return result;
    }

    private static int compare(List<BigInteger> one, List<BigInteger> other) {
        for (int i = 0; i < Math.min(one.size(), other.size()); i++) {
            int order = one.get(i).compareTo(other.get(i));
            if (order != 0) {
                return order;
            }
        }
        return Integer.compare(one.size(), other.size());
    }
}
