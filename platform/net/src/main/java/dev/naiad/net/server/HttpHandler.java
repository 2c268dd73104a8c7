package dev.naiad.net.server;

/** Answers requests; called on a virtual thread of its own connection, so it may block. */
@FunctionalInterface
public interface HttpHandler {
    /**
     * Replies through the exchange, once. A {@link dev.naiad.base.error.NaiadException} thrown
     * before the reply becomes the status of its kind with its message as text; any other exception
     * becomes 500. After the reply has begun an exception closes the connection, so that the answer
     * cannot look complete.
     */
    void handle(HttpExchange exchange) throws Exception;
}
