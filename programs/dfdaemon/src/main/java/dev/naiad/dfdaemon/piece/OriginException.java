package dev.naiad.dfdaemon.piece;

import dev.naiad.base.error.NaiadException;
import dev.naiad.net.http.Headers;
import dev.naiad.net.http.HttpStatus;

/** The origin answered, but not with content: its status and headers go to the caller. */
public final class OriginException extends NaiadException {
    private final int status;
    private final Headers headers;

    public OriginException(int status, Headers headers, String what) {
        super(HttpStatus.kindOf(status), what);
        this.status = status;
        this.headers = headers;
    }

    public int status() {
        return status;
    }

    public Headers headers() {
        return headers;
    }
}
