package dev.naiad.backend.registry;

import dev.naiad.backend.ReadPriority;
import dev.naiad.backend.connection.Attempt;
import dev.naiad.base.bytes.Digest;
import dev.naiad.base.concurrent.Deadline;
import dev.naiad.base.error.ErrorKind;
import dev.naiad.base.error.NaiadException;
import dev.naiad.net.client.HttpRequest;
import dev.naiad.net.client.RequestBody;
import dev.naiad.net.http.BodyWriter;
import dev.naiad.net.http.HttpUrl;
import java.io.IOException;
import java.time.Duration;

/**
 * An upload in pieces. A piece that broke off is continued where the registry says it stopped, if
 * the registry still knows the upload. For one thread.
 */
public final class BlobUpload {
    private final RegistryRepository repository;
    private final Deadline deadline;
    private HttpUrl location;
    private long offset;
    private boolean uncertain;
    private String broke = ""; // why we do not know what the registry has
    private boolean ended;

    BlobUpload(RegistryRepository repository, HttpUrl location, Deadline deadline) {
        this.repository = repository;
        this.location = location;
        this.deadline = deadline;
    }

    /** Bytes that the registry has. */
    public long offset() {
        return offset;
    }

    /** Sends the next bytes; they must stay unchanged during the call. */
    public void append(byte[] bytes, int from, int length) {
        long begin = offset;
        repository.run(
                what(),
                deadline,
                attempt -> {
                    if (uncertain) {
                        ask(attempt);
                    }
                    long done = offset - begin;
                    if (done < 0 || done > length) {
                        throw lost("the registry has " + offset + " bytes, expected " + begin);
                    }
                    if (done < length) {
                        patch(bytes, from + (int) done, length - (int) done, attempt);
                    }
                    return true;
                });
    }

    private void patch(byte[] bytes, int from, int length, Attempt attempt) {
        var request =
                HttpRequest.of("PATCH", location)
                        .with("Content-Type", "application/octet-stream")
                        .with("Content-Range", offset + "-" + (offset + length - 1))
                        .withBody(slice(bytes, from, length));
        uncertain = true;
        try (var response = repository.authorized(request, attempt)) {
            if (response.status() != 202) {
                NaiadException failure = response.failure();
                throw response.status() == 404 || response.status() == 400
                        ? lost(failure.what())
                        : failure;
            }
            location = repository.location(response);
        } catch (NaiadException e) {
            broke = e.what();
            throw e;
        }
        offset += length;
        uncertain = false;
    }

    /** How much has arrived. */
    private void ask(Attempt attempt) {
        try (var response = repository.authorized(HttpRequest.get(location), attempt)) {
            if (response.status() != 204) {
                throw lost(
                        "asked for the state of the upload: "
                                + response.describe()
                                + "; it had broken off: "
                                + broke);
            }
            String range = response.headers().first("Range").orElse("");
            int dash = range.indexOf('-');
            String last = range.substring(dash + 1);
            if (dash < 0 || !last.matches("[0-9]{1,18}")) {
                throw lost("state of the upload has no Range");
            }
            // compat: docker-registry says 0-0 for nothing as well as for one byte; we never send
            // one byte first.
            offset = last.equals("0") ? 0 : Long.parseLong(last) + 1;
            location = repository.location(response);
        }
        uncertain = false;
    }

    /** FAILED_PRECONDITION is not repeated here: only the whole upload can be. */
    private NaiadException lost(String why) {
        return new NaiadException(
                ErrorKind.FAILED_PRECONDITION, what() + ": the upload is lost: " + why);
    }

    /** Ends the upload: from now on the blob is there. */
    public void commit(Digest digest) {
        repository.run(
                what(),
                deadline,
                attempt -> {
                    if (uncertain && repository.hasBlob(digest, deadline)) {
                        return true; // only the answer was lost
                    }
                    uncertain = true;
                    var request =
                            HttpRequest.of("PUT", RegistryRepository.withDigest(location, digest))
                                    .with("Content-Type", "application/octet-stream");
                    try (var response = repository.authorized(request, attempt)) {
                        if (response.status() != 201) {
                            throw response.failure();
                        }
                        return true;
                    }
                });
        ended = true;
    }

    /** Gives the upload up, unless it is committed. */
    public void cancel() {
        if (!ended) {
            ended = true;
            repository.cancel(
                    location,
                    Attempt.first(ReadPriority.USER, Deadline.after(Duration.ofSeconds(10))));
        }
    }

    private String what() {
        return "upload to " + repository.name();
    }

    /** Part of an array as a request's body. */
    private static RequestBody slice(byte[] bytes, int from, int count) {
        return new RequestBody() {
            @Override
            public long length() {
                return count;
            }

            @Override
            public void writeTo(BodyWriter out) throws IOException {
                out.write(bytes, from, count);
            }
        };
    }
}
