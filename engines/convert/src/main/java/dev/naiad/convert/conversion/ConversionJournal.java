package dev.naiad.convert.conversion;

import dev.naiad.base.bytes.Digest;
import dev.naiad.base.concurrent.Deadline;
import dev.naiad.base.error.ErrorKind;
import dev.naiad.base.error.NaiadException;
import dev.naiad.convert.push.BlobStore;
import dev.naiad.convert.remote.ConversionProgress;
import dev.naiad.convert.remote.Registries;
import dev.naiad.oci.image.Descriptor;
import dev.naiad.oci.image.MediaTypes;
import dev.naiad.oci.image.NydusAnnotations;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Which layers a conversion has stored, in a file of the working directory, so that one that was
 * killed goes on where it was: neither pulled nor sent again. A conversion that ends well removes
 * it. Without a directory that can be written to there is none, and nothing else changes.
 */
final class ConversionJournal {
    private static final Logger LOG = LoggerFactory.getLogger(ConversionJournal.class);
    private static final String OURS = "directory";

    private final Path directory;
    private final Path file;
    private final ConvertOptions options;
    private final Registries registries;
    private final Map<Digest, Descriptor> known = new ConcurrentHashMap<>();
    private boolean directoryIsOurs;

    private ConversionJournal(ConvertOptions options, Registries registries) {
        this.options = options;
        this.registries = registries;
        this.directory = options.workDir();
        // What is written depends on these alone.
        String key =
                String.join(
                        " ",
                        options.target().domain() + "/" + options.target().path(),
                        options.build().toString(),
                        options.dictionary().toString(),
                        Boolean.toString(options.verify()),
                        ConverterVersion.TEXT);
        String hash = Digest.sha256Of(key.getBytes(StandardCharsets.UTF_8)).hex();
        this.file = directory.resolve("layers-" + hash.substring(0, 16) + ".journal");
    }

    /** Reads what a killed run has left behind. */
    static ConversionJournal open(ConvertOptions options, Registries registries) {
        var journal = new ConversionJournal(options, registries);
        journal.directoryIsOurs = Files.notExists(journal.directory);
        if (Files.isRegularFile(journal.file)) {
            try {
                Files.readAllLines(journal.file).forEach(journal::read);
            } catch (IOException | NaiadException e) {
                LOG.warn("{} cannot be read and does not count: {}", journal.file, e.toString());
            }
        }
        return journal;
    }

    /** A line that was cut off by a kill or damaged is none. */
    private void read(String line) {
        String[] words = line.split(" ", -1);
        if (line.equals(OURS)) {
            directoryIsOurs = true;
        } else if (words.length == 4 && words[2].matches("[0-9]{1,18}") && words[3].equals(".")) {
            known.put(
                    Digest.parse(words[0]),
                    Descriptor.of(
                                    MediaTypes.NYDUS_BLOB,
                                    Digest.parse(words[1]),
                                    Long.parseLong(words[2]))
                            .withAnnotation(NydusAnnotations.BLOB, "true"));
        }
    }

    /** Looks layers up before they are converted, and notes them afterwards. */
    LayerConversion around(LayerConversion next, BlobStore target, ConversionProgress progress) {
        return (layer, diffId) -> {
            var found =
                    known.containsKey(layer.digest())
                            ? take(layer, target)
                            : Optional.<ConvertedLayer>empty();
            if (found.isPresent()) {
                progress.pulled(layer.size());
                return found.get();
            }
            var converted = next.convert(layer, diffId);
            note(layer, converted.descriptor());
            return converted;
        };
    }

    private Optional<ConvertedLayer> take(Descriptor layer, BlobStore target) {
        Descriptor blob = known.get(layer.digest());
        try (var source = registries.source(options.target(), options.targetInsecure())) {
            if (blob == null || !target.hasBlob(blob.digest(), Deadline.never())) {
                return Optional.empty();
            }
            var stored = StoredLayers.read(blob, source, options.build(), false);
            if (stored.isPresent()) {
                LOG.atInfo()
                        .addKeyValue("source", layer.digest())
                        .addKeyValue("target", blob.digest())
                        .log("layer is there since an interrupted run");
            }
            return stored;
        } catch (NaiadException e) {
            if (e.kind() == ErrorKind.CANCELLED) {
                throw e;
            }
            LOG.warn("layer {} is converted again: {}", layer.digest(), e.what());
            return Optional.empty();
        }
    }

    private synchronized void note(Descriptor layer, Descriptor converted) {
        try {
            Files.createDirectories(directory);
            if (Files.notExists(file) && directoryIsOurs) {
                append(OURS + "\n");
            }
            append(layer.digest() + " " + converted.digest() + " " + converted.size() + " .\n");
        } catch (IOException e) {
            LOG.debug("{} is not written: {}", file, e.toString());
        }
    }

    private void append(String line) throws IOException {
        Files.writeString(file, line, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
    }

    /** The image is there: nothing has to go on. */
    synchronized void done() {
        try {
            Files.deleteIfExists(file);
            if (directoryIsOurs) {
                Files.deleteIfExists(directory);
            }
        } catch (DirectoryNotEmptyException e) {
            LOG.debug("{} is kept: it is not empty", directory);
        } catch (IOException e) {
            LOG.warn("{} is left behind: {}", file, e.toString());
        }
    }
}
