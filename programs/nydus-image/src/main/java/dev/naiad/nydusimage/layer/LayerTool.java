package dev.naiad.nydusimage.layer;

import dev.naiad.base.cli.CommandLine;
import dev.naiad.base.cli.CommandSpec;
import dev.naiad.base.cli.Option;
import dev.naiad.base.cli.ProgramContext;
import dev.naiad.base.cli.Style;
import dev.naiad.base.cli.UsageException;
import dev.naiad.base.error.ErrorKind;
import dev.naiad.base.error.ExitCode;
import dev.naiad.base.error.NaiadException;
import dev.naiad.base.file.AtomicFiles;
import dev.naiad.base.log.Log;
import dev.naiad.base.log.LogFormats;
import dev.naiad.base.log.LogLevel;
import dev.naiad.nydusimage.command.BootstrapFile;
import dev.naiad.nydusimage.command.MergeCommand;
import dev.naiad.nydusimage.files.OutputFile;
import dev.naiad.rafs.Bootstrap;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.lang.foreign.Arena;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Parses and runs; files or standard input and output, which {@code -} names. */
public final class LayerTool {
    private static final String STANDARD = "-";

    private LayerTool() {}

    private static CommandSpec spec() {
        return CommandSpec.builder(
                        Style.CLAP,
                        "naiad layer",
                        "Converts single layers of images between OCI and Nydus, as streams")
                .version("naiad layer 0.1.0")
                .command(PackLayer.spec())
                .command(LayerMerge.spec())
                .command(UnpackLayer.spec())
                .commandRequired()
                .build();
    }

    /** Runs it; the result is the exit code. */
    public static int run(ProgramContext context, List<String> args) throws Exception {
        return spec().run(
                        context,
                        args,
                        line -> {
                            Log.configure(
                                    LogLevel.WARN,
                                    LogFormats.LOGRUS,
                                    context.err()::print,
                                    context.clock());
                            return run(context, line.command().orElseThrow());
                        });
    }

    private static int run(ProgramContext context, CommandLine line) {
        try {
            switch (line.name()) {
                case "pack" -> PackLayer.run(context, line);
                case "merge" -> LayerMerge.run(context, line);
                case "unpack" -> UnpackLayer.run(context, line);
                default -> throw new IllegalStateException("no command " + line.name());
            }
            return ExitCode.OK;
        } catch (UsageException e) {
            throw e;
        } catch (NaiadException e) {
            context.err().println("Error: " + NaiadException.chain(e));
            return ExitCode.FAILURE;
        } catch (IOException e) {
            context.err().println("Error: " + e.getMessage());
            return ExitCode.FAILURE;
        } finally {
            context.out().flush();
            context.err().flush();
        }
    }

    static Option output(String what) {
        return Option.value("output", "FILE", what + "; - is standard output")
                .shortName('o')
                .defaultValue(STANDARD);
    }

    static Option json() {
        return Option.value("output-json", "FILE", "Writes what came out to this file, as JSON")
                .shortName('J');
    }

    static Option dictionary() {
        return Option.value(
                "chunk-dict", "FILE", "Bootstrap whose chunks are referred to instead of stored");
    }

    static Option prefetch() {
        return Option.value("prefetch", "PATH", "Path that a daemon fetches first")
                .defaultValue("/")
                .repeat();
    }

    static @Nullable Bootstrap bootstrap(CommandLine line, String option, Arena arena) {
        var file = line.find(option);
        return file.isEmpty()
                ? null
                : BootstrapFile.open(MergeCommand.dictionaryPath(file.get()), arena);
    }

    static InputStream input(ProgramContext context, String name) throws IOException {
        try {
            return name.equals(STANDARD) ? context.in() : Files.newInputStream(Path.of(name));
        } catch (NoSuchFileException e) {
            throw new NaiadException(ErrorKind.NOT_FOUND, name + " does not exist", e);
        }
    }

    /** Work that fills a stream. */
    @FunctionalInterface
    interface Filling<T> {
        T fill(OutputStream out) throws IOException;
    }

    /** Fills standard output or a file, which is removed again if the work fails. */
    static <T> T fill(ProgramContext context, String name, Filling<T> work) throws IOException {
        if (name.equals(STANDARD)) {
            T result = work.fill(context.out());
            if (context.out().checkError()) {
                throw new IOException("standard output: cannot be written");
            }
            return result;
        }
        try (var file = OutputFile.create(Path.of(name))) {
            T result = work.fill(file.stream());
            file.commit();
            return result;
        }
    }

    static void writeJson(CommandLine line, String json) {
        line.find("output-json")
                .ifPresent(
                        file ->
                                AtomicFiles.write(
                                        Path.of(file),
                                        (json + "\n").getBytes(StandardCharsets.UTF_8),
                                        "rw-r--r--"));
    }
}
