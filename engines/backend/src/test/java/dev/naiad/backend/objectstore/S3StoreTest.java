package dev.naiad.backend.objectstore;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.naiad.backend.config.BackendConfig;
import dev.naiad.backend.store.Content;
import dev.naiad.backend.store.WritableBackendContract;
import dev.naiad.base.error.ErrorKind;
import dev.naiad.base.error.NaiadException;
import dev.naiad.testkit.s3.RealS3;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** S3 as a server that checks signatures speaks it. */
class S3StoreTest extends WritableBackendContract {
    /** Four parts are sent at once, so the fifth has begun, and one has been answered. */
    private static final long CUT = 4 * MultipartUpload.PART_BYTES + (2 << 20);

    private static final List<RealS3> OPEN = new ArrayList<>();

    @BeforeAll
    static void start() {
        OPEN.add(RealS3.start());
    }

    @AfterAll
    static void stop() {
        OPEN.forEach(RealS3::close);
        OPEN.clear();
    }

    @BeforeEach
    void empty() {
        s3().clear();
    }

    private static RealS3 s3() {
        return OPEN.getFirst();
    }

    @Override
    protected BackendConfig config(String prefix) {
        return parse("s3", s3().config(prefix));
    }

    @Test
    void theKeyIsPrefixAndNameWhateverTheirCharacters() throws Exception {
        try (var store = open(config("a b/ü+&=/"))) {
            store.put("x~y", Content.of(random(10)), n -> {}, soon());
            assertThat(store.size("x~y", soon())).hasValue(10);
        }
        assertThat(s3().objects()).containsOnlyKeys("a b/ü+&=/x~y");
        assertThat(s3().read("a b/ü+&=/x~y")).isEqualTo(random(10));
    }

    @Test
    void aWrongKeyIsToldAndNothingIsStored() throws Exception {
        var config = parse("s3", RealS3.config(s3().endpoint(), "wrong", ""));
        try (var store = open(config)) {
            assertThatThrownBy(
                            () -> store.put("x", Content.of(random(largeBytes())), n -> {}, soon()))
                    .isInstanceOfSatisfying(
                            NaiadException.class,
                            e -> assertThat(e.kind()).isEqualTo(ErrorKind.PERMISSION_DENIED));
        }
        assertThat(s3().objects()).isEmpty();
    }

    @Test
    void aBrokenUploadIsContinuedByTheNext() throws Exception {
        byte[] large = random(5 * (int) MultipartUpload.PART_BYTES + 77);
        try (var cable = new CutCable(s3().endpoint(), CUT)) {
            var config = parse("s3", RealS3.config(cable.endpoint(), RealS3.SECRET_KEY, ""));
            try (var store = open(config)) {
                assertThatThrownBy(() -> store.put("x", Content.of(large), n -> {}, soon()))
                        .isInstanceOf(NaiadException.class);
            }
            assertThat(s3().objects()).doesNotContainKey("x");
            assertThat(s3().unfinishedUploads()).isOne();
            cable.repair();
            try (var store = open(config)) {
                store.put("x", Content.of(large), n -> {}, soon());
            }
            // How many parts had arrived is up to chance; one at least had.
            assertThat(cable.sent()).isLessThan(large.length - MultipartUpload.PART_BYTES / 2);
        }
        assertThat(s3().read("x")).isEqualTo(large);
        assertThat(s3().unfinishedUploads()).isZero();
    }

    @Test
    void partsOfOtherContentAreSentAgain() throws Exception {
        byte[] first = random(5 * (int) MultipartUpload.PART_BYTES + 77);
        byte[] second = first.clone();
        second[3] ^= 1;
        second[(int) MultipartUpload.PART_BYTES + 3] ^= 1;
        try (var cable = new CutCable(s3().endpoint(), CUT)) {
            var config = parse("s3", RealS3.config(cable.endpoint(), RealS3.SECRET_KEY, ""));
            try (var store = open(config)) {
                assertThatThrownBy(() -> store.put("x", Content.of(first), n -> {}, soon()))
                        .isInstanceOf(NaiadException.class);
            }
        }
        try (var store = open(config(""))) {
            store.put("x", Content.of(second), n -> {}, soon());
        }
        assertThat(s3().read("x")).isEqualTo(second);
    }

    @Test
    void partsGrowWithTheObject() {
        assertThat(MultipartUpload.partBytes(1L << 30, 16 << 20)).isEqualTo(16 << 20);
        long size = 1L << 40;
        long part = MultipartUpload.partBytes(size, 16 << 20);
        assertThat(part % (16 << 20)).isZero();
        assertThat(Math.ceilDiv(size, part)).isLessThanOrEqualTo(10_000);
    }
}
