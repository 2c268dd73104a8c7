/** What the commands share to speak to registries: who is spoken to how, and how far it is. */
@NullMarked
package dev.naiad.convert.remote;

import org.jspecify.annotations.NullMarked;
