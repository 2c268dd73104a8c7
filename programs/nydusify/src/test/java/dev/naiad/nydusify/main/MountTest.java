package dev.naiad.nydusify.main;

import static org.assertj.core.api.Assertions.assertThat;

import dev.naiad.base.cli.ProgramContext;
import dev.naiad.base.config.JsonReader;
import dev.naiad.imagetestkit.SampleImage;
import dev.naiad.linux.MountInfo;
import dev.naiad.linux.RawPath;
import dev.naiad.nydusimage.main.EmbeddedNydusImage;
import dev.naiad.testkit.RealRegistry;
import dev.naiad.testkit.Requires;
import dev.naiad.testkit.ShortTempDir;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * {@code nydusify mount} up to the start of nydusd, whose place a script takes: programs do not
 * depend on each other.
 */
@Timeout(300)
class MountTest {
    private static final List<RealRegistry> OPEN = new ArrayList<>();

    private final ShortTempDir dir = ShortTempDir.create();
    private final ByteArrayOutputStream err = new ByteArrayOutputStream();

    @BeforeAll
    static void start() throws Exception {
        OPEN.add(RealRegistry.builder().password().start());
        RealRegistry registry = OPEN.getFirst();
        SampleImage.push(registry, "app", "1", SampleImage.smallLayers(), false);
        try (var home = ShortTempDir.create()) {
            login(home.path());
            var convert = context(new ByteArrayOutputStream(), home.path());
            String at = registry.authority() + "/app:1";
            int code =
                    Nydusify.run(
                            convert,
                            new EmbeddedNydusImage(),
                            List.of("convert", "--source", at, "--target", at + "-nydus"));
            assertThat(code).isZero();
        }
    }

    @AfterAll
    static void stop() {
        OPEN.forEach(RealRegistry::close);
        OPEN.clear();
    }

    @AfterEach
    void clean() {
        dir.close();
    }

    private static String auth() {
        String text = RealRegistry.USER + ":" + RealRegistry.PASSWORD;
        return Base64.getEncoder().encodeToString(text.getBytes(StandardCharsets.UTF_8));
    }

    private static void login(Path home) throws Exception {
        Files.writeString(
                home.resolve("config.json"),
                "{\"auths\":{\""
                        + OPEN.getFirst().authority()
                        + "\":{\"auth\":\""
                        + auth()
                        + "\"}}}");
    }

    private static ProgramContext context(ByteArrayOutputStream err, Path home) {
        var print = new PrintStream(err, true, StandardCharsets.UTF_8);
        return ProgramContext.forTest(
                print,
                print,
                Map.of("DOCKER_CONFIG", home.toString(), "PATH", home.resolve("bin").toString()));
    }

    /** Puts a script in the place of nydusd; $0.args gets its arguments, one a line. */
    private void standIn(String body) throws Exception {
        login(dir.path());
        Path script = Files.createDirectories(dir.resolve("bin")).resolve("nydusd");
        Files.writeString(
                script,
                "#!/bin/sh\nPATH=/usr/sbin:/usr/bin:/sbin:/bin\n"
                        + "printf '%s\\n' \"$@\" >\"$0.part\"\ncp \"$2\" \"$0.config\"\n"
                        + "stat -c %a \"$2\" >\"$0.mode\"\nmv \"$0.part\" \"$0.args\"\n"
                        + body
                        + "\n");
        Files.setPosixFilePermissions(script, PosixFilePermissions.fromString("rwxr-xr-x"));
    }

    private List<String> args(String tag, String... more) {
        var args =
                new ArrayList<>(
                        List.of(
                                "mount",
                                "--target",
                                OPEN.getFirst().authority() + "/app:" + tag,
                                "--mount-path",
                                dir.resolve("mnt").toString(),
                                "--work-dir",
                                dir.resolve("work").toString()));
        args.addAll(List.of(more));
        return args;
    }

    private String said() {
        return err.toString(StandardCharsets.UTF_8);
    }

    private FutureTask<Integer> start(ProgramContext context, List<String> args) {
        var run = new FutureTask<>(() -> Nydusify.run(context, new EmbeddedNydusImage(), args));
        Thread.ofPlatform().name("nydusify").daemon().start(run);
        return run;
    }

    private void await(FutureTask<Integer> run, BooleanSupplier condition) throws Exception {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
        while (!condition.getAsBoolean()) {
            assertThat(run.isDone()).as(said()).isFalse();
            assertThat(System.nanoTime()).as(said()).isLessThan(end);
            Thread.sleep(20);
        }
    }

