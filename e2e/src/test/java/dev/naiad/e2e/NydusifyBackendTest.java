package dev.naiad.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import dev.naiad.e2e.image.ImageCache;
import dev.naiad.e2e.image.Recipe;
import dev.naiad.e2e.lab.Command;
import dev.naiad.e2e.lab.Dist;
import dev.naiad.e2e.lab.Workspace;
import dev.naiad.testkit.RealRegistry;
import dev.naiad.testkit.s3.RealS3;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * An image of a distribution's packages, with its blobs in S3: nydusd mounts it from there, and the
 * tree is that of the plain image.
 */
@Tag("e2e")
class NydusifyBackendTest {
    private static String nydusify(Path work, String... words) {
        var argv = new ArrayList<>(List.of(Dist.find().program("nydusify")));
        argv.addAll(List.of(words));
        argv.add("--work-dir=" + work.resolve("work"));
        Command.Result result =
                Command.of(argv).env("DOCKER_CONFIG", work.resolve("none").toString()).run();
        assertThat(result.code()).as(result.text()).isZero();
        return result.text();
    }

    @Test
    void nydusdReadsWhatWasConvertedToS3() {
        Path layout = new ImageCache(System.out::println).layout(Recipe.SMALL);
        try (var workspace = Workspace.create();
                var registry = RealRegistry.start();
                var s3 = RealS3.start()) {
            Path work = workspace.path();
            String source = registry.authority() + "/src/image:1";
            String target = registry.authority() + "/s3/image:1";
            Command.of(
                            "skopeo",
                            "--insecure-policy",
                            "copy",
                            "--dest-tls-verify=false",
                            "oci:" + layout + ":" + ImageCache.TAG,
                            "docker://" + source)
                    .must();
            String config = s3.config("nydus/");
            nydusify(
                    work,
                    "convert",
                    "--source=" + source,
                    "--target=" + target,
                    "--backend-type=s3",
                    "--backend-config=" + config);
            assertThat(s3.objects()).isNotEmpty();
            String said =
                    nydusify(
                            work,
                            "check",
                            "--source=" + source,
                            "--target=" + target,
                            "--target-backend-type=s3",
                            "--target-backend-config=" + config);
            assertThat(said)
                    .contains("verified manifest", "chunks of", "entries of the mounted image");
            String copied = registry.authority() + "/copied/image:1";
            nydusify(
                    work,
                    "copy",
                    "--source=" + target,
                    "--target=" + copied,
                    "--source-backend-type=s3",
                    "--source-backend-config=" + config);
            assertThat(nydusify(work, "check", "--source=" + source, "--target=" + copied))
                    .contains("entries of the mounted image");
        }
    }

    /** All of the image's data are in the dictionary's blobs, which are in its repository, too. */
    @Test
    void nydusdFindsTheBlobsOfAChunkDictionary() {
        Path layout = new ImageCache(System.out::println).layout(Recipe.SMALL);
        try (var workspace = Workspace.create();
                var registry = RealRegistry.start()) {
            Path work = workspace.path();
            String source = registry.authority() + "/src/image:1";
            String dictionary = registry.authority() + "/dictionary/image:1";
            String target = registry.authority() + "/app/image:1";
            Command.of(
                            "skopeo",
                            "--insecure-policy",
                            "copy",
                            "--dest-tls-verify=false",
                            "oci:" + layout + ":" + ImageCache.TAG,
                            "docker://" + source)
                    .must();
            nydusify(work, "convert", "--source=" + source, "--target=" + dictionary);
            nydusify(
                    work,
                    "convert",
                    "--source=" + source,
                    "--target=" + target,
                    "--chunk-dict=bootstrap:registry:" + dictionary);
            assertThat(nydusify(work, "check", "--source=" + source, "--target=" + target))
                    .contains("chunks of", "entries of the mounted image");
        }
    }
}
