package dev.naiad.backend.objectstore;

import dev.naiad.net.http.Headers;
import dev.naiad.net.server.HttpExchange;
import dev.naiad.net.server.HttpServer;
import dev.naiad.net.server.HttpServerConfig;
import dev.naiad.net.wire.Endpoint;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.Base64;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.regex.Pattern;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * As much of OSS as an upload and a download need, since no server that speaks it can be had: the
 * header signature, ranges and multipart uploads, as the public documentation describes them.
 */
final class FakeOss implements AutoCloseable {
    static final String BUCKET = "images";
    static final String KEY = "oss-secret";

    final Map<String, byte[]> objects = new ConcurrentSkipListMap<>();
    private final Map<String, Map<Integer, byte[]>> uploads = new ConcurrentSkipListMap<>();
    private final HttpServer server;

    FakeOss() {
        server =
                new HttpServer(
                        "oss",
                        Endpoint.tcp("127.0.0.1", 0),
                        HttpServerConfig.defaults(),
                        this::handle);
        server.start();
    }

    String config(String prefix) {
        return String.format(
                "{\"scheme\":\"http\",\"endpoint\":\"127.0.0.1:%d\",\"bucket_name\":\"%s\","
                        + "\"access_key_id\":\"oss-id\",\"access_key_secret\":\"%s\",\"object_prefix\":\"%s\"}",
                server.port(), BUCKET, KEY, prefix);
    }

    private void handle(HttpExchange exchange) throws IOException {
        String path = URLDecoder.decode(exchange.path(), StandardCharsets.UTF_8);
        byte[] body = exchange.body().readAll(64 << 20);
        if (!exchange.headers()
                .first("Authorization")
                .orElse("")
                .equals(expected(exchange, path))) {
            exchange.reply(
                    403, "application/xml", "<Error><Code>SignatureDoesNotMatch</Code></Error>");
            return;
        }
        var digest = exchange.headers().first("Content-MD5");
        if (digest.isPresent() && !digest.get().equals(md5(body))) {
            exchange.reply(400, "application/xml", "<Error><Code>InvalidDigest</Code></Error>");
            return;
        }
        answer(exchange, path.substring(BUCKET.length() + 2), body);
    }

    private void answer(HttpExchange exchange, String key, byte[] body) throws IOException {
        String upload = exchange.query("uploadId").orElse("");
        Map<Integer, byte[]> parts = uploads.getOrDefault(upload, new TreeMap<>());
        switch (exchange.method()) {
            case "PUT" -> {
                if (upload.isEmpty()) {
                    objects.put(key, body);
                } else {
                    parts.put(Integer.parseInt(exchange.query("partNumber").orElseThrow()), body);
                }
                exchange.reply(200, Headers.of("ETag", tag(body)), new byte[0]);
            }
            case "POST" -> {
                if (upload.isEmpty()) {
                    String id = "UP" + uploads.size() + "/+=";
                    uploads.put(
                            id,
                            new ConcurrentSkipListMap<>(
                                    Map.of(0, key.getBytes(StandardCharsets.UTF_8))));
                    xml(
                            exchange,
                            "<InitiateMultipartUploadResult><UploadId>"
                                    + id
                                    + "</UploadId></InitiateMultipartUploadResult>");
                } else {
                    complete(
                            exchange, key, upload, parts, new String(body, StandardCharsets.UTF_8));
                }
            }
            case "DELETE" -> {
                uploads.remove(upload);
                exchange.reply(204);
            }
            default -> get(exchange, key, upload, parts);
        }
    }

    private void complete(
            HttpExchange exchange,
            String key,
            String upload,
            Map<Integer, byte[]> parts,
            String body)
            throws IOException {
        var whole = new ByteArrayOutputStream();
        var each =
                Pattern.compile("<PartNumber>(\\d+)</PartNumber><ETag>([^<]*)</ETag>")
                        .matcher(body);
        while (each.find()) {
            byte[] part = parts.getOrDefault(Integer.parseInt(each.group(1)), new byte[0]);
            if (!each.group(2).equals(tag(part))) {
                exchange.reply(400, "application/xml", "<Error><Code>InvalidPart</Code></Error>");
                return;
            }
            whole.writeBytes(part);
        }
        objects.put(key, whole.toByteArray());
        uploads.remove(upload);
        xml(
                exchange,
                "<CompleteMultipartUploadResult><Key>k</Key></CompleteMultipartUploadResult>");
    }

