package dev.naiad.convert.verify;

import static org.assertj.core.api.Assertions.assertThat;

import dev.naiad.builder.BuildOptions;
import dev.naiad.builder.ImageMerger;
import dev.naiad.builder.LayerBootstrap;
import dev.naiad.builder.LayerBuilder;
import dev.naiad.builder.MergeOptions;
import dev.naiad.rafs.RafsVersion;
import dev.naiad.testkit.NastyTars;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.lang.foreign.MemorySegment;
import java.nio.channels.Channels;
import java.util.ArrayList;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The second reading of an archive agrees with the builder's, however nasty the archive is. */
class NastyAuditTest {
    static Stream<NastyTars.Image> images() {
        return NastyTars.all();
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("images")
    void bothReadingsAgree(NastyTars.Image nasty) throws IOException {
        for (var version : RafsVersion.values()) {
            var options = BuildOptions.forConversion();
            if (version == RafsVersion.V5) {
                options = options.withToc(false).withVersion(version);
            }
            var bootstraps = new ArrayList<LayerBootstrap>();
            var evidence = new ArrayList<Evidence>();
            for (byte[] tar : nasty.layers()) {
                var sent = Channels.newChannel(OutputStream.nullOutputStream());
                try (var audit = new LayerAudit("layer", options, sent)) {
                    var source = audit.source(new ByteArrayInputStream(tar));
                    var built =
                            LayerBuilder.fromTar(
                                    "layer", Channels.newChannel(source), options, audit.blob());
                    var _ = source.transferTo(OutputStream.nullOutputStream());
                    evidence.add(audit.check(built));
                    bootstraps.add(
                            LayerBootstrap.of(
                                    built.digest().hex(),
                                    MemorySegment.ofArray(built.bootstrap()),
                                    built.size()));
                }
            }
            byte[] merged = ImageMerger.merge(bootstraps, MergeOptions.forConversion()).bootstrap();
            long entries = ImageAudit.check("image", evidence, merged);
            assertThat(entries).isPositive();
            assertThat(ImageAudit.consuming("image", evidence).check(merged)).isEqualTo(entries);
        }
    }
}
