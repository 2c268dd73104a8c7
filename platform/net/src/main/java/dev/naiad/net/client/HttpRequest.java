package dev.naiad.net.client;

import dev.naiad.net.http.Headers;
import dev.naiad.net.http.HttpUrl;
import dev.naiad.net.wire.Endpoint;
import java.time.Duration;
import java.util.Optional;

/**
 * One request. Host, Content-Length, Transfer-Encoding and Connection are the client's business;
 * everything else is sent as it is here, in this order.
 *
 * @param over connects there instead of to the URL's host (unix sockets, fixed addresses); no proxy
 *     is used then
 * @param deadline for the whole exchange, the answer's body included; zero for none
 * @param readTimeout for each wait on the connection; zero takes the client's
 * @param connectTimeout zero takes the client's
 * @param direct no proxy, whatever the client's configuration says
 */
public record HttpRequest(
        String method,
        HttpUrl url,
        Headers headers,
        RequestBody body,
        Optional<Endpoint> over,
        Duration deadline,
        Duration readTimeout,
        Duration connectTimeout,
        boolean direct) {

    public static HttpRequest of(String method, HttpUrl url) {
        return new HttpRequest(
                method,
                url,
                Headers.EMPTY,
                RequestBody.NONE,
                Optional.empty(),
                Duration.ZERO,
                Duration.ZERO,
                Duration.ZERO,
                false);
    }

    public static HttpRequest get(HttpUrl url) {
        return of("GET", url);
    }

    public static HttpRequest get(String url) {
        return of("GET", HttpUrl.parse(url));
    }

    public static HttpRequest head(HttpUrl url) {
        return of("HEAD", url);
    }

    public HttpRequest withUrl(HttpUrl newUrl) {
        return new HttpRequest(
                method, newUrl, headers, body, over, deadline, readTimeout, connectTimeout, direct);
    }

    public HttpRequest withHeaders(Headers newHeaders) {
        return new HttpRequest(
                method, url, newHeaders, body, over, deadline, readTimeout, connectTimeout, direct);
    }

    /** Sets one field. */
    public HttpRequest with(String name, String value) {
        return withHeaders(headers.with(name, value));
    }

    public HttpRequest without(String name) {
        return withHeaders(headers.without(name));
    }

    public HttpRequest withBody(RequestBody newBody) {
        return new HttpRequest(
                method, url, headers, newBody, over, deadline, readTimeout, connectTimeout, direct);
    }

    public HttpRequest over(Endpoint endpoint) {
        return new HttpRequest(
                method,
                url,
                headers,
                body,
                Optional.of(endpoint),
                deadline,
                readTimeout,
                connectTimeout,
                direct);
    }

    public HttpRequest withDeadline(Duration total) {
        return new HttpRequest(
                method, url, headers, body, over, total, readTimeout, connectTimeout, direct);
    }

    public HttpRequest withTimeouts(Duration connect, Duration read) {
        return new HttpRequest(method, url, headers, body, over, deadline, read, connect, direct);
    }

    /** Goes around any proxy. */
    public HttpRequest withoutProxy() {
        return new HttpRequest(
                method, url, headers, body, over, deadline, readTimeout, connectTimeout, true);
    }

    /** Method and URL without query, for messages. */
    public String display() {
        return method + " " + url.display();
    }
}
