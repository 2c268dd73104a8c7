/** What HTTP/1.1 client and server share: headers, URLs, ranges, body framing, status mapping. */
@NullMarked
package dev.naiad.net.http;

import org.jspecify.annotations.NullMarked;
