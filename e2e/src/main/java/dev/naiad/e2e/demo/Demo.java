package dev.naiad.e2e.demo;

import dev.naiad.base.config.ConfigNode;
import dev.naiad.base.config.JsonReader;
import dev.naiad.e2e.image.ImageCache;
import dev.naiad.e2e.image.Recipe;
import dev.naiad.e2e.lab.AccessLog;
import dev.naiad.e2e.lab.Command;
import dev.naiad.e2e.lab.Dist;
import dev.naiad.e2e.lab.Lab;
import dev.naiad.e2e.lab.LabException;
import dev.naiad.e2e.lab.Node;
import dev.naiad.e2e.lab.NodeOptions;
import dev.naiad.e2e.lab.Registry;
import dev.naiad.e2e.lab.TimedRun;
import dev.naiad.e2e.lab.Workspace;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Runs the scenario of the guide on one machine and shows what it saved. */
public final class Demo {
    private static final int PEER_MEGABITS = 1000;
    private static final String SOURCE = "demo/app:oci";
    private static final String TARGET = "demo/app:nydus";
    private final DemoOptions options;
    private final StepLog progress = new StepLog();
    private final List<Run> runs = new ArrayList<>();

    private Demo(DemoOptions options) {
        this.options = options;
    }

    /** The command. Exits with 1 and a message if something fails or the figures disagree. */
    public static void main(String[] args) {
        int code;
        try {
            var words = List.of(args);
            if (words.contains("--help") || words.contains("-h")) {
                System.out.print(DemoOptions.USAGE);
                code = 0;
            } else {
                code = new Demo(DemoOptions.parse(words)).run();
            }
        } catch (LabException | AssertionError | IOException failure) {
            System.err.println("demo: " + failure.getMessage());
            code = 1;
        }
        System.out.flush();
        System.exit(code);
    }

    private int run() throws IOException {
        if (options.clean()) {
            Workspace.sweep(true, path -> progress.say("removed " + path));
            return 0;
        }
        var dist = Dist.find();
        try (var lab = Lab.open(dist, new Lab.Options(options.megabits(), PEER_MEGABITS))) {
            try {
                return inLab(lab);
            } catch (LabException | AssertionError failure) {
                System.err.println(lab.tails());
                throw failure;
            }
        }
    }

    private int inLab(Lab lab) throws IOException {
        var layout = layout(lab);
        progress.say("starting a registry behind a link of " + options.megabits() + " Mbit/s");
        var registry = lab.startRegistry(Registry.Options.PLAIN);
        lab.push(registry, layout, ImageCache.TAG, SOURCE);
        convert(lab, registry);

        progress.say(
                "starting a scheduler, a seed peer and two nodes (containerd, snapshotter, peer)");
        lab.startScheduler();
        var seed = lab.startSeed(registry.url());
        var wanted = NodeOptions.guide(registry.url()).patient().withPrefetch(options.prefetch());
        var node1 = lab.addNode(wanted).start();
        var node2 = lab.addNode(wanted).start();
        var meter = new Meter(registry, seed, List.of(node1, node2));

        var oci = registry.host() + "/" + SOURCE;
        var nydus = registry.host() + "/" + TARGET;
        var ociSizes = layerSizes(registry, SOURCE);
        var nydusSizes = layerSizes(registry, TARGET);

        plain(node1, oci, meter, sum(ociSizes));
        var before = meter.settle();
        lazy(
                "nydus, node 1, cold",
                node1,
                List.of(node2),
                meter,
                sum(nydusSizes),
                () -> node1.pull(nydus, "nydus"),
                nydus);
        lazy(
                "nydus, node 2",
                node2,
                List.of(node1),
                meter,
                sum(nydusSizes),
                () -> node2.pull(nydus, "nydus"),
                nydus);
        progress.say("restarting node 2's snapshotter and nydusd without their cache");
        node2.restartNydus(true);
        lazy(
                "nydus, node 2, cache dropped",
                node2,
                List.of(node1),
                meter,
                sum(nydusSizes),
                () -> {},
                nydus);
        progress.say("restarting node 2's snapshotter and nydusd with their cache");
        node2.restartNydus(false);
        lazy(
                "nydus, node 2, cache kept",
                node2,
                List.of(node1),
                meter,
                sum(nydusSizes),
                () -> {},
                nydus);

        var equations =
                Equations.of(before, meter.settle(), meter.sentSince(before.logMark()), nydusSizes);
        equations.check(
                "bytes from the registry or from peers with the cache dropped", network(2), 0);
        equations.check(
                "bytes from anywhere with the cache kept",
                network(3) + runs.get(4).localPeerBytes(),
                0);
        return finish(lab, equations);
    }

