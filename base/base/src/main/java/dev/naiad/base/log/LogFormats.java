package dev.naiad.base.log;

import dev.naiad.base.config.JsonWriter;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** The line formats of the programs that are replaced. Times are UTC. */
public enum LogFormats implements LogFormat {
    /**
     * nydusd, nydus-image: {@code [2026-11-24 05:33:55.883050 +00:00] INFO message}; other levels
     * name the place as well.
     */
    NYDUSD {
        @Override
        public void append(StringBuilder out, LogEvent event) {
            out.append('[')
                    .append(SPACED_MICROS.format(utc(event.time())))
                    .append(" +00:00] ")
                    .append(event.level());
            if (event.level() != LogLevel.INFO) {
                out.append(" [").append(event.logger()).append(']');
            }
            out.append(' ').append(event.message());
            fields(out, event);
            out.append('\n');
            trace(out, event.thrown());
        }
    },
    /**
     * Go's logrus with the snapshotter's nine digits: {@code time="…" level=info msg="…"
     * key=value}.
     */
    LOGRUS {
        @Override
        public void append(StringBuilder out, LogEvent event) {
            logrus(out, event, NANOS.format(utc(event.time())));
        }
    },
    /**
     * Go's logrus with whole seconds: nydusify, and the snapshotter before its logger is set up.
     */
    LOGRUS_SECONDS {
        @Override
        public void append(StringBuilder out, LogEvent event) {
            logrus(out, event, SECONDS.format(utc(event.time())));
        }
    },
    /** Go's logrus JSON formatter: {@code {"level":"info","msg":"…","time":"…"}}. */
    LOGRUS_JSON {
        @Override
        public void append(StringBuilder out, LogEvent event) {
            JsonWriter json = JsonWriter.compact().likeGo().object();
            for (LogEvent.Field field : event.fields()) {
                json.put(field.key(), field.value());
            }
            if (event.thrown() != null) {
                json.put("error", reason(event.thrown()));
            }
            json.put("level", lower(event.level())).put("msg", event.message());
            json.put("time", NANOS.format(utc(event.time())));
            out.append(json.end()).append('\n');
        }
    },
    /** dfdaemon's tracing: {@code 2026-11-24T05:33:55.883050Z INFO logger: message key=value}. */
    TRACING {
        @Override
        public void append(StringBuilder out, LogEvent event) {
            out.append(MICROS.format(utc(event.time()))).append(' ');
            out.append(" ".repeat(5 - event.level().name().length())).append(event.level());
            out.append(' ').append(event.logger()).append(": ").append(event.message());
            fields(out, event);
            out.append('\n');
            trace(out, event.thrown());
        }
    },
    /**
     * scheduler and manager (zap): {@code {"level":"info","ts":"2026-11-24
     * 05:33:55.883","caller":"…","msg":"…"}}.
     */
    ZAP {
        @Override
        public void append(StringBuilder out, LogEvent event) {
            JsonWriter json = JsonWriter.compact().object().put("level", lower(event.level()));
            json.put("ts", SPACED_MILLIS.format(utc(event.time())));
            json.put("caller", event.logger()).put("msg", event.message());
            for (LogEvent.Field field : event.fields()) {
                json.put(field.key(), field.value());
            }
            if (event.thrown() != null) {
                json.put("error", reason(event.thrown()));
                if (event.level().compareTo(LogLevel.WARN) >= 0) {
                    var stack = new StringBuilder();
                    trace(stack, event.thrown());
                    json.put("stacktrace", stack.toString().stripTrailing());
                }
            }
            out.append(json.end()).append('\n');
        }
    };

    private static final DateTimeFormatter SPACED_MICROS = pattern("yyyy-MM-dd HH:mm:ss.SSSSSS");
    private static final DateTimeFormatter SPACED_MILLIS = pattern("yyyy-MM-dd HH:mm:ss.SSS");
    private static final DateTimeFormatter MICROS = pattern("yyyy-MM-dd'T'HH:mm:ss.SSSSSS'Z'");
    private static final DateTimeFormatter NANOS = pattern("yyyy-MM-dd'T'HH:mm:ss.SSSSSSSSS'Z'");
    private static final DateTimeFormatter SECONDS = pattern("yyyy-MM-dd'T'HH:mm:ss'Z'");

    private static DateTimeFormatter pattern(String pattern) {
        return DateTimeFormatter.ofPattern(pattern, Locale.ROOT);
    }

    private static java.time.LocalDateTime utc(Instant time) {
        return java.time.LocalDateTime.ofInstant(time, ZoneOffset.UTC);
    }

    private static String lower(LogLevel level) {
        return level == LogLevel.WARN ? "warning" : level.name().toLowerCase(Locale.ROOT);
    }

    private static String reason(Throwable thrown) {
        return dev.naiad.base.error.NaiadException.chain(thrown);
    }

    private static void logrus(StringBuilder out, LogEvent event, String time) {
        out.append("time=\"")
                .append(time)
                .append("\" level=")
                .append(lower(event.level()))
                .append(" msg=");
        goValue(out, event.message(), true);
        for (LogEvent.Field field : event.fields()) {
            out.append(' ').append(field.key()).append('=');
            goValue(out, field.value(), false);
        }
        if (event.thrown() != null) {
            out.append(" error=");
            goValue(out, reason(event.thrown()), true);
        }
        out.append('\n');
    }

    /**
     * Quotes as logrus does: anything but letters, digits and {@code -._/@^+} needs quotes;
     * messages from our code always have them.
     */
    private static void goValue(StringBuilder out, String value, boolean always) {
        boolean plain = !always && !value.isEmpty();
        for (int i = 0; plain && i < value.length(); i++) {
            char c = value.charAt(i);
            plain =
                    (c >= 'a' && c <= 'z')
                            || (c >= 'A' && c <= 'Z')
                            || (c >= '0' && c <= '9')
                            || "-._/@^+".indexOf(c) >= 0;
        }
        if (plain) {
            out.append(value);
        } else {
            out.append(JsonWriter.compact().value(value));
        }
    }

    private static void fields(StringBuilder out, LogEvent event) {
        for (LogEvent.Field field : event.fields()) {
            out.append(' ').append(field.key()).append('=');
            goValue(out, field.value(), false);
        }
    }

    private static void trace(StringBuilder out, @Nullable Throwable thrown) {
        if (thrown != null) {
            var text = new StringWriter();
            thrown.printStackTrace(new PrintWriter(text, true));
            out.append(text);
        }
    }
}
