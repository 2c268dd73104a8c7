package dev.naiad.net.http;

import java.io.IOException;

/** The other side does not speak HTTP/1.1 as we accept it. */
public final class MalformedHttpException extends IOException {
    private static final long serialVersionUID = 1;

    private final int status;

    public MalformedHttpException(int status, String message) {
        super(message);
        this.status = status;
    }

    /** What a server answers to such a request. */
    public int status() {
        return status;
    }
}
