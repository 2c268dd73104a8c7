package dev.naiad.oci.auth;

import java.util.Optional;

/** Where credentials come from. Asked anew each time, so that renewed ones are seen. */
@FunctionalInterface
public interface Credentials {
    Credentials NONE = host -> Optional.empty();

    /**
     * Who to be at a registry.
     *
     * @param host registry host, with port unless it is the default, as in a reference
     */
    Optional<Credential> of(String host);

    /** The first source that knows the host. */
    default Credentials or(Credentials other) {
        return host -> {
            Optional<Credential> mine = of(host);
            return mine.isPresent() ? mine : other.of(host);
        };
    }
}
