package dev.naiad.dragonfly;

import dev.naiad.dragonfly.api.common.Download;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The 64 characters under which a download is shared. All peers must compute the same id for the
 * same request, or they do not share; docs/protocols/dragonfly.md has the vectors.
 */
public final class TaskIds {
    private static final Pattern BLOB_URL =
            Pattern.compile("^(.*)://(.*)/v2/(.*)/blobs/([^?]+)(?:\\?.*)?$");
    private static final Pattern SHA256 = Pattern.compile("sha256:([0-9a-f]{64})");

    private TaskIds() {}

    /** What goes into the id of a URL besides the URL itself; absent parts contribute nothing. */
    public record UrlInputs(
            String tag, String application, String revision, OptionalLong pieceLength) {
        public static final UrlInputs NONE = new UrlInputs("", "", "", OptionalLong.empty());
    }

    /** The id of {@code download}: of its content text, of its blob digest, or of its URL. */
    public static String of(Download download) {
        if (download.hasContentForCalculatingTaskId()) {
            return ofContent(download.getContentForCalculatingTaskId());
        }
        if (download.getEnableTaskIdBasedBlobDigest()) {
            Optional<String> blob = blobDigest(download.getUrl());
            if (blob.isPresent()) {
                return blob.get();
            }
        }
        String revision = "";
        if (download.hasHuggingFace()) {
            revision = download.getHuggingFace().getRevision();
        } else if (download.hasModelScope()) {
            revision = download.getModelScope().getRevision();
        }
        var inputs =
                new UrlInputs(
                        download.getTag(),
                        download.getApplication(),
                        revision,
                        download.hasPieceLength()
                                ? OptionalLong.of(download.getPieceLength())
                                : OptionalLong.empty());
        return ofUrl(download.getUrl(), download.getFilteredQueryParamsList(), inputs);
    }

    /**
     * The id of a URL: SHA-256 over the normalised URL without the filtered query parameters and
     * the inputs.
     *
     * @throws IllegalArgumentException if {@code url} is not an absolute URL
     */
    public static String ofUrl(String url, List<String> filteredQueryParams, UrlInputs inputs) {
        String text =
                UrlNormalizer.normalize(url, filteredQueryParams)
                        + inputs.tag()
                        + inputs.application()
                        + inputs.revision()
                        + (inputs.pieceLength().isPresent()
                                ? Long.toString(inputs.pieceLength().getAsLong())
                                : "")
                        + "STANDARD";
        return sha256(text.getBytes(StandardCharsets.UTF_8));
    }

    /** The id of a download whose caller names the content instead of the URL. */
    public static String ofContent(String content) {
        return sha256(content.getBytes(StandardCharsets.UTF_8));
    }

    /**
     * The hex of the SHA-256 digest in an OCI blob URL, which is the id when ids are based on blob
     * digests. Empty for every other URL; also for a SHA-512 digest, whose 128 characters the
     * Vortex request could not carry: its id is that of the URL.
     */
    public static Optional<String> blobDigest(String url) {
        Matcher blob = BLOB_URL.matcher(url);
        if (!blob.matches()) {
            return Optional.empty();
        }
        Matcher digest = SHA256.matcher(blob.group(4));
        return digest.matches() ? Optional.of(digest.group(1)) : Optional.empty();
    }

    /** Whether {@code id} can be a task id: 64 lower-case hexadecimal characters. */
    public static boolean isValid(String id) {
        if (id.length() != 64) {
            return false;
        }
        for (int i = 0; i < 64; i++) {
            char c = id.charAt(i);
            if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'))) {
                return false;
            }
        }
        return true;
    }

    private static String sha256(byte[] bytes) {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
        } catch (NoSuchAlgorithmException impossible) {
            throw new IllegalStateException(impossible);
        }
    }
}
