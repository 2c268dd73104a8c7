package dev.naiad.base.log;

import dev.naiad.base.config.JsonWriter;
import java.io.PrintWriter;
import java.io.StringWriter;
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
            out.append('[').append(time(event, ' ', 6)).append(" +00:00] ").append(event.level());
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
            logrus(out, event, time(event, 'T', 9) + "Z");
        }
    },
    /**
     * Go's logrus with whole seconds: nydusify, and the snapshotter before its logger is set up.
     */
    LOGRUS_SECONDS {
        @Override
        public void append(StringBuilder out, LogEvent event) {
            logrus(out, event, time(event, 'T', 0) + "Z");
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
            json.put("time", time(event, 'T', 9) + "Z");
            out.append(json.end()).append('\n');
        }
    },
    /** dfdaemon's tracing: {@code 2026-11-24T05:33:55.883050Z INFO logger: message key=value}. */
    TRACING {
        @Override
        public void append(StringBuilder out, LogEvent event) {
            out.append(time(event, 'T', 6) + "Z").append(' ');
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
            json.put("ts", time(event, ' ', 3));
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

    private static String time(LogEvent event, char separator, int digits) {
        var time = new StringBuilder(32);
        LogTime.append(time, event.time(), separator, ':', digits);
        return time.toString();
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
