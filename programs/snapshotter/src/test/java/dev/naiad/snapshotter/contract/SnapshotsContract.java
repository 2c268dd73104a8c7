package dev.naiad.snapshotter.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.naiad.containerdapi.snapshots.Info;
import dev.naiad.containerdapi.snapshots.Kind;
import dev.naiad.linux.DirectoryTree;
import dev.naiad.snapshotter.contract.RunningSnapshotter.Program;
import io.grpc.Status.Code;
import io.grpc.StatusRuntimeException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/**
 * What containerd may rely on, run against the original and against ours. The tests share one
 * snapshotter; each uses names of its own.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
abstract class SnapshotsContract {
    private static final String REF = "containerd.io/snapshot.ref";
    private static final String PREFIX = "containerd.io/snapshot/";

    private final Program program;
    private Path base;
    private RunningSnapshotter snapshotter;
    private SnapshotsClient client;

    @SuppressWarnings("NullAway.Init") // set before all tests
    SnapshotsContract(Program program) {
        this.program = program;
    }

    @BeforeAll
    void startSnapshotter() throws Exception {
        base = Files.createTempDirectory(Path.of("/tmp"), "nd");
        Path template = base.resolve("nydusd.json");
        Files.writeString(
                template,
                "{\"device\":{\"backend\":{\"type\":\"registry\",\"config\":{\"scheme\":\"http\"}},"
                        + "\"cache\":{\"type\":\"blobcache\",\"config\":{\"work_dir\":\"/x\"}}},\"mode\":\"direct\"}");
        snapshotter =
                RunningSnapshotter.start(
                        program,
                        base,
                        List.of("--nydusd", "/bin/false", "--nydusd-config", template.toString()));
        client = snapshotter.client();
    }

    @AfterAll
    void stopSnapshotter() throws Exception {
        if (client != null) {
            client.close();
        }
        if (snapshotter != null) {
            snapshotter.close();
        }
        DirectoryTree.delete(base);
    }

    private Path directory(long id) {
        return base.resolve("root/snapshots/" + id);
    }

    /** The number in the first path below {@code snapshots} of an answer. */
    private static long id(String mounts) {
        return Long.parseLong(mounts.replaceFirst("(?s).*?/snapshots/(\\d+)/.*", "$1"));
    }

    private static void assertFails(ThrowingCallable call, Code code, String text) {
        assertThatThrownBy(call)
                .isInstanceOfSatisfying(
                        StatusRuntimeException.class,
                        e -> {
                            assertThat(e.getStatus().getCode())
                                    .as(e.getStatus().toString())
                                    .isEqualTo(code);
                            assertThat(e.getStatus().getDescription()).contains(text);
                        });
    }

    private void layer(String name, String parent) {
        client.prepare("extract-" + name, parent, Map.of());
        client.commit(name, "extract-" + name, Map.of());
    }

    @Test
    void aBaseIsABindMountOfItsOwnDirectory() throws Exception {
        String mounts = client.prepare("base-key", "", Map.of());
        Path dir = directory(id(mounts));
        assertThat(mounts).isEqualTo("bind " + dir.resolve("fs") + " rw,rbind");
        assertThat(client.mounts("base-key")).isEqualTo(mounts);
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(dir)))
                .isEqualTo("rwx------");
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(dir.resolve("fs"))))
                .isEqualTo("rwxr-xr-x");
        assertThat(
                        PosixFilePermissions.toString(
                                Files.getPosixFilePermissions(dir.resolve("work"))))
                .isEqualTo("rwx--x--x");
        assertThat(client.stat("base-key").getKind()).isEqualTo(Kind.ACTIVE);
    }

    @Test
    void layersAreAnOverlayWithTheNearestParentFirst() {
        long first = id(client.prepare("extract-o1", "", Map.of()));
        client.commit("o1", "extract-o1", Map.of());
        long second = id(client.prepare("extract-o2", "o1", Map.of()));
        client.commit("o2", "extract-o2", Map.of());
        String mounts = client.prepare("o-container", "o2", Map.of());
        long own = id(mounts);
        assertThat(mounts)
                .isEqualTo(
                        "overlay overlay workdir="
                                + directory(own)
                                + "/work,upperdir="
                                + directory(own)
                                + "/fs,lowerdir="
                                + directory(second)
                                + "/fs:"
                                + directory(first)
                                + "/fs");
        assertThat(client.mounts("o-container")).isEqualTo(mounts);
        String view = client.view("o-view", "o2");
        assertThat(view)
                .isEqualTo(
                        "overlay overlay lowerdir="
                                + directory(second)
                                + "/fs:"
                                + directory(first)
                                + "/fs");
        assertThat(client.mounts("o-view")).isEqualTo(view);
    }

    @Test
    void unknownNamesAreNotFound() {
        String missing = "snapshot does not exist: not found";
        assertFails(() -> client.stat("nope"), Code.NOT_FOUND, missing);
        assertFails(() -> client.usage("nope"), Code.NOT_FOUND, missing);
        assertFails(() -> client.commit("n", "nope", Map.of()), Code.NOT_FOUND, missing);
        assertFails(
                () -> client.mounts("nope"),
                Code.NOT_FOUND,
                "mounts get snapshot \"nope\" info: " + missing);
        assertFails(() -> client.remove("nope"), Code.NOT_FOUND, "get snapshot nope: " + missing);
        assertFails(
                () -> client.prepare("k", "nope", Map.of()),
                Code.NOT_FOUND,
                "create snapshot: missing parent \"nope\" bucket: not found");
        assertFails(() -> client.view("k", "nope"), Code.NOT_FOUND, "not found");
        assertFails(() -> client.view("k", ""), Code.NOT_FOUND, "not found");
        assertFails(() -> client.update("nope", Map.of()), Code.NOT_FOUND, missing);
    }

    @Test
    void aKeyIsUsedOnce() {
        client.prepare("once", "", Map.of());
        assertFails(
                () -> client.prepare("once", "", Map.of()),
                Code.ALREADY_EXISTS,
                "create snapshot: snapshot once: already exists");
    }

    @Test
    void onlyCommittedSnapshotsAreParents() {
        client.prepare("not-committed", "", Map.of());
        assertFails(
                () -> client.prepare("child", "not-committed", Map.of()),
                Code.INVALID_ARGUMENT,
                "create snapshot: parent \"not-committed\" is not committed snapshot: invalid argument");
        assertFails(
                () -> client.prepare("", "", Map.of()),
                Code.UNKNOWN,
                "create snapshot: bucket name required");
    }

    @Test
    void commitKeepsTheDirectoryAndReplacesLabels() throws Exception {
        long id = id(client.prepare("extract-c1", "", Map.of("a", "1", "empty", "")));
        Files.write(
                directory(id).resolve("fs/file"),
                new byte[10_000],
                StandardOpenOption.CREATE,
                StandardOpenOption.WRITE,
                StandardOpenOption.SYNC);
        client.commit("c1", "extract-c1", Map.of("b", "2", "empty", ""));
        Info info = client.stat("c1");
        assertThat(info.getKind()).isEqualTo(Kind.COMMITTED);
        assertThat(info.getLabelsMap()).isEqualTo(Map.of("b", "2"));
        assertThat(info.getCreatedAt()).isEqualTo(info.getUpdatedAt());
        var size = DirectoryTree.size(directory(id).resolve("fs"));
        assertThat(client.usage("c1").getSize()).isEqualTo(size.bytes());
        assertThat(client.usage("c1").getInodes()).isEqualTo(2);
        assertFails(() -> client.stat("extract-c1"), Code.NOT_FOUND, "does not exist");
        assertFails(
                () -> client.mounts("c1"),
                Code.FAILED_PRECONDITION,
                "not active or view: failed precondition");
        client.prepare("extract-c2", "", Map.of());
        assertFails(
                () -> client.commit("c1", "extract-c2", Map.of()),
                Code.ALREADY_EXISTS,
                "commit active snapshot extract-c2: committed snapshot c1: already exists");
        client.view("c1-view", "c1");
        assertFails(
                () -> client.commit("c3", "c1-view", Map.of()),
                Code.FAILED_PRECONDITION,
                "commit active snapshot c1-view: snapshot \"c1-view\" is not active: failed precondition");
    }

    @Test
    void usageOfAnActiveOneIsLiveAndHardLinksCountOnce() throws Exception {
        long id = id(client.prepare("live", "", Map.of()));
        assertThat(client.usage("live").getInodes()).isEqualTo(1);
        Path fs = directory(id).resolve("fs");
        Files.write(fs.resolve("a"), new byte[100_000]);
        Files.createLink(fs.resolve("b"), fs.resolve("a"));
        Files.createDirectory(fs.resolve("d"));
        Files.createSymbolicLink(fs.resolve("l"), Path.of("/etc"));
        assertThat(client.usage("live").getInodes()).isEqualTo(4);
        assertThat(client.usage("live").getSize()).isEqualTo(DirectoryTree.size(fs).bytes());
        layer("view-base", "");
        client.view("no-usage", "view-base");
        assertThat(client.usage("no-usage").getSize()).isZero();
    }

    @Test
    void removeRefusesParentsAndCleanupDeletesDirectories() {
        long parent = id(client.prepare("extract-r1", "", Map.of()));
        client.commit("r1", "extract-r1", Map.of());
        long child = id(client.prepare("extract-r2", "r1", Map.of()));
        client.commit("r2", "extract-r2", Map.of());
        assertFails(
                () -> client.remove("r1"),
                Code.FAILED_PRECONDITION,
                "failed to remove key r1: cannot remove snapshot with child: failed precondition");
        client.remove("r2");
        client.remove("r1");
        client.cleanup();
        assertThat(directory(parent)).doesNotExist();
        assertThat(directory(child)).doesNotExist();
        assertThat(id(client.prepare("extract-r3", "", Map.of()))).isGreaterThan(child);
        client.cleanup();
        assertThat(directory(id(client.mounts("extract-r3")))).exists();
    }

    @Test
    void labelsAreUpdatedAsAWholeOrOneByOne() {
        client.prepare("u", "", Map.of("a", "1", "b", "2"));
        assertThat(client.update("u", Map.of("a", "9"), "labels.a").getLabelsMap())
                .isEqualTo(Map.of("a", "9", "b", "2"));
        client.update("u", Map.of("b", ""), "labels.b");
        assertThat(client.stat("u").getLabelsMap()).isEqualTo(Map.of("a", "9"));
        assertThat(client.update("u", Map.of("c", "3"), "labels").getLabelsMap())
                .isEqualTo(Map.of("c", "3"));
        client.update("u", Map.of("d", "4"));
        assertThat(client.stat("u").getLabelsMap()).isEqualTo(Map.of("d", "4"));
        assertFails(
                () -> client.update("u", Map.of(), "parent"),
                Code.INVALID_ARGUMENT,
                "cannot update \"parent\" field on snapshot \"u\": invalid argument");
    }

    @Test
    void listsAreFilteredAndOrderedByName() {
        client.prepare("l-b", "", Map.of("kind-of", "x,y", "group", "lists"));
        client.prepare("l-a", "", Map.of("group", "lists"));
        client.prepare("extract-l-c", "", Map.of());
        client.commit("l-c", "extract-l-c", Map.of("group", "lists"));
        assertThat(client.names("labels.group==lists")).containsExactly("l-a", "l-b", "l-c");
        assertThat(client.names("labels.group==lists,kind==committed")).containsExactly("l-c");
        assertThat(client.names("labels.group==lists,kind!=committed"))
                .containsExactly("l-a", "l-b");
        assertThat(client.names("labels.\"kind-of\"==\"x,y\"")).containsExactly("l-b");
        assertThat(client.names("labels.\"kind-of\",labels.group==lists")).containsExactly("l-b");
        assertThat(client.names("name==l-a", "name==l-c")).containsExactly("l-a", "l-c");
        assertThat(client.names("name~=^l-[ab]$")).containsExactly("l-a", "l-b");
        assertThat(client.names("labels.group==lists,parent==\"\",name~=\"c\""))
                .containsExactly("l-c");
        assertThat(client.names("labels.group==none")).isEmpty();
        assertFails(() -> client.names("name=l-a"), Code.UNKNOWN, "filters: parse error");
        assertThat(client.names()).contains("l-a", "l-b", "l-c");
    }

    @Test
    void aListOfHundredsComesWhole() {
        for (int i = 0; i < 120; i++) {
            client.prepare(
                    "many-%03d".formatted(i),
                    "",
                    Map.of("group", "many", "filler", "f".repeat(600)));
        }
        assertThat(client.names("labels.group==many")).hasSize(120).isSorted();
        for (int i = 0; i < 120; i++) {
            client.remove("many-%03d".formatted(i));
        }
        assertThat(client.names("labels.group==many")).isEmpty();
    }

    @Test
    void aDataLayerIsSkippedAndCanBeFoundUnderItsChainId() {
        var labels =
                Map.of(
                        REF,
                        "sha256:blob",
                        PREFIX + "nydus-blob",
                        "true",
                        PREFIX + "cri.image-ref",
                        "127.0.0.1:1/a:v1",
                        PREFIX + "cri.layer-digest",
                        "sha256:" + "b".repeat(64));
        assertFails(
                () -> client.prepare("extract-blob", "", labels),
                Code.ALREADY_EXISTS,
                "target snapshot \"sha256:blob\": already exists");
        assertThat(client.names("labels.\"containerd.io/snapshot.ref\"==sha256:blob,parent==\"\""))
                .containsExactly("sha256:blob");
        Info info = client.stat("sha256:blob");
        assertThat(info.getKind()).isEqualTo(Kind.COMMITTED);
        assertThat(info.getLabelsMap()).isEqualTo(labels);
        assertFails(
                () -> client.view("v-blob", "sha256:blob"),
                Code.UNKNOWN,
                "only can view nydus topmost layer");
        assertFails(
                () -> client.prepare("extract-blob-again", "", labels),
                Code.ALREADY_EXISTS,
                "target snapshot \"sha256:blob\": already exists");
        long blob =
                id(
                        client.prepare(
                                "extract-boot",
                                "sha256:blob",
                                Map.of(REF, "sha256:boot", PREFIX + "nydus-bootstrap", "true")));
        assertThat(client.mounts("extract-boot"))
                .contains("upperdir=" + directory(blob) + "/fs,lowerdir=");
    }

    @Test
    void aContainerWhoseDaemonDiesAtOnceIsToldSo() throws Exception {
        long id =
                id(
                        client.prepare(
                                "extract-dead",
                                "",
                                Map.of(REF, "sha256:dead", PREFIX + "nydus-bootstrap", "true")));
        Files.createDirectories(directory(id).resolve("fs/image"));
        Files.write(directory(id).resolve("fs/image/image.boot"), new byte[8192]);
        client.commit(
                "sha256:dead",
                "extract-dead",
                Map.of(
                        PREFIX + "nydus-bootstrap",
                        "true",
                        PREFIX + "cri.image-ref",
                        "127.0.0.1:1/a:v1"));
        assertFails(
                () -> client.prepare("dead-container", "sha256:dead", Map.of()),
                Code.NOT_FOUND,
                "wait until daemon is RUNNING");
        client.prepare("extract-nameless", "", Map.of());
        client.commit("nameless", "extract-nameless", Map.of(PREFIX + "nydus-bootstrap", "true"));
        assertFails(
                () -> client.prepare("nameless-container", "nameless", Map.of()),
                Code.UNKNOWN,
                "failed to find image ref of snapshot");
    }
}