    private long network(int nydusRun) {
        var run = runs.get(nydusRun + 1);
        return run.registryBytes() + run.seedBytes() + run.peerBytes();
    }

    // --- steps ---

    private Path layout(Lab lab) {
        if (options.image().isEmpty()) {
            return new ImageCache(progress::say)
                    .layout(options.small() ? Recipe.SMALL : Recipe.PYTHON);
        }
        var layout = lab.path().resolve("layout");
        progress.say("pulling " + options.image().get());
        Command.of(
                        "skopeo",
                        "--insecure-policy",
                        "copy",
                        "docker://" + options.image().get(),
                        "oci:" + layout + ":" + ImageCache.TAG)
                .must();
        return layout;
    }

    private void convert(Lab lab, Registry registry) {
        long start = System.nanoTime();
        progress.say("converting the image (nydusify convert)");
        lab.convert(registry, SOURCE, TARGET).orThrow();
        progress.say("converted in %.1f s".formatted((System.nanoTime() - start) / 1e9));
    }

    private void plain(Node node, String reference, Meter meter, long imageBytes) {
        var name = "plain OCI (overlayfs)";
        progress.say("run: " + name);
        var before = meter.settle();
        long clock = System.nanoTime();
        node.pull(reference, "overlayfs");
        long moved = received(node);
        var timed =
                TimedRun.of(
                        node.containers().runWords(reference, "overlayfs", options.command()),
                        clock);
        var after = meter.settle();
        node.removeImage(reference);
        var sent = meter.sentSince(before.logMark());
        add(
                new Run(
                        name,
                        seconds(timed.firstOutput()),
                        seconds(timed.exit()),
                        1,
                        imageBytes,
                        moved,
                        imageBytes,
                        AccessLog.bytes(sent, AccessLog.Entry::isBlobContent),
                        after.seed().minus(before.seed()).uploaded(),
                        0,
                        0,
                        0,
                        sent.size()));
    }

    private void lazy(
            String name,
            Node node,
            List<Node> others,
            Meter meter,
            long imageBytes,
            Runnable pull,
            String reference) {
        progress.say("run: " + name);
        var before = meter.settle();
        long linkBefore = received(node);
        long clock = System.nanoTime();
        pull.run();
        var timed =
                TimedRun.of(
                        node.containers().runWords(reference, "nydus", options.command()),
                        clock,
                        () -> received(node));
        var after = meter.settle();
        var nydusd = meter.nydusd(node);
        var sent = meter.sentSince(before.logMark());
        int own = node.name().equals("node1") ? 0 : 1;
        int other = 1 - own;
        var ownPeer = after.peers().get(own).minus(before.peers().get(own));
        if (others.size() != 1) {
            throw new LabException("the demo's figures are for two nodes");
        }
        add(
                new Run(
                        name,
                        seconds(timed.firstOutput()),
                        seconds(timed.exit()),
                        seconds(timed.firstOutput()) / runs.getFirst().wallSeconds(),
                        nydusd.backendBytes(),
                        timed.measured() - linkBefore,
                        imageBytes,
                        AccessLog.bytes(sent, AccessLog.Entry::isBlobContent),
                        Math.min(ownPeer.fromPeers(), after.seed().minus(before.seed()).uploaded()),
                        after.peers().get(other).minus(before.peers().get(other)).uploaded(),
                        ownPeer.fromStore(),
                        nydusd.backendReads() == 0 ? nydusd.containerBytes() : 0,
                        sent.size()));
    }

    private void add(Run run) {
        runs.add(run);
        progress.say(
                "     first output after %.2f s, end after %.2f s"
                        .formatted(run.wallSeconds(), run.exitSeconds()));
    }

