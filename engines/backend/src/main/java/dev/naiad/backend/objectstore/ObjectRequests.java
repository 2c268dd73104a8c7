package dev.naiad.backend.objectstore;

import dev.naiad.backend.ReadPriority;
import dev.naiad.backend.config.BackendConfig.Kind;
import dev.naiad.backend.connection.Attempt;
import dev.naiad.backend.connection.Connection;
import dev.naiad.backend.remote.Retries;
import dev.naiad.backend.store.Content;
import dev.naiad.base.bytes.Digest;
import dev.naiad.base.concurrent.Deadline;
import dev.naiad.base.error.ErrorKind;
import dev.naiad.base.error.NaiadException;
import dev.naiad.net.client.HttpRequest;
import dev.naiad.net.client.HttpResponse;
import dev.naiad.net.client.RequestBody;
import dev.naiad.net.http.HttpUrl;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.SortedMap;

/**
 * The requests of an upload, which S3 and OSS share but for signatures. They go to the store
 * itself: what a peer-to-peer proxy is for is reading.
 */
final class ObjectRequests {
    private static final int MAX_ANSWER_BYTES = 4 << 20;

    /** Putting thousands of parts together takes a store minutes. */
    private static final Duration COMPLETION = Duration.ofMinutes(10);

    private final Bucket bucket;
    private final Connection connection;
    private final Retries retries;

    ObjectRequests(Bucket bucket, Connection connection, Retries retries) {
        this.bucket = bucket;
        this.connection = connection;
        this.retries = retries;
    }

    /** A part that a store has. */
    record Stored(String tag, long size) {}

    OptionalLong size(String name, Deadline deadline) {
        return run(
                name,
                deadline,
                attempt -> {
                    try (var response = ask(HttpRequest.head(bucket.object(name)), attempt)) {
                        if (response.status() == 404) {
                            return OptionalLong.empty();
                        }
                        return OptionalLong.of(
                                Long.parseLong(
                                        checked(response)
                                                .headers()
                                                .first("Content-Length")
                                                .orElse("-1")));
                    }
                });
    }

    /** Stores an object in one request. */
    void put(String name, Content content, Deadline deadline) {
        var part = digests(name, content, 0, content.size());
        run(
                name,
                deadline,
                attempt -> {
                    try (var response = send(bucket.object(name), part, attempt)) {
                        var _ = checked(response);
                        return true;
                    }
                });
    }

    String begin(String name, Deadline deadline) {
        HttpUrl url = bucket.object(name).withQuery("uploads");
        ObjectXml answer = xml(name, HttpRequest.of("POST", url), deadline);
        String id = answer.field("UploadId");
        if (id.isEmpty()) {
            throw new NaiadException(
                    ErrorKind.UNAVAILABLE, describe(name) + ": the store began no upload");
        }
        return id;
    }

    /** The newest unfinished upload of that name. */
    Optional<String> unfinished(String name, Deadline deadline) {
        String key = bucket.key(name);
        HttpUrl url =
                bucket.bucket()
                        .withQuery("uploads")
                        .withQuery("prefix=" + Bucket.encode(key, false));
        return xml(name, HttpRequest.get(url), deadline).list("Upload").stream()
                .filter(upload -> key.equals(upload.get("Key")))
                .max((a, b) -> initiated(a).compareTo(initiated(b)))
                .map(upload -> upload.getOrDefault("UploadId", ""))
                .filter(id -> !id.isEmpty());
    }

    private static String initiated(Map<String, String> upload) {
        return upload.getOrDefault("Initiated", "");
    }

    /** The parts of an upload that have arrived. */
    Map<Integer, Stored> parts(String name, String upload, Deadline deadline) {
        var found = new HashMap<Integer, Stored>();
        String marker = "";
        while (true) {
            HttpUrl url = bucket.object(name).withQuery("uploadId=" + Bucket.encode(upload, false));
            if (!marker.isEmpty()) {
                url = url.withQuery("part-number-marker=" + Bucket.encode(marker, false));
            }
            ObjectXml answer = xml(name, HttpRequest.get(url), deadline);
            for (var part : answer.list("Part")) {
                found.put(
                        number(name, part.get("PartNumber")),
                        new Stored(
                                part.getOrDefault("ETag", ""),
                                number(name, part.getOrDefault("Size", "0"))));
            }
            String next = answer.field("NextPartNumberMarker");
            if (!answer.field("IsTruncated").equals("true") || next.equals(marker)) {
                return found;
            }
            marker = next;
        }
    }

    private int number(String name, @org.jspecify.annotations.Nullable String text) {
        try {
            return Integer.parseInt(String.valueOf(text));
        } catch (NumberFormatException e) {
            throw new NaiadException(
                    ErrorKind.UNAVAILABLE,
                    describe(name) + ": the store's list of parts has \"" + text + "\"",
                    e);
        }
    }

