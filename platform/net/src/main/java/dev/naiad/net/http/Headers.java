package dev.naiad.net.http;

import dev.naiad.base.error.ErrorKind;
import dev.naiad.base.error.NaiadException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.BiConsumer;

/**
 * Header fields in their order and spelling; names compare without case. Immutable. Names and
 * values that could break out of their line are refused when they are added.
 */
public final class Headers {
    public static final Headers EMPTY = new Headers(List.of());

    private final List<String> flat;

    private Headers(List<String> flat) {
        this.flat = flat;
    }

    /** Name, value, name, value, … */
    public static Headers of(String... namesAndValues) {
        var builder = builder();
        for (int i = 0; i < namesAndValues.length; i += 2) {
            builder.add(namesAndValues[i], namesAndValues[i + 1]);
        }
        return builder.build();
    }

    public static Builder builder() {
        return new Builder(new ArrayList<>());
    }

    public Builder toBuilder() {
        return new Builder(new ArrayList<>(flat));
    }

    /** The first value of that name. */
    public Optional<String> first(String name) {
        for (int i = 0; i < flat.size(); i += 2) {
            if (flat.get(i).equalsIgnoreCase(name)) {
                return Optional.of(flat.get(i + 1));
            }
        }
        return Optional.empty();
    }

    public List<String> all(String name) {
        var found = new ArrayList<String>(2);
        for (int i = 0; i < flat.size(); i += 2) {
            if (flat.get(i).equalsIgnoreCase(name)) {
                found.add(flat.get(i + 1));
            }
        }
        return found;
    }

    public boolean contains(String name) {
        return first(name).isPresent();
    }

    /**
     * Whether a comma-separated field has that token, without case (for example Connection: close).
     */
    public boolean hasToken(String name, String token) {
        for (String value : all(name)) {
            for (String part : value.split(",", -1)) {
                if (part.strip().equalsIgnoreCase(token)) {
                    return true;
                }
            }
        }
        return false;
    }

    /** A copy in which the name has this one value. */
    public Headers with(String name, String value) {
        return toBuilder().set(name, value).build();
    }

    public Headers without(String name) {
        return contains(name) ? toBuilder().remove(name).build() : this;
    }

    public void forEach(BiConsumer<String, String> action) {
        for (int i = 0; i < flat.size(); i += 2) {
            action.accept(flat.get(i), flat.get(i + 1));
        }
    }

    /** Number of fields. */
    public int size() {
        return flat.size() / 2;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Headers that && flat.equals(that.flat);
    }

    @Override
    public int hashCode() {
        return flat.hashCode();
    }

    /** Names only of fields that may hold secrets. */
    @Override
    public String toString() {
        var text = new StringBuilder();
        forEach(
                (name, value) ->
                        text.append(text.isEmpty() ? "" : ", ")
                                .append(name)
                                .append(": ")
                                .append(secret(name) ? "[redacted]" : value));
        return text.toString();
    }

    private static boolean secret(String name) {
        String lower = name.toLowerCase(Locale.ROOT);
        return lower.endsWith("authorization")
                || lower.contains("cookie")
                || lower.contains("token");
    }

    /** Collects fields; for one thread. */
    public static final class Builder {
        private final List<String> flat;

        private Builder(List<String> flat) {
            this.flat = flat;
        }

        public Builder add(String name, String value) {
            checkName(name);
            checkValue(name, value);
            flat.add(name);
            flat.add(value);
            return this;
        }

        public Builder set(String name, String value) {
            return remove(name).add(name, value);
        }

        public Builder setIfAbsent(String name, String value) {
            for (int i = 0; i < flat.size(); i += 2) {
                if (flat.get(i).equalsIgnoreCase(name)) {
                    return this;
                }
            }
            return add(name, value);
        }

        /** Sets each field of the other, replacing fields of equal name. */
        public Builder setAll(Headers others) {
            others.forEach((name, value) -> remove(name));
            others.forEach(this::add);
            return this;
        }

        public Builder remove(String name) {
            for (int i = flat.size() - 2; i >= 0; i -= 2) {
                if (flat.get(i).equalsIgnoreCase(name)) {
                    flat.remove(i + 1);
                    flat.remove(i);
                }
            }
            return this;
        }

        public Headers build() {
            return flat.isEmpty() ? EMPTY : new Headers(List.copyOf(flat));
        }

        private static void checkName(String name) {
            boolean good = !name.isEmpty();
            for (int i = 0; good && i < name.length(); i++) {
                good = Tokens.isTokenChar(name.charAt(i));
            }
            if (!good) {
                throw new NaiadException(
                        ErrorKind.INVALID_ARGUMENT,
                        "header name \"" + Tokens.printable(name) + "\" is not a token");
            }
        }

        private static void checkValue(String name, String value) {
            for (int i = 0; i < value.length(); i++) {
                char c = value.charAt(i);
                if (c == '\r' || c == '\n' || c == 0) {
                    throw new NaiadException(
                            ErrorKind.INVALID_ARGUMENT,
                            "header " + name + ": value holds a line break");
                }
            }
        }
    }
}
