package dev.naiad.snapshotter.snapshots;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.naiad.snapshotter.store.SnapshotInfo;
import dev.naiad.snapshotter.store.SnapshotKind;
import dev.naiad.snapshotter.store.StoredSnapshot;
import dev.naiad.snapshotter.store.Usage;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

final class PrepareDecisionTest {
    private static final Map<String, String> BOOTSTRAP = Map.of(Labels.NYDUS_BOOTSTRAP, "true");
    private static final Map<String, String> BLOB = Map.of(Labels.NYDUS_BLOB, "true");

    /** Ancestors by their labels, the parent first; ids 100, 99, … */
    @SafeVarargs
    private static List<StoredSnapshot> ancestors(Map<String, String>... labels) {
        var chain = new ArrayList<StoredSnapshot>();
        for (Map<String, String> each : labels) {
            long id = 100L - chain.size();
            chain.add(
                    new StoredSnapshot(
                            id,
                            new SnapshotInfo(
                                    "n" + id,
                                    "",
                                    SnapshotKind.COMMITTED,
                                    Instant.EPOCH,
                                    Instant.EPOCH,
                                    each),
                            Usage.NONE));
        }
        return chain;
    }

    private static PrepareDecision decide(
            Map<String, String> labels, List<StoredSnapshot> ancestors) {
        return PrepareDecision.of(FsDriver.FUSEDEV, 7, labels, ancestors);
    }

    @Test
    void plainLayersAndContainersAreUnpacked() {
        var unpack = new PrepareDecision.Unpack();
        assertThat(decide(Map.of(), List.of())).isEqualTo(unpack);
        assertThat(decide(Map.of(Labels.TARGET, "sha256:a"), List.of())).isEqualTo(unpack);
        assertThat(decide(Map.of(), ancestors(Map.of(), Map.of()))).isEqualTo(unpack);
    }

    @Test
    void aBootstrapLayerIsUnpackedAlsoAboveDataLayers() {
        var labels =
                Map.of(
                        Labels.TARGET,
                        "sha256:a",
                        Labels.NYDUS_BOOTSTRAP,
                        "true",
                        Labels.NYDUS_BLOB,
                        "true");
        assertThat(decide(labels, ancestors(BLOB))).isEqualTo(new PrepareDecision.Unpack());
    }

    @Test
    void aDataLayerIsSkippedWithAllItsLabelsWhateverTheirValue() {
        var labels = Map.of(Labels.TARGET, "sha256:a", Labels.NYDUS_BLOB, "false", "other", "x");
        assertThat(decide(labels, List.of()))
                .isEqualTo(new PrepareDecision.SkipLayer("sha256:a", labels));
    }

    @Test
    void aContainerMountsTheNearestBootstrapOfItsWholeChain() {
        assertThat(decide(Map.of(), ancestors(BOOTSTRAP, BLOB)))
                .isInstanceOfSatisfying(
                        PrepareDecision.MountRafs.class,
                        mount -> assertThat(mount.meta().id()).isEqualTo(100));
        assertThat(decide(Map.of(), ancestors(Map.of(), Map.of(), BOOTSTRAP, BLOB)))
                .isInstanceOfSatisfying(
                        PrepareDecision.MountRafs.class,
                        mount -> assertThat(mount.meta().id()).isEqualTo(98));
    }

    @Test
    void theProxyDriverSkipsEveryLayerThatHasADigest() {
        var labels = Map.of(Labels.TARGET, "sha256:a", Labels.LAYER_DIGEST, "sha256:d");
        assertThat(PrepareDecision.of(FsDriver.PROXY, 7, labels, List.of()))
                .isEqualTo(
                        new PrepareDecision.SkipLayer(
                                "sha256:a",
                                Map.of(
                                        Labels.TARGET,
                                        "sha256:a",
                                        Labels.LAYER_DIGEST,
                                        "sha256:d",
                                        Labels.NYDUS_PROXY_MODE,
                                        "true")));
        assertThatThrownBy(
                        () ->
                                PrepareDecision.of(
                                        FsDriver.PROXY,
                                        7,
                                        Map.of(Labels.TARGET, "sha256:a"),
                                        List.of()))
                .hasMessage("missing CRI reference annotation for snapshot 7");
        assertThat(
                        PrepareDecision.of(
                                FsDriver.PROXY,
                                7,
                                Map.of(),
                                ancestors(Map.of(Labels.NYDUS_PROXY_MODE, "true"))))
                .isInstanceOf(PrepareDecision.MountProxy.class);
    }
}
