/** acceld's REST API. docs/protocols/acceld-api.md */
@NullMarked
package dev.naiad.acceld.api;

import org.jspecify.annotations.NullMarked;
