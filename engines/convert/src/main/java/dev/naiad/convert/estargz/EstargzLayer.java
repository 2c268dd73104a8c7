package dev.naiad.convert.estargz;

import dev.naiad.base.bytes.Digest;
import dev.naiad.oci.image.Descriptor;

/**
 * A layer of the target.
 *
 * @param diffId of its archive
 */
record EstargzLayer(Descriptor descriptor, Digest diffId) {}
