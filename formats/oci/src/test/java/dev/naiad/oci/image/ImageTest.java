package dev.naiad.oci.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.naiad.base.bytes.Digest;
import dev.naiad.base.error.NaiadException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ImageTest {
    private static final String HEX1 =
            "eea5346a2d78a903f11cbfbff3ef95104fd367ed15c07f54c6baeb8567df5fd7";
    private static final String HEX2 =
            "f2288f6a5a1042c1b4afaf39e0e89e4aafc6418aff1e6380861d923365c6fc1a";

    private static final String MANIFEST =
            """
            {
              "schemaVersion": 2,
              "mediaType": "application/vnd.oci.image.manifest.v1+json",
              "config": {
                "mediaType": "application/vnd.oci.image.config.v1+json",
                "digest": "sha256:%s",
                "size": 7023
              },
              "layers": [
                {
                  "mediaType": "application/vnd.oci.image.layer.v1.tar+gzip",
                  "digest": "sha256:%s",
                  "size": 32654,
                  "x-kept": true,
                  "annotations": {
                    "containerd.io/snapshot/nydus-bootstrap": "true"
                  }
                }
              ],
              "annotations": {
                "a": "<b>"
              }
            }"""
                    .formatted(HEX1, HEX2);

    @Test
    void manifestIsWrittenBackAsItWasButForGosEscapes() {
        var manifest = Manifest.parse("r", "ignored", MANIFEST.getBytes(StandardCharsets.UTF_8));
        assertThat(manifest.isNydus()).isTrue();
        assertThat(manifest.layers().getFirst().size()).isEqualTo(32654);
        assertThat(new String(manifest.toJson(), StandardCharsets.UTF_8))
                .isEqualTo(MANIFEST.replace("<b>", "\\u003cb\\u003e"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "[]",
                "{}",
                "{\"schemaVersion\":1,\"config\":{},\"layers\":[]}",
                "{\"schemaVersion\":2,\"config\":{\"digest\":\"x\",\"size\":1},\"layers\":[]}",
                "{\"schemaVersion\":2,\"config\":{\"digest\":\"sha256:00\",\"size\":-1},\"layers\":[]}"
            })
    void whatIsNoManifestIsRefused(String json) {
        assertThatThrownBy(() -> Manifest.parse("r", "", json.getBytes(StandardCharsets.UTF_8)))
                .isInstanceOf(NaiadException.class);
    }

    @Test
    void configKeepsWhatItDoesNotKnow() {
        String json =
                "{\"architecture\":\"arm64\",\"variant\":\"v8\",\"os\":\"linux\",\"odd\":{\"x\":1.50},"
                        + "\"rootfs\":{\"type\":\"layers\",\"diff_ids\":[\"sha256:"
                        + HEX1
                        + "\"]}}";
        var config = ImageConfig.parse("r", json.getBytes(StandardCharsets.UTF_8));
        assertThat(config.platform()).isEqualTo(new Platform("linux", "arm64", ""));
        var changed = config.withLayers(List.of(Digest.sha256(HEX2)), "me", "why");
        assertThat(new String(changed.toJson(), StandardCharsets.UTF_8))
                .isEqualTo(
                        json.replace(HEX1, HEX2).replaceAll("}}$", "}")
                                + ",\"history\":[{\"created_by\":\"me\",\"comment\":\"why\"}]}");
    }

    @ParameterizedTest
    @CsvSource({
        "linux/amd64,linux/amd64,true",
        "linux/x86_64,linux/amd64,true",
        "linux/arm64,linux/arm64/v8,true",
        "linux/arm/v7,linux/arm/v6,false",
        "linux/arm,linux/arm/v6,true",
        "linux/amd64,windows/amd64,false",
    })
    void platformsMatch(String wanted, String image, boolean fits) {
        assertThat(Platform.parse(wanted).accepts(Platform.parse(image))).isEqualTo(fits);
    }

    @Test
    void malformedPlatformIsRefused() {
        assertThatThrownBy(() -> Platform.parse("amd64")).isInstanceOf(NaiadException.class);
    }
}
