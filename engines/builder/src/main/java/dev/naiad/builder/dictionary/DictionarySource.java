package dev.naiad.builder.dictionary;

import dev.naiad.rafs.Bootstrap;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.function.Consumer;
import java.util.regex.Pattern;

/**
 * One version of an image.
 *
 * @param image its name; versions of one name are compared with each other
 * @param version its tag, compared by the numbers in it
 * @param name of its bootstrap, for errors and to tell equal versions apart
 * @param reader opens it when its turn comes, so that one image is in memory at a time
 */
public record DictionarySource(String image, String version, String name, Reader reader) {
    private static final Pattern NUMBER = Pattern.compile("[0-9]+");

    /** By image, then from the oldest version to the newest. */
    static final Comparator<DictionarySource> ORDER =
            Comparator.comparing(DictionarySource::image)
                    .thenComparing(DictionarySource::numbers, DictionarySource::compare)
                    .thenComparing(DictionarySource::version)
                    .thenComparing(DictionarySource::name);

    /** Opens a bootstrap for the time of a call. */
    @FunctionalInterface
    public interface Reader {
        /** Gives it to {@code use} once. */
        void read(Consumer<Bootstrap> use);
    }

    /** A bootstrap that is already open. */
    public static DictionarySource of(String image, String version, Bootstrap bootstrap) {
        return new DictionarySource(image, version, bootstrap.name(), use -> use.accept(bootstrap));
    }

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
