package dev.naiad.e2e.lab;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** The configuration files of a node, as in the guide except for paths. */
record NodeConfiguration(Path directory, NodeOptions options) {
    Path containerdToml() {
        return directory.resolve("etc/containerd.toml");
    }

    Path nydusdJson() {
        return directory.resolve("etc/nydusd-config.json");
    }

    /** Writes both. */
    void write() throws IOException {
        Files.createDirectories(directory.resolve("etc"));
        Files.writeString(
                containerdToml(),
                """
                version = 2
                root = "%1$s/cd"
                state = "%1$s/cs"
                disabled_plugins = ["io.containerd.grpc.v1.cri", "io.containerd.nri.v1.nri", "io.containerd.internal.v1.opt", "io.containerd.internal.v1.tracing", "io.containerd.snapshotter.v1.aufs", "io.containerd.snapshotter.v1.btrfs", "io.containerd.snapshotter.v1.devmapper", "io.containerd.snapshotter.v1.zfs"]
                [grpc]
                  address = "%1$s/c.sock"
                [proxy_plugins]
                  [proxy_plugins.nydus]
                    type = "snapshot"
                    address = "%1$s/n.sock"
                [[plugins."io.containerd.transfer.v1.local".unpack_config]]
                  platform = "linux/amd64"
                  snapshotter = "nydus"
                """
                        .formatted(directory));
        Files.writeString(nydusdJson(), options.nydusdConfig().apply(nydusdConfig()));
    }

    private String nydusdConfig() {
        var scheme = options.registry().substring(0, options.registry().indexOf(':'));
        var mirrors =
                options.mirror()
                        ? """
                        "mirrors": [{"host": "http://127.0.0.1:%d", "auth_through": false,
                          "headers": {"X-Dragonfly-Registry": "%s"},
                          "ping_url": "http://127.0.0.1:%d/healthy"}],
                        """
                                .formatted(Dfdaemon.PROXY, options.registry(), Dfdaemon.HEALTH)
                        : "";
        return """
        {"device": {"backend": {"type": "registry", "config": {%s"scheme": "%s", "skip_verify": true,
            "timeout": 10, "connect_timeout": 10, "retry_limit": 2}},
          "cache": {"type": "blobcache", "config": {"work_dir": "/var/lib/nydus/cache/"}}},
         "mode": "direct", "digest_validate": false, "iostats_files": false, "enable_xattr": true,
         "fs_prefetch": {"enable": %s, "threads_count": 10, "merging_size": 131072, "bandwidth_rate": 1048576}}
        """
                .formatted(mirrors, scheme, options.prefetch());
    }
}