    private void get(HttpExchange exchange, String key, String upload, Map<Integer, byte[]> parts)
            throws IOException {
        if (exchange.query("uploads").isPresent()) {
            var list = new StringBuilder("<ListMultipartUploadsResult>");
            uploads.forEach(
                    (id, each) ->
                            list.append("<Upload><Key>")
                                    .append(
                                            new String(
                                                    each.getOrDefault(0, new byte[0]),
                                                    StandardCharsets.UTF_8))
                                    .append("</Key><UploadId>")
                                    .append(id)
                                    .append("</UploadId></Upload>"));
            xml(exchange, list.append("</ListMultipartUploadsResult>").toString());
            return;
        }
        if (!upload.isEmpty()) {
            var list = new StringBuilder("<ListPartsResult><IsTruncated>false</IsTruncated>");
            parts.forEach(
                    (number, part) ->
                            list.append(
                                    number == 0
                                            ? ""
                                            : "<Part><PartNumber>"
                                                    + number
                                                    + "</PartNumber><ETag>"
                                                    + tag(part)
                                                    + "</ETag><Size>"
                                                    + part.length
                                                    + "</Size></Part>"));
            xml(exchange, list.append("</ListPartsResult>").toString());
            return;
        }
        byte[] object = objects.get(key);
        if (object == null) {
            exchange.reply(404);
            return;
        }
        var range =
                Pattern.compile("bytes=(\\d+)-(\\d*)")
                        .matcher(exchange.headers().first("Range").orElse(""));
        int from = range.matches() ? Integer.parseInt(range.group(1)) : 0;
        int to =
                range.matches() && !range.group(2).isEmpty()
                        ? Math.min(object.length, Integer.parseInt(range.group(2)) + 1)
                        : object.length;
        if (from >= to && object.length > 0) {
            exchange.reply(416);
        } else if (exchange.method().equals("HEAD")) {
            exchange.stream(200, Headers.EMPTY, object.length);
        } else if (range.matches()) {
            exchange.reply(
                    206,
                    Headers.of(
                            "Content-Range",
                            "bytes " + from + "-" + (to - 1) + "/" + object.length),
                    Arrays.copyOfRange(object, from, to));
        } else {
            exchange.reply(200, Headers.EMPTY, object);
        }
    }

    private static void xml(HttpExchange exchange, String text) throws IOException {
        exchange.reply(200, "application/xml", "<?xml version=\"1.0\"?>\n" + text);
    }

    /** The signature, put together apart from the signer under test. */
    private static String expected(HttpExchange exchange, String path) {
        var resource = new StringBuilder(path);
        char separator = '?';
        if (exchange.query("partNumber").isPresent()) {
            resource.append(separator)
                    .append("partNumber=")
                    .append(exchange.query("partNumber").get());
            separator = '&';
        }
        if (exchange.query("uploadId").isPresent()) {
            resource.append(separator).append("uploadId=").append(exchange.query("uploadId").get());
            separator = '&';
        }
        if (exchange.query("uploads").isPresent()) {
            resource.append(separator).append("uploads");
        }
        Headers headers = exchange.headers();
        String text =
                exchange.method()
                        + "\n"
                        + headers.first("Content-MD5").orElse("")
                        + "\n"
                        + headers.first("Content-Type").orElse("")
                        + "\n"
                        + headers.first("Date").orElse("")
                        + "\n"
                        + resource;
        try {
            var mac = Mac.getInstance("HmacSHA1");
            mac.init(new SecretKeySpec(KEY.getBytes(StandardCharsets.UTF_8), "HmacSHA1"));
            return "OSS oss-id:"
                    + Base64.getEncoder()
                            .encodeToString(mac.doFinal(text.getBytes(StandardCharsets.UTF_8)));
        } catch (GeneralSecurityException e) {
            throw new AssertionError(e);
        }
    }

    private static String md5(byte[] bytes) {
        try {
            return Base64.getEncoder()
                    .encodeToString(MessageDigest.getInstance("MD5").digest(bytes));
        } catch (GeneralSecurityException e) {
            throw new AssertionError(e);
        }
    }

    private static String tag(byte[] bytes) {
        return "\""
                + java.util.HexFormat.of()
                        .withUpperCase()
                        .formatHex(Base64.getDecoder().decode(md5(bytes)))
                + "\"";
    }

    @Override
    public void close() {
        server.close();
    }
}
