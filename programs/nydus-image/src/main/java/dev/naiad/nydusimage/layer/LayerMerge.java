package dev.naiad.nydusimage.layer;

import dev.naiad.base.bytes.Digest;
import dev.naiad.base.cli.CommandLine;
import dev.naiad.base.cli.CommandSpec;
import dev.naiad.base.cli.Option;
import dev.naiad.base.cli.Positional;
import dev.naiad.base.cli.ProgramContext;
import dev.naiad.base.cli.Style;
import dev.naiad.base.cli.UsageException;
import dev.naiad.base.config.JsonWriter;
import dev.naiad.builder.MergeOptions;
import dev.naiad.builder.PrefetchPolicy;
import dev.naiad.layers.Merge;
import dev.naiad.layers.NydusLayer;
import dev.naiad.linux.FdSource;
import dev.naiad.oci.image.MediaTypes;
import dev.naiad.oci.image.NydusAnnotations;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.lang.foreign.Arena;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.Map;

/** {@code naiad layer merge}. */
final class LayerMerge {
    private LayerMerge() {}

    static CommandSpec spec() {
        return CommandSpec.builder(
                        Style.CLAP, "merge", "Makes the bootstrap layer of an image's Nydus layers")
                .positional(Positional.rest("LAYER", "Files of the Nydus layers, lowest first"))
                .option(LayerTool.output("The bootstrap layer, tar+gzip"))
                .option(LayerTool.dictionary())
                .option(
                        Option.value(
                                "parent-bootstrap", "FILE", "An image that lies below all layers"))
                .option(LayerTool.prefetch())
                .option(LayerTool.json())
                .build();
    }

    static void run(ProgramContext context, CommandLine line) throws IOException {
        if (line.arguments().isEmpty()) {
            throw new UsageException(
                    "the following required arguments were not provided:\n  <LAYER>...");
        }
        var layers = new ArrayList<NydusLayer>();
        for (String name : line.arguments()) {
            Path file = Path.of(name);
            try (var blob = FdSource.open(file)) {
                layers.add(NydusLayer.read(digest(file), blob));
            }
        }
        Merge.Merged merged;
        try (var arena = Arena.ofShared()) {
            var options =
                    new MergeOptions(
                            PrefetchPolicy.FS,
                            line.all("prefetch"),
                            LayerTool.bootstrap(line, "parent-bootstrap", arena),
                            LayerTool.bootstrap(line, "chunk-dict", arena));
            merged = Merge.layers(layers, options, Map.of());
        }
        byte[] gzip = merged.layer().gzip();
        var annotations = new LinkedHashMap<String, String>();
        annotations.put(NydusAnnotations.BOOTSTRAP, "true");
        annotations.put(NydusAnnotations.FS_VERSION, merged.version().word());
        LayerTool.fill(
                context,
                line.get("output"),
                out -> {
                    out.write(gzip);
                    return gzip.length;
                });
        LayerTool.writeJson(
                line,
                JsonWriter.pretty()
                        .object()
                        .put("mediaType", MediaTypes.OCI_LAYER_GZIP)
                        .put("digest", merged.layer().digest().toString())
                        .put("size", gzip.length)
                        .put("annotations", annotations)
                        .put("diffId", merged.layer().diffId().toString())
                        .put("blobs", merged.blobs().stream().map(Digest::toString).toList())
                        .end()
                        .toString());
    }

    static Digest digest(Path file) throws IOException {
        try (InputStream in =
                new DigestInputStream(
                        Files.newInputStream(file), MessageDigest.getInstance("SHA-256"))) {
            in.transferTo(OutputStream.nullOutputStream());
            byte[] hash = ((DigestInputStream) in).getMessageDigest().digest();
            return Digest.of(Digest.Algorithm.SHA256, hash);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
    }
}
