package dev.naiad.dragonfly;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.naiad.dragonfly.TaskIds.UrlInputs;
import dev.naiad.dragonfly.api.common.Download;
import java.util.List;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class TaskIdsTest {
    private static final String H =
            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

    @ParameterizedTest
    @CsvSource(
            nullValues = "-",
            value = {
                "foo, bar, v1.0, 1024, 5844f27a257287e9b734256bb25603d8005422ced8c0377f15063ec11963b25f",
                "foo, bar, '', -, 06408fbf247ddaca478f8cb9565fe5591c28efd0994b8fea80a6a87d3203c5ca",
                "foo, '', '', -, 3c3f230ef9f191dd2821510346a7bc138e4894bee9aee184ba250a3040701d2a",
                "'', bar, '', -, c9f9261b7305c24371244f9f149f5d4589ed601348fdf22d7f6f4b10658fdba2",
                "'', '', '', 1024, 9f7c9aafbc6f30f8f41a96ca77eeae80c5b60964b3034b0ee43ccf7b2f9e52b8",
                "'', '', '', -, 457b4328cde278e422c9e243f7bfd1e97f511fec43a80f535cf6b0ef6b086776",
                "'', '', v1.0, -, b171331534b80e0bf91da38ebbfcdbf4d177898f4b9beac44f14733e3f004d4e",
            })
    void inputsOfAUrlIdAreHashedInOrder(
            String tag,
            String application,
            String revision,
            @org.jspecify.annotations.Nullable Long pieceLength,
            String id) {
        var inputs =
                new UrlInputs(
                        tag,
                        application,
                        revision,
                        pieceLength == null ? OptionalLong.empty() : OptionalLong.of(pieceLength));
        assertThat(TaskIds.ofUrl("https://example.com", List.of(), inputs)).isEqualTo(id);
        assertThat(
                        TaskIds.ofUrl(
                                "https://example.com?foo=foo&bar=bar",
                                List.of("foo", "bar"),
                                inputs))
                .isEqualTo(id);
    }

    @ParameterizedTest
    @CsvSource({
        "https://index.docker.io/v2/dragonflyoss/alpine/blobs/sha256:,84bfe95fb8a549092f2279aba7e9251fb5fca2e19ebdd7906c46a0796ab48502",
        "http://127.0.0.1:5000/v2/naiad/alpine/blobs/sha256:,c12dc1c815c752b37b28deef259b7cdb8b7fd2874ce63efdccb734f687b1eb26",
        "http://127.0.0.1/v2/naiad/alpine/blobs/sha256:,a938e52e33cd36b70841dba58a69ab1e08ee12c49276236a781f16a1c256067a",
        "http://127.0.0.1:80/v2/naiad/alpine/blobs/sha256:,a938e52e33cd36b70841dba58a69ab1e08ee12c49276236a781f16a1c256067a",
    })
    void blobUrlsHaveTheIdsOfTheOriginal(String url, String id) {
        assertThat(TaskIds.ofUrl(url + H, FilteredQueryParams.DEFAULT, UrlInputs.NONE))
                .isEqualTo(id);
    }

    @Test
    void contentNamesTheTask() {
        var download =
                Download.newBuilder()
                        .setUrl("https://example.com")
                        .setContentForCalculatingTaskId("This is a test file")
                        .build();
        assertThat(TaskIds.of(download))
                .isEqualTo("e2d0fe1585a63ec6009c8016ff8dda8b17719a637405a4e23c0ff81339148249");
    }

    @Test
    void blobDigestIsTheIdOnlyWhenAskedFor() {
        var download =
                Download.newBuilder()
                        .setUrl("https://r.example/v2/a/b/blobs/sha256:" + H + "?ns=docker.io");
        assertThat(TaskIds.of(download.build())).isNotEqualTo(H);
        assertThat(TaskIds.of(download.setEnableTaskIdBasedBlobDigest(true).build())).isEqualTo(H);
    }

    @Test
    void aSha512BlobFallsBackToTheIdOfItsUrl() {
        String url = "https://r.example/v2/a/blobs/sha512:" + H + H;
        var download =
                Download.newBuilder().setUrl(url).setEnableTaskIdBasedBlobDigest(true).build();
        assertThat(TaskIds.of(download)).isEqualTo(TaskIds.ofUrl(url, List.of(), UrlInputs.NONE));
    }

    @ParameterizedTest
    @CsvSource({
        "HTTP://Example.COM:80/a/./b/../c,http://example.com/a/c",
        "https://example.com:443/,https://example.com",
        "https://example.com:8443/,https://example.com:8443",
        "https://example.com/a/,https://example.com/a/",
        "https://example.com/a b,https://example.com/a%20b",
        "https://example.com/x?a&b=1 2&c=%7e,https://example.com/x?a=&b=1+2&c=%7E",
        "https://example.com/x?ns=r&z=1&a=2,https://example.com/x?z=1&a=2",
        "https://example.com/x?ns=r#f,https://example.com/x#f",
        "s3://Bucket/Key,s3://Bucket/Key",
    })
    void urlsAreWrittenInOneForm(String url, String normal) {
        assertThat(UrlNormalizer.normalize(url, List.of("ns"))).isEqualTo(normal);
    }

    @Test
    void whatIsNoUrlIsRefusedWithoutItsQuery() {
        assertThatThrownBy(() -> TaskIds.ofUrl("nonsense?sig=geheim", List.of(), UrlInputs.NONE))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("not an absolute URL: nonsense");
    }

    @Test
    void hostAndPeerIdsCarryTheSeedSuffix() {
        var uuid = java.util.UUID.fromString("00000000-0000-4000-8000-000000000001");
        assertThat(HostIds.host("10.0.0.1", "n1", false)).isEqualTo("10.0.0.1-n1");
        assertThat(HostIds.host("10.0.0.1", "n1", true)).isEqualTo("10.0.0.1-n1-seed");
        assertThat(HostIds.peer("10.0.0.1", "n1", uuid, true))
                .isEqualTo("10.0.0.1-n1-" + uuid + "-seed");
        assertThat(HostIds.isSeed("10.0.0.1-n1-seed")).isTrue();
    }
}
