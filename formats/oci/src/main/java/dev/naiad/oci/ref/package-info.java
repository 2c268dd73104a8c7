/** Image references as people type them. */
@NullMarked
package dev.naiad.oci.ref;

import org.jspecify.annotations.NullMarked;
