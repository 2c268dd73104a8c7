package dev.naiad.acceleration.config;

import dev.naiad.base.config.ConfigNode;
import dev.naiad.builder.stargz.EstargzWriter.Compression;
import java.util.Optional;

/**
 * The keys of the driver that makes seekable OCI layers.
 *
 * @param dockerToOci whether media types of Docker become OCI's
 */
public record EstargzDriver(boolean dockerToOci, Compression compression) {
    static final String NAME = "estargz";

    /** Empty if the configuration names another driver. */
    static Optional<EstargzDriver> parse(ConfigNode driver, Scalars in) {
        if (!in.text(driver.get("type"), "").equals(NAME)) {
            return Optional.empty();
        }
        ConfigNode config = driver.get("config");
        in.known(driver, "type", "config");
        in.known(config, "docker2oci", "compression");
        ConfigNode compression = config.get("compression");
        String word = in.text(compression, NAME);
        var chosen =
                switch (word) {
                    case NAME -> Compression.GZIP;
                    case "zstdchunked" -> Compression.ZSTD;
                    default -> {
                        in.problems()
                                .add(
                                        compression,
                                        "\"" + word + "\" is none of estargz, zstdchunked");
                        yield Compression.GZIP;
                    }
                };
        return Optional.of(new EstargzDriver(in.flag(config.get("docker2oci")), chosen));
    }
}
