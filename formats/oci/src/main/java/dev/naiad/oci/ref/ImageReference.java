package dev.naiad.oci.ref;

import dev.naiad.base.bytes.Digest;
import dev.naiad.base.error.ErrorKind;
import dev.naiad.base.error.NaiadException;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * An image reference in full form: what {@code alpine} means is {@code
 * docker.io/library/alpine:latest}.
 *
 * @param domain registry host, with port if one was given
 * @param path repository within the registry
 */
public record ImageReference(
        String domain, String path, Optional<String> tag, Optional<Digest> digest) {
    private static final String DOCKER_DOMAIN = "docker.io";
    private static final int MAX_NAME = 255;

    private static final Pattern DOMAIN =
            Pattern.compile(
                    "(?:(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])"
                            + "(?:\\.(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9]))*"
                            + "|\\[[a-fA-F0-9:]+\\])(?::[0-9]+)?");
    private static final Pattern PATH =
            Pattern.compile(
                    "[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*(?:/[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*)*");
    private static final Pattern TAG = Pattern.compile("[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}");
    private static final Pattern BARE_ID = Pattern.compile("[a-f0-9]{64}");

    public ImageReference {
        if (!DOMAIN.matcher(domain).matches()) {
            throw bad(domain + "/" + path, "\"" + domain + "\" is not a registry host");
        }
        if (!PATH.matcher(path).matches()) {
            throw bad(
                    domain + "/" + path,
                    "\"" + path + "\" is not a repository name (lower case only)");
        }
        if (domain.length() + 1 + path.length() > MAX_NAME) {
            throw bad(path, "name is longer than " + MAX_NAME + " characters");
        }
        if (tag.isPresent() && !TAG.matcher(tag.get()).matches()) {
            throw bad(domain + "/" + path, "\"" + tag.get() + "\" is not a tag");
        }
    }

    /**
     * Reads a reference and fills in docker.io, library and, without tag and digest, {@code
     * latest}.
     */
    public static ImageReference parse(String text) {
        ImageReference named = parseNamed(text);
        if (named.tag.isEmpty() && named.digest.isEmpty()) {
            return named.withTag("latest");
        }
        return named;
    }

    /** Reads a reference without inventing a tag. */
    public static ImageReference parseNamed(String text) {
        if (BARE_ID.matcher(text).matches()) {
            throw bad(text, "an image id is not a reference");
        }
        String rest = text;
        Optional<Digest> digest = Optional.empty();
        int at = rest.indexOf('@');
        if (at >= 0) {
            try {
                digest = Optional.of(Digest.parse(rest.substring(at + 1)));
            } catch (NaiadException e) {
                throw bad(text, "what follows @ is not a digest");
            }
            rest = rest.substring(0, at);
        }
        Optional<String> tag = Optional.empty();
        int colon = rest.lastIndexOf(':');
        if (colon > rest.lastIndexOf('/') && colon >= 0) {
            tag = Optional.of(rest.substring(colon + 1));
            rest = rest.substring(0, colon);
        }
        int slash = rest.indexOf('/');
        String first = slash < 0 ? "" : rest.substring(0, slash);
        boolean isDomain =
                first.indexOf('.') >= 0
                        || first.indexOf(':') >= 0
                        || first.equals("localhost")
                        || !first.equals(first.toLowerCase(java.util.Locale.ROOT));
        String domain = isDomain ? first : DOCKER_DOMAIN;
        String path = isDomain ? rest.substring(slash + 1) : rest;
        if (domain.equals("index.docker.io")) {
            domain = DOCKER_DOMAIN;
        }
        if (domain.equals(DOCKER_DOMAIN) && path.indexOf('/') < 0) {
            path = "library/" + path;
        }
        try {
            return new ImageReference(domain, path, tag, digest);
        } catch (NaiadException e) {
            throw bad(text, e.what().substring(e.what().indexOf(": ") + 2));
        }
    }

    public ImageReference withTag(String newTag) {
        return new ImageReference(domain, path, Optional.of(newTag), digest);
    }

    /** By digest alone. */
    public ImageReference withDigest(Digest newDigest) {
        return new ImageReference(domain, path, Optional.empty(), Optional.of(newDigest));
    }

    /** The host that answers {@code /v2/}: docker.io is only a name. */
    public String registryHost() {
        return domain.equals(DOCKER_DOMAIN) ? "registry-1.docker.io" : domain;
    }

    /** The part behind {@code manifests/}: the digest if there is one, else the tag. */
    public String manifestKey() {
        return digest.map(Digest::toString).or(() -> tag).orElse("latest");
    }

    /** Domain and path. */
    public String name() {
        return domain + "/" + path;
    }

    /** The full form, which parses to an equal reference. */
    @Override
    public String toString() {
        return name() + tag.map(t -> ":" + t).orElse("") + digest.map(d -> "@" + d).orElse("");
    }

    private static NaiadException bad(String text, String why) {
        return new NaiadException(
                ErrorKind.INVALID_ARGUMENT, "image reference \"" + text + "\": " + why);
    }
}
