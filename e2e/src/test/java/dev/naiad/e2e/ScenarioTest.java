package dev.naiad.e2e;

import static dev.naiad.e2e.ConvertedImage.NYDUS;
import static dev.naiad.e2e.ConvertedImage.OCI;
import static org.assertj.core.api.Assertions.assertThat;

import dev.naiad.e2e.lab.AccessLog;
import dev.naiad.e2e.lab.Command;
import dev.naiad.e2e.lab.Dfdaemon;
import dev.naiad.e2e.lab.Dist;
import dev.naiad.e2e.lab.Lab;
import dev.naiad.e2e.lab.Node;
import dev.naiad.e2e.lab.NodeOptions;
import dev.naiad.e2e.lab.ProcessTable;
import dev.naiad.e2e.lab.Registry;
import dev.naiad.testkit.Await;
import java.nio.file.Files;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * The guide, step by step, with its settings (prefetch included), on a seed and three nodes. The
 * steps run once, in their order, before the tests; each test checks one thing that was observed on
 * the way.
 */
@Tag("e2e")
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ScenarioTest {
    private static final String[] HELLO = {"/usr/bin/python3", "/app/hello.py"};
    private static final String[] TREE = {"/usr/bin/python3", "/app/tree.py"};

    @RegisterExtension final Tails tails = new Tails();

    private Lab lab;
    private Registry registry;
    private Dfdaemon seed;
    private Node node1;
    private Node node2;
    private Map<String, Long> blobs;

    // What was observed.
    private String sourceTree;
    private String plainTree;
    private String nydusTree;
    private List<AccessLog.Entry> pullRequests;
    private List<AccessLog.Entry> nydusRequests;
    private long originBytes;
    private Traffic node1AfterStart;
    private Traffic node2AfterStart;
    private long uploaded;
    private Rerun rerun;
    private Rerun cacheDropped;
    private Rerun cacheKept;
    private String mirrorsGrep;
    private String peerGrep;
    private String configText;
    private List<String> nydusdWords;
    private Command.Result withoutRegistry;
    private long node3FromPeers;

    private record Traffic(long fromOrigin, long fromPeers, long fromStore) {
        static Traffic of(Dfdaemon peer) {
            return new Traffic(
                    peer.downloaded("BACK_TO_SOURCE"),
                    peer.downloaded("REMOTE_PEER"),
                    peer.downloaded("LOCAL_PEER"));
        }
    }

    /** A start of the container and the traffic it caused. */
    private record Rerun(
            String output,
            int registryRequests,
            long fromOrigin,
            long fromPeers,
            long backendReads) {}

    @BeforeAll
    void playTheGuide() throws Exception {
        lab = tails.watch(Lab.open(Dist.find(), Lab.Options.FAST));
        registry = ConvertedImage.serve(lab, Registry.Options.PLAIN);
        blobs = dataBlobs();
        lab.startScheduler();
        seed = lab.startSeed(registry.url());
        var guide = NodeOptions.guide(registry.url()).patient().withPrefetch(true);
        node1 = lab.addNode(guide).start();
        node2 = lab.addNode(guide).start();
        var node3 = lab.addNode(guide).start();
        var oci = registry.host() + "/" + OCI;
        var nydus = registry.host() + "/" + NYDUS;

        node2.pull(oci, "overlayfs");
        sourceTree = node2.run(oci, "overlayfs", TREE).orThrow();
        node2.removeImage(oci);
        node1.pull(oci, "nydus");
        plainTree = node1.run(oci, "nydus", TREE).orThrow();
        node1.removeImage(oci);

        int mark = registry.accessLog().mark();
        node1.pull(nydus, "nydus");
        node2.pull(nydus, "nydus");
        node3.pull(nydus, "nydus");
        pullRequests = List.copyOf(registry.accessLog().since(mark));

        mark = registry.accessLog().mark();
        assertThat(node1.run(nydus, "nydus", HELLO).orThrow()).contains("hello");
        awaitWholeImage(node1);
        node1AfterStart = Traffic.of(node1.peer());
        assertThat(node2.run(nydus, "nydus", HELLO).orThrow()).contains("hello");
        awaitWholeImage(node2);
        node2AfterStart = Traffic.of(node2.peer());
        nydusTree = node2.run(nydus, "nydus", TREE).orThrow();
        nydusRequests = List.copyOf(registry.accessLog().since(mark));
        originBytes =
                seed.downloaded("BACK_TO_SOURCE")
                        + node1AfterStart.fromOrigin()
                        + node2AfterStart.fromOrigin();
        uploaded = seed.uploaded() + node1.peer().uploaded() + node2.peer().uploaded();

        readTheLogs();
        rerun = again(nydus, () -> {});
        cacheDropped = again(nydus, () -> node1.restartNydus(true));
        awaitFullCache();
        cacheKept = again(nydus, () -> node1.restartNydus(false));

        registry.stop();
        withoutRegistry = node3.run(nydus, "nydus", HELLO);
        node3FromPeers = node3.peer().downloaded("REMOTE_PEER");
    }

    private Map<String, Long> dataBlobs() {
        var manifest =
                Command.of(
                                "curl",
                                "-sSf",
                                "-H",
                                "Accept: application/vnd.oci.image.manifest.v1+json",
                                "http://"
                                        + registry.localHost()
                                        + "/v2/naiad/python/manifests/nydus")
                        .in(registry.namespace())
                        .must();
        Map<String, Long> sizes = new LinkedHashMap<>();
        for (var layer :
                dev.naiad.base.config.JsonReader.parse("manifest", manifest)
                        .get("layers")
                        .items()) {
            long size = Long.parseLong(layer.get("size").text());
            // The layer above replaces the smallest layer completely: nothing of it is ever
            // read.
            if (layer.get("annotations").has("containerd.io/snapshot/nydus-blob")
                    && size > 1 << 20) {
                sizes.put(layer.get("digest").text().replace("sha256:", ""), size);
            }
        }
        assertThat(sizes).hasSizeGreaterThan(2);
        assertThat(sizes.values())
                .as("one data blob is larger than two pieces")
                .anyMatch(size -> size > 8 << 20);
        return sizes;
    }

    private long imageBytes() {
        return blobs.values().stream().mapToLong(Long::longValue).sum();
    }

    /** The guide's prefetch brings everything: the peer then holds the whole image. */
    private void awaitWholeImage(Node node) {
        Await.until(
                node.name() + "'s peer holds the whole image",
                () -> {
                    var traffic = Traffic.of(node.peer());
                    return traffic.fromOrigin() + traffic.fromPeers() >= imageBytes();
                },
                () -> Traffic.of(node.peer()) + " of " + blobs + "\n" + lab.tails());
    }

    private void readTheLogs() throws Exception {
        // The guide's own commands, run by a shell without globstar.
        mirrorsGrep =
                Command.of("bash", "-c", "grep mirrors " + node1.root() + "/logs/**/*log").must();
        peerGrep =
                Command.of(
                                "bash",
                                "-c",
                                "cd %s && TASK_ID=$(grep -hoP 'python.*task_id=\"\\K[^\"]+' * | head -n 1) && grep $TASK_ID * | grep 'download task succeeded'"
                                        .formatted(node1.peer().logDirectory()))
                        .run()
                        .text();
        var configs = Lab.filesBelow(node1.root().resolve("config"), "config.json");
        assertThat(configs).isNotEmpty();
        configText = Files.readString(configs.getFirst());
        nydusdWords = ProcessTable.commandLine(node1.nydusds().pids().getFirst());
    }

    private Rerun again(String image, Runnable before) {
        before.run();
        int mark = registry.accessLog().mark();
        var earlier = Traffic.of(node1.peer());
        var output = node1.run(image, "nydus", HELLO).orThrow();
        var later = Traffic.of(node1.peer());
        return new Rerun(
                output,
                registry.accessLog().since(mark).size(),
                later.fromOrigin() - earlier.fromOrigin(),
                later.fromPeers() - earlier.fromPeers(),
                backendReads());
    }

    private long backendReads() {
        return backend("read_count");
    }

    private long backend(String name) {
        return node1.nydusds().api("/api/v1/metrics/backend").stream()
                .map(text -> Pattern.compile("\"" + name + "\":\\s*(\\d+)").matcher(text))
                .mapToLong(found -> found.find() ? Long.parseLong(found.group(1)) : -1)
                .sum();
    }

    /** Prefetch fills the cache again after it was dropped; the next step needs it full. */
    private void awaitFullCache() {
        var last = new long[] {-1};
        var same = new int[1];
        Await.until(
                "nydusd has filled its cache",
                () -> {
                    long now = backendReads();
                    same[0] = now == last[0] ? same[0] + 1 : 0;
                    last[0] = now;
                    return same[0] > 50 && backend("read_amount_total") > imageBytes() * 9 / 10;
                },
                lab::tails);
    }

    @AfterAll
    void close() {
        if (lab != null) {
            lab.close();
        }
    }

    @Test
    void everyFileInTheContainerEqualsTheSource() {
        Trees.assertSame("converted image", sourceTree, nydusTree);
    }

    @Test
    void aPlainOciImageThroughTheSnapshotterEqualsTheSource() {
        Trees.assertSame("plain image through our snapshotter", sourceTree, plainTree);
    }

    @Test
    void containerdFetchesNoDataBlob() {
        assertThat(pullRequests)
                .filteredOn(entry -> entry.isBlobContent() && blobs.containsKey(entry.blob()))
                .isEmpty();
    }

    @Test
    void everyBlobByteLeftTheRegistryOnce() {
        blobs.forEach(
                (blob, size) ->
                        assertThat(
                                        AccessLog.bytes(
                                                nydusRequests,
                                                entry ->
                                                        entry.isBlobContent()
                                                                && entry.blob().equals(blob)
                                                                && !entry.isStat()))
                                .as("bytes of blob %s", blob)
                                .isEqualTo(size));
    }

    @Test
    void theBooksAgree() {
        assertThat(originBytes)
                .as("bytes that peers fetched from the origin")
                .isEqualTo(imageBytes());
        assertThat(uploaded)
                .as("bytes uploaded by peers")
                .isEqualTo(node1AfterStart.fromPeers() + node2AfterStart.fromPeers());
    }

    @Test
    void node2GotEverythingFromPeers() {
        assertThat(node2AfterStart.fromOrigin()).isZero();
        assertThat(node2AfterStart.fromPeers()).isEqualTo(imageBytes());
    }

    @Test
    void aRerunMovesNothing() {
        assertThat(rerun.output()).contains("hello");
        assertThat(rerun.registryRequests()).isZero();
        assertThat(rerun.fromOrigin() + rerun.fromPeers()).isZero();
    }

    @Test
    void withItsCacheDroppedNydusdIsServedByItsOwnPeer() {
        assertThat(cacheDropped.output()).contains("hello");
        assertThat(cacheDropped.registryRequests()).isZero();
        assertThat(cacheDropped.fromOrigin() + cacheDropped.fromPeers()).isZero();
        assertThat(cacheDropped.backendReads()).isPositive();
    }

    @Test
    void withItsCacheKeptNydusdAsksNobody() {
        assertThat(cacheKept.output()).contains("hello");
        assertThat(cacheKept.backendReads()).isZero();
    }

    @Test
    void theGuidesGrepForMirrorsPrintsTheConnection() {
        assertThat(mirrorsGrep)
                .contains("INFO backend config: ConnectionConfig { proxy: ProxyConfig { url: \"\"")
                .contains(
                        "mirrors: [MirrorConfig { host: \"http://127.0.0.1:4001\", ping_url: \"http://127.0.0.1:4003/healthy\"")
                .contains("headers: {\"X-Dragonfly-Registry\": \"" + registry.url() + "\"}");
        assertThat(mirrorsGrep.lines()).hasSize(1);
    }

    @Test
    void theGuidesGrepForTheTaskPrintsItsSuccess() {
        assertThat(peerGrep)
                .contains("download task succeeded")
                .contains("host_id=\"")
                .contains("task_id=\"")
                .contains("peer_id=\"");
    }

    @Test
    void nydusdIsStartedAsTheGuideShows() {
        assertThat(nydusdWords.subList(1, nydusdWords.size()).toString())
                .contains("fuse")
                .contains("--apisock")
                .contains("--bootstrap")
                .contains("--mountpoint");
        assertThat(configText)
                .contains("\"host\":\"" + registry.host() + "\"")
                .contains("\"repo\":\"naiad/python\"")
                .contains("\"ping_url\":\"http://127.0.0.1:4003/healthy\"")
                .contains("\"work_dir\":\"" + node1.cache() + "\"");
    }

    @Test
    void withTheRegistryGoneAThirdNodeStartsFromPeers() {
        assertThat(withoutRegistry.orThrow()).contains("hello");
        assertThat(node3FromPeers).isPositive();
    }
}