    private static double seconds(java.time.Duration duration) {
        return duration.toNanos() / 1e9;
    }

    /** Bytes that came over the node's link, frames included. */
    private static long received(Node node) {
        try {
            for (String line :
                    Files.readAllLines(Path.of("/proc/" + node.containerd().pid() + "/net/dev"))) {
                var cells = line.strip().split("[: ]+", -1);
                if (cells[0].equals("eth0")) {
                    return Long.parseLong(cells[1]);
                }
            }
        } catch (IOException gone) {
            throw new LabException("cannot read the link's counters: " + gone, gone);
        }
        return 0;
    }

    /**
     * Sizes of an image's layers by hex digest, without the bootstrap layer: it is metadata that
     * containerd fetches whole.
     */
    private static Map<String, Long> layerSizes(Registry registry, String repository) {
        var name = repository.substring(0, repository.indexOf(':'));
        var tag = repository.substring(repository.indexOf(':') + 1);
        var text =
                Command.of(
                                "curl",
                                "-sSf",
                                "-H",
                                "Accept: application/vnd.oci.image.manifest.v1+json",
                                "http://"
                                        + registry.localHost()
                                        + "/v2/"
                                        + name
                                        + "/manifests/"
                                        + tag)
                        .in(registry.namespace())
                        .must();
        Map<String, Long> sizes = new LinkedHashMap<>();
        for (ConfigNode layer : JsonReader.parse("manifest", text).get("layers").items()) {
            boolean bootstrap =
                    layer.get("annotations").has("containerd.io/snapshot/nydus-bootstrap");
            if (!bootstrap) {
                sizes.put(
                        layer.get("digest").text().replace("sha256:", ""),
                        Long.parseLong(layer.get("size").text()));
            }
        }
        return sizes;
    }

    private static long sum(Map<String, Long> sizes) {
        return sizes.values().stream().mapToLong(Long::longValue).sum();
    }

    // --- end ---

    private int finish(Lab lab, Equations equations) throws IOException {
        var image =
                options.image().orElse(options.small() ? "Debian Python (small)" : "Debian Python");
        var report = new Report(image, runs);
        System.out.println();
        System.out.println(
                "%s, %.1f MB; registry link %d Mbit/s, other links %d Mbit/s, prefetch %s; daemons not warmed up"
                        .formatted(
                                image,
                                runs.getLast().imageBytes() / 1e6,
                                options.megabits(),
                                PEER_MEGABITS,
                                options.prefetch() ? "on" : "off"));
        System.out.println();
        System.out.print(report.table());
        System.out.println();
        if (options.prefetch()) {
            runs.forEach(
                    run ->
                            System.out.println(
                                    "  %s: %.1f MB had come over the link at the first output, %.1f MB at rest"
                                            .formatted(
                                                    run.name(),
                                                    run.bytesAtFirstOutput() / 1e6,
                                                    run.neededBytes() / 1e6)));
            System.out.println();
        }
        Files.writeString(options.svg(), report.svg());
        System.out.println("Bar chart: " + options.svg());
        if (options.json().isPresent()) {
            Files.writeString(options.json().get(), report.json());
            System.out.println("Figures:   " + options.json().get());
        }
        System.out.println("The books agree:");
        equations.held().forEach(line -> System.out.println("  = " + line));
        equations
                .broken()
                .forEach(line -> System.err.println("demo: THE BOOKS DO NOT AGREE: " + line));
        if (options.keep()) {
            lab.keep();
            System.out.print(lookAround(lab));
        }
        return equations.broken().isEmpty() ? 0 : 1;
    }

    private static String lookAround(Lab lab) {
        var node = "nsenter --net=" + lab.path() + "/net/node1 -- ";
        return """

                Everything stays up. Look around:
                  %sctr -a %s/n1/c.sock images ls
                  curl --unix-socket %s/n1/ny/socket/*/api.sock http://unix/api/v1/daemon
                  grep mirrors %s/n1/ny/logs/**/*log
                  %scurl -s 127.0.0.1:4002/metrics
                  less %s/n1/df/log/* %s/sch/log/scheduler/core.log
                Remove it with: ./demo --clean
                """
                .formatted(node, lab.path(), lab.path(), lab.path(), node, lab.path(), lab.path());
    }
}
