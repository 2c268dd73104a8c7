package dev.naiad.net.http;

import dev.naiad.base.error.ErrorKind;

/** The mapping between error kinds and HTTP status codes, and the reason phrases. */
public final class HttpStatus {
    private HttpStatus() {}

    /** The status a server answers for a failure of this kind. */
    public static int of(ErrorKind kind) {
        return switch (kind) {
            case INVALID_ARGUMENT -> 400;
            case UNAUTHENTICATED -> 401;
            case PERMISSION_DENIED -> 403;
            case NOT_FOUND -> 404;
            case CANCELLED -> 499;
            case ALREADY_EXISTS, ABORTED -> 409;
            case FAILED_PRECONDITION -> 412;
            case OUT_OF_RANGE -> 416;
            case RESOURCE_EXHAUSTED -> 429;
            case INTERNAL, DATA_LOSS -> 500;
            case UNIMPLEMENTED -> 501;
            case UNAVAILABLE -> 503;
            case DEADLINE_EXCEEDED -> 504;
            case NO_SPACE -> 507;
        };
    }

    /** The kind of failure that an answer with this status (300 and above) means to a client. */
    public static ErrorKind kindOf(int status) {
        return switch (status) {
            case 400, 405, 411, 413, 414, 415, 422, 431 -> ErrorKind.INVALID_ARGUMENT;
            case 401, 407 -> ErrorKind.UNAUTHENTICATED;
            case 403, 451 -> ErrorKind.PERMISSION_DENIED;
            case 404, 410 -> ErrorKind.NOT_FOUND;
            case 409 -> ErrorKind.ABORTED;
            case 412, 428 -> ErrorKind.FAILED_PRECONDITION;
            case 416 -> ErrorKind.OUT_OF_RANGE;
            case 408, 504 -> ErrorKind.DEADLINE_EXCEEDED;
            case 429 -> ErrorKind.RESOURCE_EXHAUSTED;
            case 499 -> ErrorKind.CANCELLED;
            case 501, 505 -> ErrorKind.UNIMPLEMENTED;
            case 507 -> ErrorKind.NO_SPACE;
            default -> status >= 500 ? ErrorKind.UNAVAILABLE : ErrorKind.FAILED_PRECONDITION;
        };
    }

    /** The reason phrase of RFC 9110; clients ignore it, people read it. */
    public static String reason(int status) {
        return switch (status) {
            case 100 -> "Continue";
            case 101 -> "Switching Protocols";
            case 200 -> "OK";
            case 201 -> "Created";
            case 202 -> "Accepted";
            case 204 -> "No Content";
            case 206 -> "Partial Content";
            case 301 -> "Moved Permanently";
            case 302 -> "Found";
            case 303 -> "See Other";
            case 304 -> "Not Modified";
            case 307 -> "Temporary Redirect";
            case 308 -> "Permanent Redirect";
            case 400 -> "Bad Request";
            case 401 -> "Unauthorized";
            case 403 -> "Forbidden";
            case 404 -> "Not Found";
            case 405 -> "Method Not Allowed";
            case 407 -> "Proxy Authentication Required";
            case 408 -> "Request Timeout";
            case 409 -> "Conflict";
            case 410 -> "Gone";
            case 411 -> "Length Required";
            case 412 -> "Precondition Failed";
            case 413 -> "Content Too Large";
            case 414 -> "URI Too Long";
            case 415 -> "Unsupported Media Type";
            case 416 -> "Range Not Satisfiable";
            case 417 -> "Expectation Failed";
            case 422 -> "Unprocessable Content";
            case 429 -> "Too Many Requests";
            case 431 -> "Request Header Fields Too Large";
            case 500 -> "Internal Server Error";
            case 501 -> "Not Implemented";
            case 502 -> "Bad Gateway";
            case 503 -> "Service Unavailable";
            case 504 -> "Gateway Timeout";
            case 505 -> "HTTP Version Not Supported";
            case 507 -> "Insufficient Storage";
            default -> "Status " + status;
        };
    }
}
