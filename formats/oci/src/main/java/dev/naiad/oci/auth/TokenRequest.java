package dev.naiad.oci.auth;

import dev.naiad.base.config.Secret;
import dev.naiad.base.error.ErrorKind;
import dev.naiad.base.error.NaiadException;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * A request to a token server. Secrets are only in the form and the header, never in the URL.
 *
 * @param method GET or POST
 * @param url with the query of a GET
 * @param authorization value of the Authorization header, or empty
 * @param form body of a POST, {@code application/x-www-form-urlencoded}
 */
public record TokenRequest(String method, String url, Secret authorization, Secret form) {

    /** Asks by GET, as the Docker token protocol wants it: anonymous, or with user and password. */
    public static TokenRequest get(
            Challenge challenge, String scope, Optional<Credential> credential, String clientId) {
        var query = new ArrayList<String>();
        add(query, "service", challenge.parameter("service"));
        for (String one : scope.split(" ", -1)) {
            add(query, "scope", one);
        }
        add(query, "client_id", clientId);
        Secret authorization =
                credential.orElse(null) instanceof Credential.Basic basic
                        ? Secret.of("Basic " + basic.encoded().reveal())
                        : Secret.of("");
        String realm = realm(challenge);
        String separator = realm.indexOf('?') < 0 ? "?" : "&";
        return new TokenRequest(
                "GET", realm + separator + String.join("&", query), authorization, Secret.of(""));
    }

    /** Asks by POST, as OAuth2 wants it: with an identity token, or with user and password. */
    public static TokenRequest post(
            Challenge challenge, String scope, Credential credential, String clientId) {
        var form = new ArrayList<String>();
        switch (credential) {
            case Credential.IdentityToken(var token) -> {
                add(form, "grant_type", "refresh_token");
                add(form, "refresh_token", token.reveal());
            }
            case Credential.Basic(var user, var password) -> {
                add(form, "grant_type", "password");
                add(form, "username", user);
                add(form, "password", password.reveal());
            }
            case Credential.RegistryToken ignored ->
                    throw new NaiadException(
                            ErrorKind.INVALID_ARGUMENT, "a registry token is not exchanged");
        }
        add(form, "service", challenge.parameter("service"));
        add(form, "scope", scope);
        add(form, "client_id", clientId);
        return new TokenRequest(
                "POST", realm(challenge), Secret.of(""), Secret.of(String.join("&", form)));
    }

    private static String realm(Challenge challenge) {
        String realm = challenge.parameter("realm");
        if (!realm.startsWith("https://") && !realm.startsWith("http://")) {
            throw new NaiadException(
                    ErrorKind.UNAUTHENTICATED, "challenge names no realm to get a token from");
        }
        return realm;
    }

    private static void add(List<String> pairs, String name, String value) {
        if (!value.isEmpty()) {
            pairs.add(name + "=" + URLEncoder.encode(value, StandardCharsets.UTF_8));
        }
    }
}
