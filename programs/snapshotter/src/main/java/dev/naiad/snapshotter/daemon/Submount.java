package dev.naiad.snapshotter.daemon;

import dev.naiad.base.error.ErrorKind;
import dev.naiad.base.error.NaiadException;
import dev.naiad.nydusdapi.MountRequest;
import dev.naiad.nydusdapi.NydusdApiException;
import dev.naiad.nydusdapi.NydusdClient;
import java.nio.file.Path;

/**
 * One image that a shared daemon serves.
 *
 * @param mountpoint within the daemon's own mount
 * @param config of the daemon's, for this image
 */
record Submount(String mountpoint, Path bootstrap, String config) {
    /** Has a daemon mount it; nothing to do if it has. */
    void mount(NydusdClient client) {
        try {
            client.mount(mountpoint, MountRequest.rafs(bootstrap.toString(), config));
        } catch (NydusdApiException e) {
            if (e.kind() == ErrorKind.ALREADY_EXISTS) {
                return;
            }
            try {
                client.unmount(mountpoint);
            } catch (NaiadException ignored) {
                // Nothing was mounted; the first error is the one to report.
            }
            throw new NaiadException(e.kind(), "mount rafs instance: " + httpText(e), e);
        }
    }

    private static String httpText(NydusdApiException e) {
        return "http response: "
                + e.status()
                + ", error code: "
                + e.code()
                + ", error message: "
                + e.detail();
    }
}