    /** Sends a part; gives the store's tag of it. */
    String putPart(String name, String upload, int number, PartDigests part, Deadline deadline) {
        HttpUrl url =
                bucket.object(name)
                        .withQuery("partNumber=" + number)
                        .withQuery("uploadId=" + Bucket.encode(upload, false));
        return run(
                name,
                deadline,
                attempt -> {
                    try (var response = send(url, part, attempt)) {
                        return checked(response)
                                .headers()
                                .first("ETag")
                                .orElseThrow(
                                        () ->
                                                new NaiadException(
                                                        ErrorKind.UNAVAILABLE,
                                                        describe(name)
                                                                + ": part "
                                                                + number
                                                                + " got no ETag"));
                    }
                });
    }

    void complete(String name, String upload, SortedMap<Integer, String> tags, Deadline deadline) {
        var text = new StringBuilder("<CompleteMultipartUpload>");
        tags.forEach(
                (number, tag) ->
                        text.append("<Part><PartNumber>")
                                .append(number)
                                .append("</PartNumber><ETag>")
                                .append(tag.replace("&", "&amp;").replace("<", "&lt;"))
                                .append("</ETag></Part>"));
        byte[] body =
                text.append("</CompleteMultipartUpload>")
                        .toString()
                        .getBytes(java.nio.charset.StandardCharsets.UTF_8);
        HttpUrl url = bucket.object(name).withQuery("uploadId=" + Bucket.encode(upload, false));
        HttpRequest request =
                HttpRequest.of("POST", url)
                        .with("Content-Type", "application/xml")
                        .withBody(RequestBody.of(body))
                        .withTimeouts(Duration.ZERO, COMPLETION);
        String sha256 = Digest.sha256Of(body).hex();
        run(
                name,
                deadline,
                attempt -> {
                    try (var response = send(bucket.sign(request, sha256), attempt)) {
                        var answer =
                                ObjectXml.parse(
                                        describe(name),
                                        checked(response).body().readAll(MAX_ANSWER_BYTES));
                        // A store that fails while it works has sent its 200 long ago.
                        if (answer.root().equals("Error")) {
                            throw new NaiadException(
                                    ErrorKind.UNAVAILABLE,
                                    describe(name)
                                            + ": "
                                            + answer.field("Code")
                                            + ": "
                                            + answer.field("Message"));
                        }
                        return true;
                    }
                });
    }

    void abort(String name, String upload, Deadline deadline) {
        HttpUrl url = bucket.object(name).withQuery("uploadId=" + Bucket.encode(upload, false));
        run(
                name,
                deadline,
                attempt -> {
                    try (var response = ask(HttpRequest.of("DELETE", url), attempt)) {
                        var _ = checked(response);
                        return true;
                    }
                });
    }

    String describe(String name) {
        return "object " + bucket.object(name).display();
    }

    PartDigests digests(String name, Content content, long offset, long length) {
        try {
            return PartDigests.of(content, offset, length);
        } catch (IOException e) {
            throw new NaiadException(
                    ErrorKind.DATA_LOSS, describe(name) + ": cannot read its content: " + e, e);
        }
    }

    private ObjectXml xml(String name, HttpRequest request, Deadline deadline) {
        return run(
                name,
                deadline,
                attempt -> {
                    try (var response = ask(request, attempt)) {
                        return ObjectXml.parse(
                                describe(name), checked(response).body().readAll(MAX_ANSWER_BYTES));
                    }
                });
    }

    private HttpResponse send(HttpUrl url, PartDigests part, Attempt attempt) {
        HttpRequest request =
                HttpRequest.of("PUT", url)
                        .with("Content-Type", "application/octet-stream")
                        .withBody(part.body());
        if (bucket.kind() == Kind.OSS) {
            request = request.with("Content-MD5", part.md5Base64());
        }
        return send(bucket.sign(request, part.sha256()), attempt);
    }

    private HttpResponse ask(HttpRequest request, Attempt attempt) {
        return send(bucket.sign(request), attempt);
    }

    private HttpResponse send(HttpRequest signed, Attempt attempt) {
        return connection.callOrigin(signed, attempt).response();
    }

    private static HttpResponse checked(HttpResponse response) {
        if (!response.ok()) {
            throw response.failure();
        }
        return response;
    }

    private <T> T run(String name, Deadline deadline, Retries.Action<T> action) {
        return retries.run(describe(name), ReadPriority.USER, deadline, action);
    }

    /** For a caller that counts. */
    static List<Long> offsets(long size, long partBytes) {
        var offsets = new ArrayList<Long>();
        for (long at = 0; at < size; at += partBytes) {
            offsets.add(at);
        }
        return offsets;
    }
}
