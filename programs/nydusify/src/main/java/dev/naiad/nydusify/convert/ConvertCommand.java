package dev.naiad.nydusify.convert;

import dev.naiad.base.cli.CommandLine;
import dev.naiad.base.cli.ProgramContext;
import dev.naiad.base.config.JsonWriter;
import dev.naiad.base.error.NaiadException;
import dev.naiad.base.file.AtomicFiles;
import dev.naiad.builder.LayerBuilder;
import dev.naiad.convert.conversion.Conversion;
import dev.naiad.convert.conversion.ConvertOptions;
import dev.naiad.convert.conversion.Dictionaries;
import dev.naiad.convert.conversion.LayerWrapping;
import dev.naiad.convert.conversion.ModelConversion;
import dev.naiad.convert.conversion.TarBuild;
import dev.naiad.convert.remote.ConversionProgress;
import dev.naiad.convert.remote.Registries;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Optional;

/** {@code nydusify convert}. */
public final class ConvertCommand {
    private final ProgramContext context;
    private final TarBuild builder;

    public ConvertCommand(ProgramContext context) {
        this(context, LayerBuilder::fromTar);
    }

    ConvertCommand(ProgramContext context, TarBuild builder) {
        this.context = context;
        this.builder = builder;
    }

    private static String json(Conversion.Report report) {
        return JsonWriter.compact()
                        .object()
                        .put("SourceImageSize", report.sourceSize())
                        .put("TargetImageSize", report.targetSize())
                        .put("SourcePullElapsed", report.pull().toNanos())
                        .put("ConversionElapsed", report.convert().toNanos())
                        .put("TargetPushElapsed", report.push().toNanos())
                        .end()
                        .toString()
                + "\n";
    }

    public int run(CommandLine line) throws Exception {
        ConvertOptions options = ConvertOptions.parse(line, context.in());
        try {
            write(options.outputJson(), json(convert(options)));
            return 0;
        } catch (NaiadException e) {
            write(options.outputJson(), "null\n");
            throw e;
        }
    }

    private static void write(Optional<Path> file, String json) throws Exception {
        if (file.isPresent()) {
            AtomicFiles.write(
                    file.get().toAbsolutePath(),
                    json.getBytes(StandardCharsets.UTF_8),
                    "rw-r--r--");
        }
    }

    private Conversion.Report convert(ConvertOptions options) throws Exception {
        var registries = Registries.of(context, options.plainHttp());
        boolean terminal =
                ConversionProgress.onTerminal(context.err(), context.variable("TERM").orElse(""));
        try (var progress = new ConversionProgress(context.err(), terminal)) {
            if (options.model().isPresent()) {
                return new ModelConversion(registries, progress).run(options);
            }
            return new Conversion(
                            registries, builder, progress, LayerWrapping.NONE, new Dictionaries())
                    .run(options);
        }
    }
}
