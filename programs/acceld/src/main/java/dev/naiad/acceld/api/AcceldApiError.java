package dev.naiad.acceld.api;

import dev.naiad.base.config.JsonWriter;

/** A failure as the API tells it. Carries no trace: it is an answer. */
final class AcceldApiError extends Exception {
    private static final long serialVersionUID = 1;

    /** The codes and their statuses. */
    enum Code {
        ERR_ILLEGAL_PARAMETER(400),
        ERR_UNAUTHORIZED(401),
        ERR_INVALID_ENDPOINT(404),
        ERR_CONVERT_FAILED(500),
        ERR_UNHEALTHY(500);

        private final int status;

        Code(int status) {
            this.status = status;
        }
    }

    private final Code code;
    private final String text;

    AcceldApiError(Code code, String text) {
        super(code + ": " + text, null, false, false);
        this.code = code;
        this.text = text;
    }

    int status() {
        return code.status;
    }

    String json() {
        return JsonWriter.compact()
                .likeGo()
                .object()
                .put("code", code.name())
                .put("message", text)
                .end()
                .toString();
    }
}
