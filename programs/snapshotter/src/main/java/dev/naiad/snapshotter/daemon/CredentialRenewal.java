package dev.naiad.snapshotter.daemon;

import dev.naiad.snapshotter.snapshots.RafsTree;
import dev.naiad.snapshotter.store.DaemonRecord;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Hands newer registry credentials to the daemons of images that are mounted. Thread-safe. */
final class CredentialRenewal {
    private static final Logger LOG = LoggerFactory.getLogger(CredentialRenewal.class);

    private final DaemonConfigs configs;
    private final DaemonFiles files;

    CredentialRenewal(DaemonConfigs configs, DaemonFiles files) {
        this.configs = configs;
        this.files = files;
    }

    /**
     * Looks for newer credentials of every image and hands those that changed to its daemon; what
     * was found when the image was mounted goes on where nothing is known now.
     */
    void renewAll(Map<String, ImageMount> images) {
        images.forEach(
                (id, image) -> {
                    image.lock.lock();
                    try {
                        renew(id, image);
                    } catch (RuntimeException e) {
                        LOG.warn(
                                "snapshot {}: its credential was not renewed: {}",
                                id,
                                e.getMessage());
                    } finally {
                        image.lock.unlock();
                    }
                });
    }

    private void renew(String id, ImageMount image) {
        var served = image.served();
        if (served == null) {
            return;
        }
        var renewed = configs.renewed(served.record().imageId(), served.tree().config());
        if (renewed.isEmpty()) {
            return;
        }
        DaemonRecord daemon = served.daemon().record();
        files.writeConfig(files.configDir(daemon, id), renewed.get().config());
        var tree =
                new RafsTree(
                        served.tree().root(), served.tree().bootstrap(), renewed.get().config());
        image.served(new ImageMount.Served(served.record(), tree, served.daemon()));
        if (served.daemon().isRunning()) {
            served.daemon()
                    .client()
                    .putConfig(
                            daemon.isShared() ? "/" + id : "/",
                            Map.of("registry_auth", renewed.get().auth()));
        }
        LOG.info("snapshot {}: renewed the credential of {}", id, served.record().imageId());
    }
}
