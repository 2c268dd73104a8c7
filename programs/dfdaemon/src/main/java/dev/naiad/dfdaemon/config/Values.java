package dev.naiad.dfdaemon.config;

import dev.naiad.base.config.ConfigNode;
import dev.naiad.base.config.Durations;
import dev.naiad.base.config.Problems;
import dev.naiad.base.error.NaiadException;
import java.math.BigDecimal;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Reads the kinds of values that stand in dfdaemon's files. */
final class Values {
    private static final Pattern SIZE =
            Pattern.compile("\\s*([0-9]+(?:\\.[0-9]+)?)\\s*([A-Za-z]*)\\s*");
    // As the bytesize crate: K is a thousand, Ki is 1024.
    private static final Map<String, Long> UNITS =
            Map.ofEntries(
                    Map.entry("", 1L),
                    Map.entry("b", 1L),
                    Map.entry("k", 1_000L),
                    Map.entry("kb", 1_000L),
                    Map.entry("m", 1_000_000L),
                    Map.entry("mb", 1_000_000L),
                    Map.entry("g", 1_000_000_000L),
                    Map.entry("gb", 1_000_000_000L),
                    Map.entry("t", 1_000_000_000_000L),
                    Map.entry("tb", 1_000_000_000_000L),
                    Map.entry("p", 1_000_000_000_000_000L),
                    Map.entry("pb", 1_000_000_000_000_000L),
                    Map.entry("ki", 1L << 10),
                    Map.entry("kib", 1L << 10),
                    Map.entry("mi", 1L << 20),
                    Map.entry("mib", 1L << 20),
                    Map.entry("gi", 1L << 30),
                    Map.entry("gib", 1L << 30),
                    Map.entry("ti", 1L << 40),
                    Map.entry("tib", 1L << 40),
                    Map.entry("pi", 1L << 50),
                    Map.entry("pib", 1L << 50));

    private Values() {}

    static long size(ConfigNode node, Problems problems, long fallback) {
        if (!node.isPresent()) {
            return fallback;
        }
        Optional<Long> size = parseSize(node.text());
        if (size.isEmpty()) {
            problems.add(node, node.text() + " is not a size (such as 512MiB or 10GB)");
        }
        return size.orElse(fallback);
    }

    /** A size of which nothing can be moved is a mistake. */
    static long rate(ConfigNode node, Problems problems, long fallback) {
        long rate = size(node, problems, fallback);
        if (rate <= 0) {
            problems.add(node, node.text() + " lets nothing through");
            return fallback;
        }
        return rate;
    }

    static Optional<Long> parseSize(String text) {
        Matcher size = SIZE.matcher(text);
        if (!size.matches()) {
            return Optional.empty();
        }
        Long unit = UNITS.get(size.group(2).toLowerCase(Locale.ROOT));
        if (unit == null) {
            return Optional.empty();
        }
        try {
            return Optional.of(
                    new BigDecimal(size.group(1))
                            .multiply(BigDecimal.valueOf(unit))
                            .toBigInteger()
                            .longValueExact());
        } catch (ArithmeticException e) {
            return Optional.empty();
        }
    }

    static Duration duration(ConfigNode node, Problems problems, Duration fallback) {
        if (!node.isPresent()) {
            return fallback;
        }
        try {
            Duration duration = Durations.parse(node.text().replace(" ", ""));
            if (duration.isNegative()) {
                problems.add(node, node.text() + " is negative");
                return fallback;
            }
            return duration;
        } catch (NaiadException e) {
            problems.add(node, node.text() + " is not a duration (such as 30s or 1h30m)");
            return fallback;
        }
    }

    static Optional<String> ip(ConfigNode node, Problems problems) {
        Optional<String> text = node.optionalString(problems).filter(t -> !t.isEmpty());
        if (text.isPresent() && !isIp(text.get())) {
            problems.add(node, text.get() + " is not an IP address");
            return Optional.empty();
        }
        return text;
    }

    static boolean isIp(String text) {
        if (!text.matches("[0-9.]+|[0-9a-fA-F:.]*:[0-9a-fA-F:.]*")) {
            return false;
        }
        try {
            InetAddress.getByName(text);
            return true;
        } catch (UnknownHostException e) {
            return false;
        }
    }

    static Listen listen(ConfigNode server, String portKey, int port, Problems problems) {
        return new Listen(
                ip(server.get("ip"), problems).orElse("0.0.0.0"),
                server.get(portKey).int32(problems, port, 0, 65535));
    }
}
