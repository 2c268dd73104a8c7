package dev.naiad.nydusify.check;

import dev.naiad.base.cli.ProgramContext;
import dev.naiad.base.error.ErrorKind;
import dev.naiad.base.error.NaiadException;
import dev.naiad.builder.BuildOptions;
import dev.naiad.builder.LayerBuilder;
import dev.naiad.builder.tree.WhiteoutSpec;
import dev.naiad.nydusify.mount.ImageToMount;
import dev.naiad.nydusify.mount.MountedImage;
import dev.naiad.rafs.Bootstrap;
import dev.naiad.rafs.Compressor;
import dev.naiad.rafs.reader.BootstrapReader;
import java.io.IOException;
import java.io.OutputStream;
import java.lang.foreign.MemorySegment;
import java.nio.channels.Channels;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The tree as a container sees it: the image is mounted through nydusd and read to the last byte,
 * as a directory that an image is to be built of.
 */
final class MountRules {
    private static final Logger LOG = LoggerFactory.getLogger(MountRules.class);

    private final ProgramContext context;
    private final Path nydusd;
    private final Path work;

    private MountRules(ProgramContext context, Path nydusd, Path work) {
        this.context = context;
        this.nydusd = nydusd;
        this.work = work;
    }

    /**
     * Empty if nothing can be mounted here: without root, without /dev/fuse, without nydusd unless
     * one is named.
     */
    static Optional<MountRules> find(ProgramContext context, Optional<String> nydusd, Path work) {
        boolean named = nydusd.filter(text -> !text.isEmpty()).isPresent();
        if (!named && !(isRoot() && Files.isWritable(Path.of("/dev/fuse")))) {
            return Optional.empty();
        }
        try {
            return Optional.of(
                    new MountRules(context, MountedImage.findNydusd(context, nydusd), work));
        } catch (NaiadException e) {
            if (named || e.kind() != ErrorKind.NOT_FOUND) {
                throw e;
            }
            return Optional.empty();
        }
    }

    private static boolean isRoot() {
        try {
            return Integer.valueOf(0)
                    .equals(Files.getAttribute(Path.of("/proc/self/task"), "unix:uid"));
        } catch (IOException e) {
            return false;
        }
    }

    /** Compares what is mounted with the source. */
    long check(ImageToMount request, Bootstrap source, Bootstrap target)
            throws InterruptedException {
        try (var mounted = MountedImage.open(context, request, nydusd, work)) {
            LOG.info("mounted {} to compare it", request.reference());
            var options =
                    BuildOptions.forConversion()
                            .withCompressor(Compressor.NONE)
                            .withChunkSize(target.chunkSize())
                            .withDigester(target.digester())
                            .withWhiteouts(WhiteoutSpec.NONE);
            var built =
                    LayerBuilder.fromDirectory(
                            mounted.path(),
                            options,
                            Channels.newChannel(OutputStream.nullOutputStream()));
            Bootstrap seen =
                    BootstrapReader.open(MemorySegment.ofArray(built.bootstrap()), "the mount");
            return new TreeRules(source, seen).check(seen);
        }
    }
}
