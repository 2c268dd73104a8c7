package dev.naiad.backend.objectstore;

import static org.assertj.core.api.Assertions.assertThat;

import dev.naiad.base.config.Secret;
import dev.naiad.net.client.HttpRequest;
import dev.naiad.net.http.HttpUrl;
import java.time.Instant;
import org.junit.jupiter.api.Test;

class SignerTest {
    /**
     * The worked example of AWS's documentation of signature version 4 (GET of an object with a
     * range).
     */
    @Test
    void s3SignatureIsThatOfTheDocumentation() {
        var signer =
                new S3Signer(
                        Secret.of("AKIAIOSFODNN7EXAMPLE"),
                        Secret.of("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"),
                        "us-east-1",
                        () -> Instant.parse("2013-05-24T00:00:00Z"));
        var request =
                HttpRequest.get(HttpUrl.parse("https://examplebucket.s3.amazonaws.com/test.txt"))
                        .with("Range", "bytes=0-9");
        assertThat(signer.sign(request).headers().first("Authorization").orElseThrow())
                .isEqualTo(
                        "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request, "
                                + "SignedHeaders=host;range;x-amz-content-sha256;x-amz-date, "
                                + "Signature=f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41");
    }

    @Test
    void withoutKeysNothingIsSigned() {
        var signer = new OssSigner(Secret.of(""), Secret.of(""), "b", false, () -> Instant.EPOCH);
        var request = HttpRequest.get("http://b.oss/x");
        assertThat(signer.sign(request)).isEqualTo(request);
    }

    @Test
    void ossSignatureNamesKeyAndDate() {
        var signer =
                new OssSigner(Secret.of("id"), Secret.of("key"), "b", false, () -> Instant.EPOCH);
        var headers = signer.sign(HttpRequest.get("http://b.oss/x")).headers();
        assertThat(headers.first("Date")).contains("Thu, 01 Jan 1970 00:00:00 GMT");
        assertThat(headers.first("Authorization").orElseThrow())
                .matches("OSS id:[A-Za-z0-9+/]{27}=");
    }

    /** The worked example of OSS's documentation of the header signature. */
    @Test
    void ossSignatureIsThatOfTheDocumentation() {
        var signer =
                new OssSigner(
                        Secret.of("44CF9590006BF252F707"),
                        Secret.of("OtxrzxIsfpFjA7SwPzILwy8Bw21TLhquhboDYROV"),
                        "oss-example",
                        false,
                        () -> Instant.parse("2005-11-17T18:49:58Z"));
        var request =
                HttpRequest.of(
                                "PUT",
                                HttpUrl.parse(
                                        "http://oss-example.oss-cn-hangzhou.aliyuncs.com/nelson"))
                        .with("Content-MD5", "ODBGOERFMDMzQTczRUY3NUE3NzA5QzdFNUYzMDQxNEM=")
                        .with("Content-Type", "text/html")
                        .with("X-OSS-Meta-Author", "foo@bar.com")
                        .with("X-OSS-Magic", "abracadabra");
        assertThat(signer.sign(request).headers().first("Authorization"))
                .contains("OSS 44CF9590006BF252F707:26NBxoKdsyly4EDv6inkoDft/yA=");
    }
}
