package dev.naiad.dfdaemon.config;

import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * Which requests of the proxy go to the swarm, and how their URL is changed before.
 *
 * @param regex searched in the URL without query
 * @param useTls asks the origin over https
 * @param redirect another host, with port if it is not the scheme's
 */
public record ProxyRule(
        Pattern regex,
        boolean useTls,
        Optional<String> redirect,
        List<String> filteredQueryParams) {
    public ProxyRule {
        filteredQueryParams = List.copyOf(filteredQueryParams);
    }

    public boolean matches(String urlWithoutQuery) {
        return regex.matcher(urlWithoutQuery).find();
    }
}