    @Test
    void nydusdGetsBootstrapAndRegistryAndEndsWithUs() throws Exception {
        standIn("trap 'exit 0' TERM\nwhile :; do sleep 0.1; done");
        var context = context(err, dir.path());
        var run = start(context, args("1-nydus", "--prefetch"));
        await(run, () -> Files.exists(dir.resolve("bin/nydusd.args")));
        var args = Files.readAllLines(dir.resolve("bin/nydusd.args"));
        assertThat(args)
                .containsSubsequence("--mountpoint", dir.path().toRealPath() + "/mnt")
                .containsSubsequence("--log-level", "warn")
                .contains("--apisock");
        Path bootstrap = Path.of(args.get(args.indexOf("--bootstrap") + 1));
        assertThat(bootstrap).isNotEmptyFile();
        assertThat(bootstrap.resolveSibling("nydus_manifest.json")).isNotEmptyFile();
        context.stop().request();
        assertThat(run.get(60, TimeUnit.SECONDS)).as(said()).isZero();

        var config = JsonReader.read(dir.resolve("bin/nydusd.config"));
        var backend = config.get("device").get("backend");
        assertThat(backend.get("type").text()).isEqualTo("registry");
        var registry = backend.get("config");
        assertThat(registry.get("scheme").text()).isEqualTo("http");
        assertThat(registry.get("host").text()).isEqualTo(OPEN.getFirst().authority());
        assertThat(registry.get("repo").text()).isEqualTo("app");
        assertThat(registry.get("auth").text()).isEqualTo(auth());
        assertThat(config.get("fs_prefetch").get("enable").text()).isEqualTo("true");
        assertThat(dir.resolve("bin/nydusd.mode")).hasContent("600");
        assertThat(dir.resolve("work")).doesNotExist();
        assertThat(dir.resolve("mnt")).doesNotExist();
    }

    @Test
    void backendIsHandedOnAndWhatTheUserHadStays() throws Exception {
        standIn("exit 3");
        Files.createDirectories(dir.resolve("work/mine"));
        Files.createDirectories(dir.resolve("mnt"));
        var run =
                start(
                        context(err, dir.path()),
                        args(
                                "1-nydus",
                                "--backend-type",
                                "localfs",
                                "--backend-config",
                                "{\"dir\":\"/blobs\"}"));
        assertThat(run.get(60, TimeUnit.SECONDS)).isEqualTo(1);
        assertThat(said()).contains("nydusd ended with code 3 before");
        var backend =
                JsonReader.read(dir.resolve("bin/nydusd.config")).get("device").get("backend");
        assertThat(backend.get("type").text()).isEqualTo("localfs");
        assertThat(backend.get("config").get("dir").text()).isEqualTo("/blobs");
        assertThat(dir.resolve("work").toFile().list()).containsExactly("mine");
        assertThat(dir.resolve("mnt")).isEmptyDirectory();
    }

    @Test
    void whatIsWrongIsNamed() throws Exception {
        var none = start(context(err, dir.path()), args("1-nydus"));
        assertThat(none.get(60, TimeUnit.SECONDS)).isEqualTo(1);
        assertThat(said()).contains("there is no nydusd in PATH");
        standIn("exit 0");
        var oci = start(context(err, dir.path()), args("1"));
        assertThat(oci.get(60, TimeUnit.SECONDS)).isEqualTo(1);
        assertThat(said()).contains("is not a Nydus image");
        var backend = start(context(err, dir.path()), args("1-nydus", "--backend-type=s3"));
        assertThat(backend.get(60, TimeUnit.SECONDS)).isEqualTo(1);
        assertThat(said()).contains("--backend-type needs --backend-config");
        assertThat(dir.resolve("work")).doesNotExist();
        assertThat(dir.resolve("mnt")).doesNotExist();
    }

    @Test
    @Tag("root")
    void mountThatNydusdLeavesBehindIsTakenAway() throws Exception {
        Requires.mounts();
        standIn("mount -t tmpfs none \"$4\"\ntrap 'exit 0' TERM\nwhile :; do sleep 0.1; done");
        var context = context(err, dir.path());
        var run = start(context, args("1-nydus"));
        await(run, () -> said().contains("mounted "));
        RawPath mountPoint = RawPath.of(dir.resolve("mnt").toRealPath());
        assertThat(MountInfo.at(mountPoint)).isPresent();
        context.stop().request();
        assertThat(run.get(60, TimeUnit.SECONDS)).as(said()).isZero();
        assertThat(MountInfo.at(mountPoint)).isEmpty();
        assertThat(dir.resolve("mnt")).doesNotExist();
    }
}
