package dev.naiad.convert.remote;

import dev.naiad.base.cli.Option;
import java.util.List;

/** The flags about registries that the commands of nydusify share. */
public final class RegistryFlags {
    private RegistryFlags() {}

    /** Whose certificates are not verified. */
    public static List<Option> insecure() {
        return List.of(
                Option.flag(
                                "source-insecure",
                                "Skip verifying server certs for HTTPS source registry")
                        .env("SOURCE_INSECURE"),
                Option.flag(
                                "target-insecure",
                                "Skip verifying server certs for HTTPS target registry")
                        .env("TARGET_INSECURE"));
    }

    /** How often a push is tried. */
    public static List<Option> pushAttempts() {
        return List.of(
                Option.number(
                                "push-retry-count",
                                "value",
                                "Number of attempts for push operation",
                                0,
                                100)
                        .env("PUSH_RETRY_COUNT")
                        .defaultValue("3"),
                Option.value("push-retry-delay", "value", "Delay between push attempts")
                        .env("PUSH_RETRY_DELAY")
                        .defaultValue("5s"));
    }

    /** How much of a blob is sent at once. */
    public static Option pieceSize() {
        return Option.value(
                        "push-chunk-size",
                        "value",
                        "Size of the pieces of an upload, 64MiB at most; 0MB leaves it to the program")
                .env("PUSH_CHUNK_SIZE")
                .defaultValue("0MB");
    }

    /** Registries without TLS. */
    public static Option plainHttp() {
        return Option.flag("plain-http", "Speak http to registries").env("PLAIN_HTTP");
    }
}
