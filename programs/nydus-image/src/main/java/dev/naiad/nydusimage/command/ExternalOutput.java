package dev.naiad.nydusimage.command;

import dev.naiad.base.cli.CommandLine;
import dev.naiad.base.error.ErrorKind;
import dev.naiad.base.error.NaiadException;
import dev.naiad.builder.BuildOptions;
import dev.naiad.builder.external.Attributes;
import dev.naiad.builder.external.ExternalImage;
import dev.naiad.nydusimage.files.OutputFile;
import dev.naiad.rafs.BlobInfo;
import dev.naiad.rafs.blob.SectionHeader;
import java.io.ByteArrayOutputStream;
import java.nio.file.Path;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The second image of {@code nydus-image create --attributes}, and where it is written. */
final class ExternalOutput {
    private static final Logger LOG = LoggerFactory.getLogger(ExternalOutput.class);

    private ExternalOutput() {}

    /**
     * Builds and writes it.
     *
     * @param bootstrap of the first image; empty if it is inside its blob
     */
    static void write(
            CommandLine line,
            Path source,
            BuildOptions options,
            Attributes attributes,
            String bootstrap,
            OutputJson json) {
        if (!attributes.nameExternalFiles()) {
            if (line.given("external-blob")) {
                LOG.warn("--external-blob is not written: no external file is named");
            }
            return;
        }
        boolean inlined = line.given("external-blob");
        if (!inlined && bootstrap.isEmpty()) {
            throw new NaiadException(
                    ErrorKind.INVALID_ARGUMENT,
                    "create: external files with --blob-inline-meta need --external-blob FILE,"
                            + " where their bootstrap goes");
        }
        var built = ExternalImage.build(source, options, attributes, inlined);
        Path file = inlined ? Path.of(line.get("external-blob")) : beside(Path.of(bootstrap));
        OutputFile.write(file, inlined ? section(built.bootstrap()) : built.bootstrap());
        var ids = built.blobs().stream().map(BlobInfo::id).toList();
        json.external(file.toString(), ids);
        LOG.info("external meta blob path: {}\nexternal data blobs: {}", file, ids);
    }

    /** A bootstrap as the last section of a blob, which holds nothing else. */
    private static byte[] section(byte[] bootstrap) {
        var out = new ByteArrayOutputStream();
        out.writeBytes(bootstrap);
        out.writeBytes(new SectionHeader(SectionHeader.IMAGE_BOOT, bootstrap.length).toBytes());
        return out.toByteArray();
    }

    /** The same name with the extension {@code external}. */
    private static Path beside(Path bootstrap) {
        String name = String.valueOf(bootstrap.getFileName());
        int dot = name.lastIndexOf('.');
        return bootstrap.resolveSibling((dot > 0 ? name.substring(0, dot) : name) + ".external");
    }
}
