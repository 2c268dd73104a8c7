package dev.naiad.dfdaemon.config;

import dev.naiad.base.config.ConfigNode;
import dev.naiad.base.config.Problems;
import dev.naiad.base.config.Secret;
import dev.naiad.base.error.NaiadException;
import dev.naiad.dragonfly.FilteredQueryParams;
import dev.naiad.net.http.HttpUrl;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;

/**
 * Section {@code proxy}.
 *
 * @param requestRateLimit requests a second
 * @param registry where requests go that name no host of their own
 * @param blobDigestIds whether the id of a registry blob is its digest
 * @param rangedReadFromSource {@code rangedRead: source}, the original's way; ours is {@code p2p}
 */
public record ProxyConfig(
        Listen server,
        long requestRateLimit,
        Optional<BasicAuth> basicAuth,
        List<ProxyRule> rules,
        HttpUrl registry,
        Optional<String> registryCert,
        boolean blobDigestIds,
        boolean disableBackToSource,
        boolean prefetch,
        long prefetchBandwidth,
        boolean rangedReadFromSource) {
    public ProxyConfig {
        rules = List.copyOf(rules);
    }

    /** Credentials that every request has to carry. */
    public record BasicAuth(String username, Secret password) {}

    static ProxyConfig parse(ConfigNode node, Problems problems) {
        ConfigNode mirror = node.get("registryMirror");
        return new ProxyConfig(
                Values.listen(node.get("server"), "port", 4001, problems),
                node.at("server", "requestRateLimit").integer(problems, 4000, 1, Long.MAX_VALUE),
                basicAuth(node.at("server", "basicAuth"), problems),
                rules(node.get("rules"), problems),
                registry(mirror.get("addr"), problems),
                mirror.get("cert").optionalString(problems),
                mirror.get("enableTaskIDBasedBlobDigest").bool(problems, false),
                node.get("disableBackToSource").bool(problems, false),
                node.get("prefetch").bool(problems, false),
                Values.rate(node.get("prefetchBandwidthLimit"), problems, 10_000_000_000L),
                node.get("rangedRead")
                        .choice(problems, Map.of("p2p", false, "source", true), false));
    }

    private static Optional<BasicAuth> basicAuth(ConfigNode node, Problems problems) {
        if (!node.isPresent()) {
            return Optional.empty();
        }
        String user = node.get("username").requiredString(problems);
        Secret password = node.get("password").secret(problems);
        if (password.isEmpty()) {
            problems.add(node, "username without password");
        }
        return Optional.of(new BasicAuth(user, password));
    }

    private static List<ProxyRule> rules(ConfigNode node, Problems problems) {
        var rules = new ArrayList<ProxyRule>();
        for (ConfigNode item : node.items()) {
            List<String> filtered = item.get("filteredQueryParams").strings(problems);
            rules.add(
                    new ProxyRule(
                            regex(item.get("regex"), problems),
                            item.get("useTLS").bool(problems, false),
                            item.get("redirect")
                                    .optionalString(problems)
                                    .filter(text -> !text.isEmpty()),
                            item.has("filteredQueryParams")
                                    ? filtered
                                    : FilteredQueryParams.DEFAULT));
        }
        return rules;
    }

    private static Pattern regex(ConfigNode node, Problems problems) {
        String text = node.string(problems, ".*");
        try {
            return Pattern.compile(text);
        } catch (PatternSyntaxException e) {
            problems.add(node, text + " is not a regular expression: " + e.getDescription());
            return Pattern.compile(".*");
        }
    }

    private static HttpUrl registry(ConfigNode node, Problems problems) {
        String text = node.string(problems, "https://index.docker.io");
        try {
            return HttpUrl.parse(text);
        } catch (NaiadException e) {
            problems.add(node, e.what());
            return HttpUrl.parse("https://index.docker.io");
        }
    }
}
