package dev.naiad.convert.push;

import dev.naiad.oci.image.Descriptor;

/**
 * An image that is in its repository under its digest, but not under a tag yet.
 *
 * @param descriptor of the manifest, with the platform if an index gave it
 * @param size sum of config and layers
 */
@SuppressWarnings("ArrayRecordComponent") // handed over
public record PushedImage(Descriptor descriptor, String mediaType, byte[] manifest, long size) {}
