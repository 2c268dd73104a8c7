/**
 * Credentials of registries: Docker's configuration, challenges, tokens. The one home of
 * credentials.
 */
@NullMarked
package dev.naiad.oci.auth;

import org.jspecify.annotations.NullMarked;
