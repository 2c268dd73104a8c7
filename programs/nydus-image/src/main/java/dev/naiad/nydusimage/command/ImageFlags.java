package dev.naiad.nydusimage.command;

import dev.naiad.base.cli.Option;
import dev.naiad.base.cli.Positional;

/** The flags that commands of nydus-image share, with the same letter and meaning in each. */
final class ImageFlags {
    private ImageFlags() {}

    /** The bootstrap to read, and the flag that named it in earlier releases. */
    static Positional bootstrap() {
        return Positional.optional("BOOTSTRAP", "File path of RAFS metadata");
    }

    static Option deprecatedBootstrap() {
        return Option.value(
                        "bootstrap",
                        "bootstrap",
                        "[Deprecated] File path of RAFS meta blob/bootstrap")
                .shortName('B');
    }

    static Option blobDir() {
        return Option.value(
                        "blob-dir",
                        "blob-dir",
                        "Directory path to save generated RAFS metadata and data blobs")
                .shortName('D');
    }

    static Option config() {
        return Option.value(
                        "config",
                        "config",
                        "Configuration file for storage backend, cache and RAFS FUSE filesystem.")
                .shortName('C');
    }

    static Option outputJson() {
        return Option.value(
                        "output-json",
                        "output-json",
                        "File path to save operation result in JSON format")
                .shortName('J');
    }

    static Option prefetchPolicy() {
        return Option.value("prefetch-policy", "prefetch-policy", "Set data prefetch policy")
                .defaultValue("none")
                .choices("fs", "blob", "none");
    }

    static Option chunkDict() {
        return Option.value(
                "chunk-dict", "chunk-dict", "File path of chunk dictionary for data deduplication");
    }

    static Option parentBootstrap() {
        return Option.value(
                "parent-bootstrap",
                "parent-bootstrap",
                "File path of the parent/referenced RAFS metadata blob (optional)");
    }
}
