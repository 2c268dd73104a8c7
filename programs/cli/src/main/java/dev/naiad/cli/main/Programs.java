package dev.naiad.cli.main;

import dev.naiad.accelctl.main.AccelctlProgram;
import dev.naiad.acceld.main.AcceldProgram;
import dev.naiad.base.cli.Program;
import dev.naiad.dfdaemon.main.DfdaemonProgram;
import dev.naiad.dfdaemon.main.DfgetProgram;
import dev.naiad.nydusd.main.NydusctlProgram;
import dev.naiad.nydusd.main.NydusdProgram;
import dev.naiad.nydusify.main.NydusifyProgram;
import dev.naiad.nydusimage.main.EmbeddedNydusImage;
import dev.naiad.nydusimage.main.LayerProgram;
import dev.naiad.nydusimage.main.NydusImageProgram;
import dev.naiad.scheduler.main.SchedulerProgram;
import dev.naiad.snapshotter.main.SnapshotterProgram;
import java.util.List;
import java.util.Optional;

/** The programs by their drop-in names. A program's classes are loaded when it is asked for. */
final class Programs {
    /** Name and one line for {@code naiad --help}. */
    record Entry(String name, String about) {}

    static final List<Entry> ALL =
            List.of(
                    new Entry("nydusd", "mounts a RAFS image through FUSE"),
                    new Entry("nydusctl", "asks a running nydusd"),
                    new Entry("nydus-image", "builds, merges and checks RAFS images"),
                    new Entry("nydusify", "converts images in registries"),
                    new Entry("acceld", "converts images when a registry says they were pushed"),
                    new Entry("accelctl", "asks acceld, or converts without it"),
                    new Entry("layer", "converts single layers (naiad layer pack|merge|unpack)"),
                    new Entry("containerd-nydus-grpc", "containerd's snapshotter for Nydus images"),
                    new Entry("dfdaemon", "the node's peer: registry mirror and piece store"),
                    new Entry("dfget", "downloads a file through the node's peer"),
                    new Entry("scheduler", "tells peers who has what"));

    private Programs() {}

    static Optional<Program> named(String name) {
        return switch (name) {
            case "nydusd" -> Optional.of(new NydusdProgram());
            case "nydusctl" -> Optional.of(new NydusctlProgram());
            case "nydus-image" -> Optional.of(new NydusImageProgram());
            case "nydusify" -> Optional.of(new NydusifyProgram(new EmbeddedNydusImage()));
            case "acceld" -> Optional.of(new AcceldProgram());
            case "accelctl" -> Optional.of(new AccelctlProgram());
            case "layer" -> Optional.of(new LayerProgram());
            case "containerd-nydus-grpc" -> Optional.of(new SnapshotterProgram());
            case "dfdaemon" -> Optional.of(new DfdaemonProgram());
            case "dfget" -> Optional.of(new DfgetProgram());
            case "scheduler" -> Optional.of(new SchedulerProgram());
            default -> Optional.empty();
        };
    }
}
