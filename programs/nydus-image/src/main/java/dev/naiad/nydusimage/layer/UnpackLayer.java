package dev.naiad.nydusimage.layer;

import dev.naiad.base.bytes.ByteSource;
import dev.naiad.base.bytes.Hex;
import dev.naiad.base.cli.CommandLine;
import dev.naiad.base.cli.CommandSpec;
import dev.naiad.base.cli.Option;
import dev.naiad.base.cli.Positional;
import dev.naiad.base.cli.ProgramContext;
import dev.naiad.base.cli.Style;
import dev.naiad.base.config.JsonWriter;
import dev.naiad.base.error.ErrorKind;
import dev.naiad.base.error.NaiadException;
import dev.naiad.codec.stream.LayerStreams;
import dev.naiad.layers.CompressedLayer;
import dev.naiad.layers.Unpack;
import dev.naiad.linux.FdSource;
import dev.naiad.rafs.BlobInfo;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** {@code naiad layer unpack}. */
final class UnpackLayer {
    private static final int BUFFER = 128 << 10;

    private UnpackLayer() {}

    static CommandSpec spec() {
        return CommandSpec.builder(
                        Style.CLAP, "unpack", "Makes the OCI layer of a Nydus layer again")
                .positional(Positional.required("LAYER", "File of the Nydus layer"))
                .option(LayerTool.output("The OCI layer"))
                .option(
                        Option.value("compression", "NAME", "How the layer is compressed")
                                .defaultValue("none")
                                .choices("none", "gzip", "zstd"))
                .option(
                        Option.value(
                                        "blob-dir",
                                        "DIR",
                                        "Where other blobs are that the layer refers to")
                                .shortName('D'))
                .option(LayerTool.json())
                .build();
    }

    static void run(ProgramContext context, CommandLine line) throws IOException {
        Path file = Path.of(line.arguments().getFirst());
        var kind =
                switch (line.get("compression")) {
                    case "gzip" -> LayerStreams.Kind.GZIP;
                    case "zstd" -> LayerStreams.Kind.ZSTD;
                    default -> LayerStreams.Kind.PLAIN;
                };
        var open = new ArrayList<FdSource>();
        CompressedLayer layer;
        try (var blob = FdSource.open(file)) {
            layer =
                    LayerTool.fill(
                            context,
                            line.get("output"),
                            out -> {
                                var compressed = new CompressedLayer(out, kind);
                                try (var tar = new BufferedOutputStream(compressed, BUFFER)) {
                                    Unpack.layer(blob, info -> other(line, info, open), tar);
                                }
                                return compressed;
                            });
        } finally {
            open.forEach(FdSource::close);
        }
        var descriptor = layer.descriptor();
        LayerTool.writeJson(
                line,
                JsonWriter.pretty()
                        .object()
                        .put("mediaType", descriptor.mediaType())
                        .put("digest", descriptor.digest().toString())
                        .put("size", descriptor.size())
                        .put("diffId", layer.diffId().toString())
                        .end()
                        .toString());
    }

    private static ByteSource other(CommandLine line, BlobInfo info, List<FdSource> open) {
        if (!line.given("blob-dir")) {
            throw new NaiadException(
                    ErrorKind.FAILED_PRECONDITION,
                    "the layer refers to blob " + info.id() + "; say where it is with --blob-dir");
        }
        if (!Hex.isLowerHex(info.id(), 64)) {
            throw new NaiadException(
                    ErrorKind.INVALID_ARGUMENT,
                    "the layer refers to blob \""
                            + info.id()
                            + "\", which is not the name of a blob");
        }
        var source = FdSource.open(Path.of(line.get("blob-dir")).resolve(info.id()));
        open.add(source);
        return source;
    }
}
