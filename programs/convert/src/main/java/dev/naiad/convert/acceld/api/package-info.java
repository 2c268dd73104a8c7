/** acceld's REST API. docs/protocols/acceld-api.md */
@NullMarked
package dev.naiad.convert.acceld.api;

import org.jspecify.annotations.NullMarked;
