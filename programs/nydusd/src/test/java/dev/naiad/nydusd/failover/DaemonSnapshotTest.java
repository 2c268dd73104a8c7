package dev.naiad.nydusd.failover;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.naiad.base.error.CorruptFormatException;
import dev.naiad.fuse.FuseSession;
import dev.naiad.nydusd.config.NydusdConfig;
import dev.naiad.nydusd.vfs.VfsState;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class DaemonSnapshotTest {
    private static DaemonSnapshot snapshot(int mounts) {
        var directories = new ArrayList<VfsState.DirectoryState>();
        var all = new ArrayList<DaemonSnapshot.MountSnapshot>();
        for (int i = 1; i <= mounts; i++) {
            directories.add(new VfsState.DirectoryState(i + 1, 1, "1" + i));
            all.add(
                    new DaemonSnapshot.MountSnapshot(
                            "/1" + i,
                            i,
                            i + 7L,
                            "/var/lib/containerd-nydus/snapshots/1" + i + "/fs/image/image.boot",
                            NydusdConfig.ofLocalfs("/blobs of image " + i).toState().reveal(),
                            i % 2 == 0 ? Optional.of(List.of("/bin")) : Optional.empty(),
                            Map.of("registry_auth", "secret" + i)));
        }
        return new DaemonSnapshot(
                new FuseSession(41, 0x80_4ee6_e021L, mounts == 1),
                new VfsState(1_700_000_000, mounts + 2L, mounts, mounts + 7L, directories),
                all);
    }

    @Test
    void whatIsWrittenIsRead() {
        for (int mounts : new int[] {0, 1, 2, 255}) {
            assertThat(DaemonSnapshot.of(snapshot(mounts).toBytes())).isEqualTo(snapshot(mounts));
        }
    }

    @Test
    void aFullDaemonFitsIntoWhatOldSupervisorsKeep() {
        assertThat(snapshot(255).toBytes()).hasSizeLessThan(SupervisorSocket.MAX_STATE);
    }

    @Test
    void cutAndForeignStatesAreRefused() {
        byte[] whole = snapshot(40).toBytes();
        assertThatThrownBy(() -> DaemonSnapshot.of(Arrays.copyOf(whole, whole.length - 1)))
                .isInstanceOf(CorruptFormatException.class);
        assertThatThrownBy(() -> DaemonSnapshot.of(Arrays.copyOf(whole, 100)))
                .isInstanceOf(CorruptFormatException.class);
        assertThatThrownBy(() -> DaemonSnapshot.of(new byte[] {1, 2, 3}))
                .isInstanceOf(CorruptFormatException.class);
        assertThatThrownBy(() -> DaemonSnapshot.of(new byte[0]))
                .isInstanceOf(CorruptFormatException.class);
    }

    @Test
    void credentialsAreNotPrinted() {
        assertThat(snapshot(1).toString()).doesNotContain("secret1").doesNotContain("localfs");
    }
}
