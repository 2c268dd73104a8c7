package dev.naiad.e2e;

import static dev.naiad.e2e.ConvertedImage.NYDUS;
import static org.assertj.core.api.Assertions.assertThat;

import dev.naiad.containerdapi.cri.ContainerConfig;
import dev.naiad.containerdapi.cri.ContainerMetadata;
import dev.naiad.containerdapi.cri.CreateContainerRequest;
import dev.naiad.containerdapi.cri.ExecSyncRequest;
import dev.naiad.containerdapi.cri.ImageServiceGrpc;
import dev.naiad.containerdapi.cri.ImageSpec;
import dev.naiad.containerdapi.cri.LinuxContainerConfig;
import dev.naiad.containerdapi.cri.LinuxContainerSecurityContext;
import dev.naiad.containerdapi.cri.LinuxPodSandboxConfig;
import dev.naiad.containerdapi.cri.LinuxSandboxSecurityContext;
import dev.naiad.containerdapi.cri.NamespaceMode;
import dev.naiad.containerdapi.cri.NamespaceOption;
import dev.naiad.containerdapi.cri.PodSandboxConfig;
import dev.naiad.containerdapi.cri.PodSandboxMetadata;
import dev.naiad.containerdapi.cri.PullImageRequest;
import dev.naiad.containerdapi.cri.RemovePodSandboxRequest;
import dev.naiad.containerdapi.cri.RunPodSandboxRequest;
import dev.naiad.containerdapi.cri.RuntimeServiceGrpc;
import dev.naiad.containerdapi.cri.StartContainerRequest;
import dev.naiad.containerdapi.cri.StopPodSandboxRequest;
import dev.naiad.e2e.image.ImageCache;
import dev.naiad.e2e.image.Recipe;
import dev.naiad.e2e.lab.Command;
import dev.naiad.e2e.lab.Dist;
import dev.naiad.e2e.lab.Lab;
import dev.naiad.e2e.lab.Node;
import dev.naiad.e2e.lab.NodeOptions;
import dev.naiad.e2e.lab.Registry;
import dev.naiad.net.grpc.EventLoops;
import dev.naiad.net.grpc.GrpcChannel;
import dev.naiad.net.wire.Endpoint;
import java.io.IOException;
import java.nio.file.Files;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.extension.RegisterExtension;

