package dev.naiad.acceleration.engine;

import dev.naiad.oci.ref.ImageReference;
import java.io.IOException;

/** What one of the drivers makes of images. For several threads. */
public sealed interface DriverConversion extends ImageConversion
        permits NydusConversion, SeekableConversion {
    @Override
    Outcome convert(ImageReference source) throws IOException, InterruptedException;
}
