package dev.naiad.convert.layer;

import dev.naiad.base.cli.CommandLine;
import dev.naiad.base.cli.CommandSpec;
import dev.naiad.base.cli.Option;
import dev.naiad.base.cli.Positional;
import dev.naiad.base.cli.ProgramContext;
import dev.naiad.base.cli.Style;
import dev.naiad.base.cli.UsageException;
import dev.naiad.base.config.JsonWriter;
import dev.naiad.builder.BuildOptions;
import dev.naiad.builder.KnownImages;
import dev.naiad.builder.PrefetchPolicy;
import dev.naiad.layers.LayerSource;
import dev.naiad.layers.NydusLayer;
import dev.naiad.layers.Pack;
import dev.naiad.rafs.Compressor;
import dev.naiad.rafs.RafsVersion;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.channels.Channels;

/** {@code naiad layer pack}. */
final class PackLayer {
    private PackLayer() {}

    static CommandSpec spec() {
        return CommandSpec.builder(
                        Style.CLAP, "pack", "Makes a Nydus layer of an OCI layer (tar, gzip, zstd)")
                .positional(Positional.optional("LAYER", "File; standard input if none is given"))
                .option(LayerTool.output("The Nydus layer"))
                .option(
                        Option.value("fs-version", "VERSION", "RAFS version")
                                .defaultValue("6")
                                .choices("5", "6"))
                .option(
                        Option.value("compressor", "NAME", "How chunks are compressed")
                                .defaultValue("zstd")
                                .choices("none", "lz4_block", "zstd"))
                .option(
                        Option.value("chunk-size", "BYTES", "A power of two, 0x1000 to 0x1000000")
                                .defaultValue("0x100000"))
                .option(LayerTool.dictionary())
                .option(LayerTool.prefetch())
                .option(LayerTool.json())
                .build();
    }

    static void run(ProgramContext context, CommandLine line) throws IOException {
        String input = line.argument(0).orElse("-");
        String name = input.equals("-") ? "standard input" : input;
        var version = line.get("fs-version").equals("5") ? RafsVersion.V5 : RafsVersion.V6;
        BuildOptions options =
                BuildOptions.forConversion()
                        .withToc(version == RafsVersion.V6)
                        .withVersion(version)
                        .withCompressor(Compressor.ofWord(line.get("compressor")).orElseThrow())
                        .withChunkSize(chunkSize(line))
                        .withPrefetch(PrefetchPolicy.FS, line.all("prefetch"));
        NydusLayer packed;
        try (var arena = Arena.ofShared()) {
            var known = new KnownImages(null, LayerTool.bootstrap(line, "chunk-dict", arena));
            var source = LayerSource.of(name, LayerTool.input(context, input));
            packed =
                    LayerTool.fill(
                            context,
                            line.get("output"),
                            out -> Pack.layer(source, options, known, Channels.newChannel(out)));
        }
        LayerTool.writeJson(
                line,
                JsonWriter.pretty()
                        .object()
                        .put("mediaType", packed.descriptor().mediaType())
                        .put("digest", packed.digest().toString())
                        .put("size", packed.size())
                        .put("annotations", packed.descriptor().annotations())
                        .end()
                        .toString());
    }

    private static int chunkSize(CommandLine line) {
        try {
            return Integer.decode(line.get("chunk-size"));
        } catch (NumberFormatException e) {
            throw new UsageException("--chunk-size: " + line.get("chunk-size") + " is no number");
        }
    }
}
