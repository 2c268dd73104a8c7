package dev.naiad.fuzz;

import java.util.stream.Stream;

/** Good documents of every text format. */
final class Documents {
    private static final String DIGEST = "sha256:" + "0123456789abcdef".repeat(4);

    private Documents() {}

    static Stream<String> json() {
        return Stream.concat(
                Stream.of(
                        "{\"a\":[1,-2.5e3,true,null,\"\\u00e4\\n\"],\"b\":{\"c\":{}}}",
                        "[]",
                        "{\"device\":{\"backend\":{\"type\":\"registry\",\"config\":{\"host\":\"h\"}}},"
                                + "\"mode\":\"direct\",\"digest_validate\":false}"),
                Stream.of(manifests(), dockerConfigs(), stargz()).flatMap(s -> s));
    }

    static Stream<String> toml() {
        return Stream.of(
                """
                version = 1
                # a comment
                root = "/var/lib/x" # another
                'quoted key' = '''raw
                text'''
                number = [0x1f, 1_000, -3.5e2, inf, 1979-05-27T07:32:00Z]
                inline = { a = 1, "b.c" = [ { d = true } ] }

                [table.sub]
                key = \"""multi \\
                   line\"""

                [[array.of.tables]]
                x = 1
                [[array.of.tables]]
                x = 2
                """,
                "a.b.c = 1\na.d = 2\n");
    }

    static Stream<String> yaml() {
        return Stream.of(
                """
                host:
                  idc: "a"
                list:
                  - 1
                  - x: |
                      text
                      more
                    y: [a, {b: c}]
                empty: ~
                flag: true
                """,
                "a: &x {b: 1}\nc: *x\n",
                "--- 1\n");
    }

    static Stream<String> manifests() {
        return Stream.of(
                "{\"schemaVersion\":2,\"mediaType\":\"application/vnd.oci.image.manifest.v1+json\",\"config\":{\"mediaType\":"
                        + "\"application/vnd.oci.image.config.v1+json\",\"digest\":\""
                        + DIGEST
                        + "\",\"size\":7},\"layers\":[{\"mediaType\":\"application/vnd.oci.image.layer.v1.tar+gzip\",\"digest\":\""
                        + DIGEST
                        + "\",\"size\":70,\"annotations\":{\"containerd.io/snapshot/nydus-blob\":\"true\"}}],\"annotations\":{\"k\":\"v\"}}",
                "{\"schemaVersion\":2,\"mediaType\":\"application/vnd.oci.image.index.v1+json\",\"manifests\":[{\"mediaType\":"
                        + "\"application/vnd.oci.image.manifest.v1+json\",\"digest\":\""
                        + DIGEST
                        + "\",\"size\":5,\"platform\":{\"architecture\":\"arm64\",\"os\":\"linux\",\"variant\":\"v8\",\"os.features\":[\"nydus.remoteimage.v1\"]}}]}",
                "{\"architecture\":\"amd64\",\"os\":\"linux\",\"rootfs\":{\"type\":\"layers\",\"diff_ids\":[\""
                        + DIGEST
                        + "\"]},\"history\":[{\"created_by\":\"x\",\"empty_layer\":true}]}");
    }

    static Stream<String> dockerConfigs() {
        return Stream.of(
                "{\"auths\":{\"https://index.docker.io/v1/\":{\"auth\":\"dXNlcjpwYXNz\"},\"localhost:5000\":{\"username\":\"u\",\"password\":\"p\"}}}",
                "{\"auths\":{\"localhost:5000\":{\"identitytoken\":\"t\"}},\"credHelpers\":{\"x\":\"y\"},\"credsStore\":\"\"}");
    }

    static Stream<String> stargz() {
        return Stream.of(
                "{\"version\":1,\"entries\":[{\"name\":\"bin/\",\"type\":\"dir\",\"modtime\":\"2019-08-20T10:30:43Z\",\"mode\":16877},"
                        + "{\"name\":\"bin/busybox\",\"type\":\"reg\",\"size\":8,\"modtime\":\"2019-06-12T17:52:45Z\",\"mode\":33261,\"offset\":100,\"digest\":\""
                        + DIGEST
                        + "\",\"chunkDigest\":\""
                        + DIGEST
                        + "\"},{\"name\":\"l\",\"type\":\"symlink\",\"linkName\":\"bin\"},{\"name\":\"h\",\"type\":\"hardlink\",\"linkName\":\"bin/busybox\"}]}");
    }
}
