package dev.naiad.acceleration.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.naiad.base.error.NaiadException;
import dev.naiad.oci.ref.ImageReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TargetRulesTest {
    private static final String DIGEST = "@sha256:" + "a".repeat(64);

    private final TargetRules rules = new TargetRules("-nydus", "nydus-cache");

    @ParameterizedTest
    @CsvSource({
        "app, docker.io/library/app:latest-nydus",
        "host/app:1, host/app:1-nydus",
        "host.io:5000/a/b:1@D, host.io:5000/a/b:1-nydus",
        "host.io/a@D, host.io/a:latest-nydus",
        "host.io/a:1-nydus, host.io/a:1-nydus-nydus"
    })
    void theConvertedImageHasTheSuffixAndNoDigest(String source, String target) {
        ImageReference reference = ImageReference.parse(source.replace("@D", DIGEST));

        assertThat(rules.target(reference).toString())
                .isEqualTo(ImageReference.parse(target).toString());
    }

    @Test
    void theCacheLiesInTheSameRepositoryAndIsNoImage() {
        ImageReference source = ImageReference.parse("host.io/a:1" + DIGEST);

        assertThat(rules.cache(source)).hasToString("Optional[host.io/a:nydus-cache]");
        assertThat(rules.isCache(source)).isFalse();
        assertThat(rules.isCache(ImageReference.parse("host.io/a:nydus-cache"))).isTrue();
        assertThat(new TargetRules("-nydus", "").cache(source)).isEmpty();
    }

    @Test
    void withoutARuleTheImageHasNoName() {
        assertThatThrownBy(() -> new TargetRules("", "c").target(ImageReference.parse("a")))
                .isInstanceOf(NaiadException.class)
                .hasMessageContaining("tag_suffix");
    }

    @Test
    void aTagThatBecomesTooLongIsRefused() {
        ImageReference source = ImageReference.parse("host.io/a:" + "t".repeat(126));

        assertThatThrownBy(() -> rules.target(source)).isInstanceOf(NaiadException.class);
    }
}
