package dev.naiad.base.log;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.slf4j.MDC;
import org.slf4j.Marker;
import org.slf4j.event.KeyValuePair;
import org.slf4j.event.Level;
import org.slf4j.event.LoggingEvent;
import org.slf4j.helpers.LegacyAbstractLogger;
import org.slf4j.helpers.MessageFormatter;
import org.slf4j.spi.LoggingEventAware;

/** SLF4J's view of {@link Log}. */
final class NaiadLogger extends LegacyAbstractLogger implements LoggingEventAware {
    private static final long serialVersionUID = 1L;

    NaiadLogger(String name) {
        this.name = name;
    }

    private boolean isEnabled(LogLevel level) {
        LogLevel least = Log.level();
        // Libraries are chatty below WARN; their details help only when asked for. Netty's
        // bootstrap warns of each unix socket that it knows no SO_KEEPALIVE.
        if (isForeign() && least.compareTo(LogLevel.TRACE) > 0) {
            LogLevel held = name.startsWith("io.netty.bootstrap") ? LogLevel.ERROR : LogLevel.WARN;
            least = least.compareTo(held) < 0 ? held : least;
        }
        return level.compareTo(least) >= 0;
    }

    /**
     * A name without a dot is not a library's class but a name of ours in a log line, such as
     * dfdaemon's download_task.
     */
    private boolean isForeign() {
        return !name.startsWith("dev.naiad") && name.indexOf('.') >= 0;
    }

    @Override
    public boolean isTraceEnabled() {
        return isEnabled(LogLevel.TRACE);
    }

    @Override
    public boolean isDebugEnabled() {
        return isEnabled(LogLevel.DEBUG);
    }

    @Override
    public boolean isInfoEnabled() {
        return isEnabled(LogLevel.INFO);
    }

    @Override
    public boolean isWarnEnabled() {
        return isEnabled(LogLevel.WARN);
    }

    @Override
    public boolean isErrorEnabled() {
        return isEnabled(LogLevel.ERROR);
    }

    @Override
    protected @Nullable String getFullyQualifiedCallerName() {
        return null;
    }

    @Override
    protected void handleNormalizedLoggingCall(
            Level level,
            @Nullable Marker marker,
            @Nullable String pattern,
            @Nullable Object @Nullable [] arguments,
            @Nullable Throwable thrown) {
        emit(level, MessageFormatter.basicArrayFormat(pattern, arguments), List.of(), thrown);
    }

    @Override
    public void log(LoggingEvent event) {
        var fields = new ArrayList<LogEvent.Field>();
        if (event.getKeyValuePairs() != null) {
            for (KeyValuePair pair : event.getKeyValuePairs()) {
                fields.add(new LogEvent.Field(pair.key, String.valueOf(pair.value)));
            }
        }
        String message =
                MessageFormatter.basicArrayFormat(event.getMessage(), event.getArgumentArray());
        emit(event.getLevel(), message, fields, event.getThrowable());
    }

    private void emit(
            Level level,
            @Nullable String message,
            List<LogEvent.Field> own,
            @Nullable Throwable thrown) {
        Log.State state = Log.state();
        List<LogEvent.Field> fields = own;
        Map<String, String> context = MDC.getCopyOfContextMap();
        if (context != null && !context.isEmpty()) {
            fields = new ArrayList<>(own);
            for (Map.Entry<String, String> entry : context.entrySet()) {
                fields.add(new LogEvent.Field(entry.getKey(), entry.getValue()));
            }
        }
        LogLevel ours =
                switch (level) {
                    case TRACE -> LogLevel.TRACE;
                    case DEBUG -> LogLevel.DEBUG;
                    case INFO -> LogLevel.INFO;
                    case WARN -> LogLevel.WARN;
                    case ERROR -> LogLevel.ERROR;
                };
        var line = new StringBuilder(160);
        state.format()
                .append(
                        line,
                        new LogEvent(
                                state.clock().instant(),
                                ours,
                                name,
                                Thread.currentThread().getName(),
                                message == null ? "" : message,
                                fields,
                                thrown));
        state.target().write(line.toString());
    }
}
