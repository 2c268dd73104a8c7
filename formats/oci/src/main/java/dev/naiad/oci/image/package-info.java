/** Descriptors, manifests, indexes and image configurations, OCI and Docker. */
@NullMarked
package dev.naiad.oci.image;

import org.jspecify.annotations.NullMarked;
