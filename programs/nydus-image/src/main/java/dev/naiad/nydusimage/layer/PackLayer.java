package dev.naiad.nydusimage.layer;

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
import java.nio.file.Files;
import java.nio.file.Path;

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
                .option(
                        Option.flag(
                                        "oci-ref",
                                        "Leaves the data in the layer, a file with tar or tar+gzip")
                                .conflictsWith("chunk-dict"))
                .option(LayerTool.dictionary())
                .option(LayerTool.prefetch())
                .option(LayerTool.json())
                .build();
    }

    static void run(ProgramContext context, CommandLine line) throws IOException {
        String input = line.argument(0).orElse("-");
        var version = line.get("fs-version").equals("5") ? RafsVersion.V5 : RafsVersion.V6;
        BuildOptions options =
                BuildOptions.forConversion()
                        .withToc(version == RafsVersion.V6)
                        .withVersion(version)
                        .withCompressor(Compressor.ofWord(line.get("compressor")).orElseThrow())
                        .withChunkSize(chunkSize(line))
                        .withPrefetch(PrefetchPolicy.FS, line.all("prefetch"));
        NydusLayer packed =
                line.flag("oci-ref")
                        ? reference(context, line, input, options)
                        : pack(context, line, input, options);
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

    private static NydusLayer pack(
            ProgramContext context, CommandLine line, String input, BuildOptions options)
            throws IOException {
        String name = input.equals("-") ? "standard input" : input;
        try (var arena = Arena.ofShared()) {
            var known = new KnownImages(null, LayerTool.bootstrap(line, "chunk-dict", arena));
            var source = LayerSource.of(name, LayerTool.input(context, input));
            return LayerTool.fill(
                    context,
                    line.get("output"),
                    out -> Pack.layer(source, options, known, Channels.newChannel(out)));
        }
    }

    /** The file is read twice: the blob names the layer's digest. */
    private static NydusLayer reference(
            ProgramContext context, CommandLine line, String input, BuildOptions options)
            throws IOException {
        if (input.equals("-")) {
            throw new UsageException("--oci-ref needs the layer's file");
        }
        var stream = LayerTool.input(context, input);
        Path file = Path.of(input);
        var source =
                LayerSource.of(input, stream).withDigest(LayerMerge.digest(file), Files.size(file));
        return LayerTool.fill(
                context,
                line.get("output"),
                out -> Pack.reference(source, options, Channels.newChannel(out)));
    }

    private static int chunkSize(CommandLine line) {
        try {
            return Integer.decode(line.get("chunk-size"));
        } catch (NumberFormatException e) {
            throw new UsageException(
                    "--chunk-size: " + line.get("chunk-size") + " is not a number");
        }
    }
}