/** What a kubelet does: containerd's CRI service with our snapshotter, on the host's network. */
@Tag("e2e")
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class CriTest {
    private static final String PAUSE = "naiad/pause:latest";

    @RegisterExtension final Tails tails = new Tails();

    private Lab lab;
    private Registry registry;

    @BeforeAll
    void open() {
        lab = tails.watch(Lab.open(Dist.find(), Lab.Options.FAST));
        registry = ConvertedImage.serve(lab, Registry.Options.PLAIN);
        var layout = lab.path().resolve("pause");
        Command.of(
                        "cp",
                        "-a",
                        new ImageCache(System.out::println).layout(Recipe.SMALL).toString(),
                        layout.toString())
                .must();
        Command.of(
                        "umoci",
                        "config",
                        "--image",
                        layout + ":" + ImageCache.TAG,
                        "--config.entrypoint",
                        "/bin/sleep",
                        "--config.cmd",
                        "infinity")
                .must();
        lab.push(registry, layout, ImageCache.TAG, PAUSE);
    }

    @AfterAll
    void close() {
        if (lab != null) {
            lab.close();
        }
    }

    @Test
    void aPodPullsLazilyStartsAndReadsItsFiles() throws Exception {
        var node = lab.addNode(NodeOptions.guide(registry.url()).withoutPeer());
        enableCri(node);
        node.start();
        var image = ImageSpec.newBuilder().setImage(registry.host() + "/" + NYDUS).build();
        try (var loops = new EventLoops("cri", 1);
                var channel = GrpcChannel.open(Endpoint.unix(node.containerdSocket()), loops)) {
            var images = ImageServiceGrpc.newBlockingStub(channel.channel());
            var runtime = RuntimeServiceGrpc.newBlockingStub(channel.channel());
            int mark = registry.accessLog().mark();
            images.pullImage(PullImageRequest.newBuilder().setImage(image).build());
            assertThat(registry.accessLog().since(mark))
                    .as("containerd fetches manifest, config and bootstrap")
                    .filteredOn(entry -> entry.isBlobContent())
                    .hasSize(2);

            var pod = pod();
            var sandbox =
                    runtime.runPodSandbox(RunPodSandboxRequest.newBuilder().setConfig(pod).build())
                            .getPodSandboxId();
            try {
                var container =
                        runtime.createContainer(
                                        CreateContainerRequest.newBuilder()
                                                .setPodSandboxId(sandbox)
                                                .setSandboxConfig(pod)
                                                .setConfig(container(image))
                                                .build())
                                .getContainerId();
                runtime.startContainer(
                        StartContainerRequest.newBuilder().setContainerId(container).build());
                var answer =
                        runtime.execSync(
                                ExecSyncRequest.newBuilder()
                                        .setContainerId(container)
                                        .addCmd("/bin/cat")
                                        .addCmd("/odd/short")
                                        .setTimeout(60)
                                        .build());
                assertThat(answer.getExitCode()).as(answer.getStderr().toStringUtf8()).isZero();
                assertThat(answer.getStdout().toStringUtf8()).isEqualTo("one byte short of a page");
                assertThat(node.nydusds().mounts()).hasSize(1);
            } finally {
                runtime.stopPodSandbox(
                        StopPodSandboxRequest.newBuilder().setPodSandboxId(sandbox).build());
                runtime.removePodSandbox(
                        RemovePodSandboxRequest.newBuilder().setPodSandboxId(sandbox).build());
            }
        }
    }

    private static PodSandboxConfig pod() {
        return PodSandboxConfig.newBuilder()
                .setMetadata(
                        PodSandboxMetadata.newBuilder()
                                .setName("pod")
                                .setUid("uid")
                                .setNamespace("default"))
                .setLinux(
                        LinuxPodSandboxConfig.newBuilder()
                                .setSecurityContext(
                                        LinuxSandboxSecurityContext.newBuilder()
                                                .setNamespaceOptions(hostNetwork())))
                .build();
    }

    private static ContainerConfig container(ImageSpec image) {
        return ContainerConfig.newBuilder()
                .setMetadata(ContainerMetadata.newBuilder().setName("main"))
                .setImage(image)
                .addCommand("/bin/sleep")
                .addArgs("infinity")
                .setLinux(
                        LinuxContainerConfig.newBuilder()
                                .setSecurityContext(
                                        LinuxContainerSecurityContext.newBuilder()
                                                .setNamespaceOptions(hostNetwork())))
                .build();
    }

    private static NamespaceOption hostNetwork() {
        return NamespaceOption.newBuilder()
                .setNetwork(NamespaceMode.NODE)
                .setPid(NamespaceMode.CONTAINER)
                .build();
    }

    /** The guide's CRI section, and what a pod needs without kubelet, cgroups and CNI. */
    private void enableCri(Node node) throws IOException {
        var file = node.etc().resolve("containerd.toml");
        var certs = node.etc().resolve("certs.d");
        var host = Files.createDirectories(certs.resolve(registry.host()));
        Files.writeString(
                host.resolve("hosts.toml"),
                """
                server = "http://%1$s"
                [host."http://%1$s"]
                  capabilities = ["pull", "resolve"]
                """
                        .formatted(registry.host()));
        var text = Files.readString(file).replace("\"io.containerd.grpc.v1.cri\", ", "");
        assertThat(text).doesNotContain("grpc.v1.cri");
        Files.writeString(
                file,
                text
                        + """
                        [plugins."io.containerd.grpc.v1.cri"]
                          sandbox_image = "%1$s/%2$s"
                          disable_cgroup = true
                          disable_apparmor = true
                          disable_hugetlb_controller = true
                          restrict_oom_score_adj = true
                          stream_server_address = "127.0.0.1"
                          stream_server_port = "0"
                          [plugins."io.containerd.grpc.v1.cri".containerd]
                            snapshotter = "nydus"
                            disable_snapshot_annotations = false
                            default_runtime_name = "runc"
                            [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
                              runtime_type = "io.containerd.runc.v2"
                              [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
                                Root = "%3$s"
                          [plugins."io.containerd.grpc.v1.cri".registry]
                            config_path = "%4$s"
                        """
                                .formatted(
                                        registry.host(),
                                        PAUSE,
                                        node.etc().resolveSibling("rc"),
                                        certs));
    }
}
