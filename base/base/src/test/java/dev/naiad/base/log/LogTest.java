package dev.naiad.base.log;

import static org.assertj.core.api.Assertions.assertThat;

import dev.naiad.base.error.ErrorKind;
import dev.naiad.base.error.NaiadException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

final class LogTest {
    private static final Instant TIME = Instant.parse("2026-11-24T05:33:55.883050547Z");

    private final List<String> lines = new ArrayList<>();
    private final Logger logger = LoggerFactory.getLogger("dev.naiad.test.Logger");

    private void configure(LogLevel level, LogFormat format) {
        Log.configure(level, format, lines::add, InstantSource.fixed(TIME));
    }

    @AfterEach
    void backToStandardError() {
        Log.configure(LogLevel.WARN, LogFormats.LOGRUS, LogTarget.stderr());
    }

    private static LogEvent event(LogLevel level, String message, LogEvent.Field... fields) {
        return new LogEvent(TIME, level, "dev.naiad.x.Y", "main", message, List.of(fields), null);
    }

    private static String line(LogFormat format, LogEvent event) {
        var out = new StringBuilder();
        format.append(out, event);
        return out.toString();
    }

    @Test
    void theLinesAreThoseOfTheOriginals() {
        LogEvent info =
                event(
                        LogLevel.INFO,
                        "ready \"now\"",
                        new LogEvent.Field("key", "a b"),
                        new LogEvent.Field("id", "x-1"));
        LogEvent warn = event(LogLevel.WARN, "slow");
        assertThat(line(LogFormats.NYDUSD, info))
                .isEqualTo(
                        "[2026-11-24 05:33:55.883050 +00:00] INFO ready \"now\" key=\"a b\" id=x-1\n");
        assertThat(line(LogFormats.NYDUSD, warn))
                .isEqualTo("[2026-11-24 05:33:55.883050 +00:00] WARN [dev.naiad.x.Y] slow\n");
        assertThat(line(LogFormats.LOGRUS, info))
                .isEqualTo(
                        "time=\"2026-11-24T05:33:55.883050547Z\" level=info msg=\"ready \\\"now\\\"\" key=\"a b\" id=x-1\n");
        assertThat(line(LogFormats.LOGRUS_SECONDS, warn))
                .isEqualTo("time=\"2026-11-24T05:33:55Z\" level=warning msg=\"slow\"\n");
        assertThat(line(LogFormats.LOGRUS_JSON, info))
                .isEqualTo(
                        "{\"key\":\"a b\",\"id\":\"x-1\",\"level\":\"info\",\"msg\":\"ready \\\"now\\\"\",\"time\":\"2026-11-24T05:33:55.883050547Z\"}\n");
        assertThat(line(LogFormats.TRACING, info))
                .isEqualTo(
                        "2026-11-24T05:33:55.883050Z  INFO dev.naiad.x.Y: ready \"now\" key=\"a b\" id=x-1\n");
        assertThat(line(LogFormats.ZAP, info))
                .isEqualTo(
                        "{\"level\":\"info\",\"ts\":\"2026-11-24 05:33:55.883\",\"caller\":\"dev.naiad.x.Y\",\"msg\":\"ready \\\"now\\\"\",\"key\":\"a b\",\"id\":\"x-1\"}\n");
    }

    @Test
    void slf4jReachesTheTargetWithArgumentsFieldsAndCauses() {
        configure(LogLevel.DEBUG, LogFormats.LOGRUS);
        logger.info("blob {} of {}", "b", 2);
        logger.atDebug().addKeyValue("task", "t1").log("done");
        logger.error(
                "failed",
                new NaiadException(
                        ErrorKind.UNAVAILABLE, "fetch", new java.io.IOException("reset")));
        logger.trace("never");
        assertThat(lines)
                .containsExactly(
                        "time=\"2026-11-24T05:33:55.883050547Z\" level=info msg=\"blob b of 2\"\n",
                        "time=\"2026-11-24T05:33:55.883050547Z\" level=debug msg=\"done\" task=t1\n",
                        "time=\"2026-11-24T05:33:55.883050547Z\" level=error msg=\"failed\" error=\"fetch: reset\"\n");
    }

    @Test
    void theLevelChangesAtRunTimeAndLibrariesStayQuiet() {
        configure(LogLevel.ERROR, LogFormats.LOGRUS);
        logger.info("no");
        Log.setLevel(LogLevel.INFO);
        logger.info("yes");
        LoggerFactory.getLogger("io.netty.x").info("library");
        LoggerFactory.getLogger("io.netty.x").warn("library");
        assertThat(lines).hasSize(2);
        assertThat(logger.isDebugEnabled()).isFalse();
    }

    @Test
    void timesAreThoseOfTheJdk() {
        var random = new java.util.Random(42);
        for (int i = 0; i < 20_000; i++) {
            // 1900 to 2100, and the edges of years
            Instant time =
                    Instant.ofEpochSecond(
                            random.nextLong(-2_208_988_800L, 4_102_444_800L),
                            random.nextInt(1_000_000_000));
            var out = new StringBuilder();
            LogTime.append(out, time, 'T', ':', 9);
            String jdk =
                    java.time.format.DateTimeFormatter.ofPattern(
                                    "yyyy-MM-dd'T'HH:mm:ss.SSSSSSSSS", java.util.Locale.ROOT)
                            .format(
                                    java.time.LocalDateTime.ofInstant(
                                            time, java.time.ZoneOffset.UTC));
            assertThat(out).hasToString(jdk);
        }
    }

    @Test
    void levelsHaveManyNames() {
        assertThat(LogLevel.parse("WARNING")).contains(LogLevel.WARN);
        assertThat(LogLevel.parse("fatal")).contains(LogLevel.ERROR);
        assertThat(LogLevel.parse("loud")).isEmpty();
    }

    @Test
    void aFileIsPutAsideWhenItGrowsTooLarge(@TempDir Path directory) throws Exception {
        Path file = directory.resolve("logs/nydusd.log");
        try (var target = new RotatingFile(file, 100, 2, true, InstantSource.fixed(TIME))) {
            for (int i = 0; i < 5; i++) {
                target.write("line " + i + " ".repeat(60) + "\n");
            }
        }
        List<Path> old;
        try (Stream<Path> files = Files.list(directory.resolve("logs"))) {
            old = files.filter(f -> !f.equals(file)).sorted().toList();
        }
        assertThat(file).content(StandardCharsets.UTF_8).startsWith("line 4");
        assertThat(old).hasSize(2);
        assertThat(old.getLast().getFileName().toString())
                .matches("nydusd-2026-11-24T05-33-55\\.883.*\\.log\\.gz");
        try (var in = new GZIPInputStream(Files.newInputStream(old.getLast()))) {
            assertThat(new String(in.readAllBytes(), StandardCharsets.UTF_8)).startsWith("line ");
        }
    }

    @Test
    void aFileIsAppendedTo(@TempDir Path directory) {
        Path file = directory.resolve("a.log");
        for (int i = 0; i < 2; i++) {
            try (var target = new RotatingFile(file, 0, 0, false, InstantSource.fixed(TIME))) {
                target.write("x\n");
            }
        }
        assertThat(file).hasContent("x\nx\n");
    }
}
