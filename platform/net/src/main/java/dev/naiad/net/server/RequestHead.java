package dev.naiad.net.server;

import dev.naiad.net.http.HeadReader;
import dev.naiad.net.http.Headers;
import dev.naiad.net.http.MalformedHttpException;
import dev.naiad.net.wire.WireReader;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** Request line and fields. */
record RequestHead(String method, String target, Headers headers, boolean http10) {

    /** The next request; null if the client has closed the connection instead. */
    static @Nullable RequestHead read(WireReader in, int maxBytes) throws IOException {
        String line = HeadReader.startLine(in, maxBytes);
        if (line == null) {
            return null;
        }
        int first = line.indexOf(' ');
        int last = line.lastIndexOf(' ');
        if (first <= 0 || last <= first + 1) {
            throw new MalformedHttpException(400, "request line is malformed");
        }
        String method = line.substring(0, first);
        String target = line.substring(first + 1, last);
        String version = line.substring(last + 1);
        if (!method.chars().allMatch(c -> c >= 'A' && c <= 'Z')
                || target.chars().anyMatch(c -> c <= ' ' || c == 127)) {
            throw new MalformedHttpException(400, "request line is malformed");
        }
        boolean http10 = version.equals("HTTP/1.0");
        if (!http10 && !version.equals("HTTP/1.1")) {
            throw new MalformedHttpException(505, "HTTP version is not supported");
        }
        Headers headers = HeadReader.fields(in, maxBytes);
        int hosts = headers.all("Host").size();
        if (hosts > 1) {
            throw new MalformedHttpException(400, "several Host fields");
        }
        return new RequestHead(method, target, headers, http10);
    }
}
