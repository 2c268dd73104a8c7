package dev.naiad.nydusd.api;

import dev.naiad.base.config.JsonWriter;
import dev.naiad.base.error.ErrorKind;
import dev.naiad.base.error.NaiadException;
import dev.naiad.nydusd.daemon.UnexpectedEventException;

/**
 * An error answer: status and text. The texts have the shape of the original's debug output,
 * because clients search them and the snapshotter shows them to people.
 */
final class NydusdApiError extends Exception {
    private static final long serialVersionUID = 1;

    private final int status;
    private final String text;

    NydusdApiError(int status, String text) {
        super(text);
        this.status = status;
        this.text = text;
    }

    int status() {
        return status;
    }

    String toJson() {
        return JsonWriter.compact()
                .object()
                .put("code", "UNDEFINED")
                .put("message", text)
                .end()
                .toString();
    }

    static NydusdApiError noRoute() {
        return new NydusdApiError(404, "NoRoute");
    }

    static NydusdApiError badRequest() {
        return new NydusdApiError(400, "BadRequest");
    }

    static NydusdApiError query(String parameter) {
        return new NydusdApiError(
                400, "QueryString(\"'" + parameter + "' should be specified in query string\")");
    }

    static NydusdApiError badMountpoint(int maxNameBytes) {
        return new NydusdApiError(
                400,
                "QueryString(\"'mountpoint' must be a path of names of at most "
                        + maxNameBytes
                        + " bytes, without '.' and '..'\")");
    }

    static NydusdApiError parseBody(String why) {
        return new NydusdApiError(400, "ParseBody(" + quoted(why) + ")");
    }

    /** A counter that is not there; scripts look for this text. */
    static NydusdApiError noCounter(String wrapper) {
        return new NydusdApiError(404, wrapper + "(Metrics(Stats(NoCounter)))");
    }

    static NydusdApiError payload(String wrapper) {
        return new NydusdApiError(500, wrapper + "(ResponsePayloadType)");
    }

    /**
     * What a failure of the daemon looks like.
     *
     * @param wrapper names the route
     * @param about {@code DaemonAbnormal} or {@code MountFilesystem}
     */
    static NydusdApiError of(String wrapper, String about, Throwable failure) {
        if (failure instanceof UnexpectedEventException unexpected) {
            return new NydusdApiError(
                    400,
                    wrap(wrapper, about, "UnexpectedEvent(" + quoted(unexpected.event()) + ")"));
        }
        var kind = failure instanceof NaiadException known ? known.kind() : ErrorKind.INTERNAL;
        if (kind == ErrorKind.UNIMPLEMENTED) {
            return new NydusdApiError(501, wrap(wrapper, about, "Unsupported"));
        }
        return new NydusdApiError(
                500, wrap(wrapper, about, "Other(" + quoted(NaiadException.chain(failure)) + ")"));
    }

    private static String wrap(String wrapper, String about, String kind) {
        return wrapper + "(" + about + "(" + kind + "))";
    }

    /** As Rust prints a string for debugging. */
    private static String quoted(String text) {
        return "\"" + text.replace("\\", "\\\\").replace("\"", "\\\"").replace("\n", "\\n") + "\"";
    }
}
