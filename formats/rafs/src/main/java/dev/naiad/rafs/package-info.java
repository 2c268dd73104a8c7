/**
 * The vocabulary of RAFS images: what a bootstrap (metadata file) says about a file tree and about
 * the blobs that hold its data, the same for both generations of the format.
 * docs/formats/rafs-v6.md, docs/formats/rafs-v5.md, docs/formats/blob.md.
 */
@NullMarked
package dev.naiad.rafs;

import org.jspecify.annotations.NullMarked;
