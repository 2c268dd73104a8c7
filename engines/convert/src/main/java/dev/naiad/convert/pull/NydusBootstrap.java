package dev.naiad.convert.pull;

import dev.naiad.base.concurrent.Deadline;
import dev.naiad.base.error.ErrorKind;
import dev.naiad.base.error.NaiadException;
import dev.naiad.convert.pull.SourceImage.PlatformImage;
import dev.naiad.oci.image.Platform;
import dev.naiad.rafs.Bootstrap;
import dev.naiad.rafs.reader.BootstrapReader;
import java.lang.foreign.MemorySegment;

/** A Nydus image of a source and its bootstrap. */
public record NydusBootstrap(PlatformImage image, Bootstrap bootstrap) {
    /**
     * Fetches it.
     *
     * @param key tag or digest
     * @param name for errors
     * @throws NaiadException FAILED_PRECONDITION if it is another kind of image
     */
    public static NydusBootstrap fetch(
            ImageSource source, String key, Platform platform, String name) {
        PlatformImage image =
                SourceImage.resolve(source, key, platform::accepts, Deadline.never())
                        .nydus()
                        .orElseThrow(
                                () ->
                                        new NaiadException(
                                                ErrorKind.FAILED_PRECONDITION,
                                                name
                                                        + " is not a Nydus image: its last layer is not a"
                                                        + " bootstrap"));
        byte[] bytes = BootstrapArchive.fetch(source, image, Deadline.never());
        return new NydusBootstrap(
                image, BootstrapReader.open(MemorySegment.ofArray(bytes), "bootstrap of " + name));
    }
}
