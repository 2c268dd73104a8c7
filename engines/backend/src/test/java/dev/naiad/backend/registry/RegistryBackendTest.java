package dev.naiad.backend.registry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.naiad.backend.Backend;
import dev.naiad.backend.BackendContract;
import dev.naiad.backend.ReadPriority;
import dev.naiad.backend.TestBackends;
import dev.naiad.backend.config.ConnectionConfig;
import dev.naiad.base.bytes.Digest;
import dev.naiad.base.concurrent.Deadline;
import dev.naiad.base.config.Secret;
import dev.naiad.base.error.NaiadException;
import dev.naiad.net.client.Proxies;
import dev.naiad.oci.auth.Credential;
import dev.naiad.testkit.RealRegistry;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The registry backend against a real registry with TLS and password. */
@Timeout(180)
class RegistryBackendTest extends BackendContract {
    private static final List<RealRegistry> OPEN = new ArrayList<>();

    @BeforeAll
    static void start() {
        OPEN.add(RealRegistry.builder().tls().password().start());
        try (var repository = repository("a/b")) {
            repository.putBlob(Digest.sha256(BLOB), CONTENT, Deadline.never());
        }
    }

    @AfterAll
    static void stop() {
        OPEN.forEach(RealRegistry::close);
        OPEN.clear();
    }

    private static RegistryRepository repository(String path) {
        RealRegistry registry = OPEN.getFirst();
        return new RegistryRepository(
                new RegistryRepository.Settings(
                        "https",
                        registry.authority(),
                        registry.authority(),
                        path,
                        "pull,push",
                        "test",
                        host ->
                                Optional.of(
                                        new Credential.Basic(
                                                RealRegistry.USER,
                                                Secret.of(RealRegistry.PASSWORD))),
                        ConnectionConfig.DEFAULT.withCaCertFiles(List.of(registry.certificate())),
                        Proxies.NONE));
    }

    private static String config(String auth) {
        RealRegistry registry = OPEN.getFirst();
        return "{\"host\":\""
                + registry.authority()
                + "\",\"repo\":\"a/b\",\"auth\":\""
                + auth
                + "\",\"timeout\":30,\"connect_timeout\":30,\"ca_cert_files\":[\""
                + registry.certificate()
                + "\"]}";
    }

    private static String encoded(String password) {
        return new Credential.Basic(RealRegistry.USER, Secret.of(password)).encoded().reveal();
    }

    @Override
    protected Backend open() {
        return TestBackends.open("registry", config(encoded(RealRegistry.PASSWORD)));
    }

    @Test
    void wrongPasswordIsAnErrorThatDoesNotShowIt() {
        try (var backend = TestBackends.open("registry", config(encoded("wrong")))) {
            assertThatThrownBy(() -> backend.size(BLOB, Deadline.never()))
                    .isInstanceOf(NaiadException.class)
                    .hasMessageContaining("401")
                    .hasMessageNotContaining("wrong")
                    .hasMessageNotContaining(encoded("wrong"));
            // A renewed password takes effect in the running backend.
            assertThat(backend.reconfigure("registry_auth", encoded(RealRegistry.PASSWORD)))
                    .isTrue();
            assertThat(backend.size(BLOB, Deadline.never())).isEqualTo(CONTENT.length);
        }
    }

    @Test
    void unknownCertificateIsRefusedUnlessVerificationIsOff() {
        RealRegistry registry = OPEN.getFirst();
        String auth = encoded(RealRegistry.PASSWORD);
        String json =
                "{\"host\":\""
                        + registry.authority()
                        + "\",\"repo\":\"a/b\",\"auth\":\""
                        + auth
                        + "\",\"skip_verify\":%s}";
        try (var backend = TestBackends.open("registry", String.format(json, "false"))) {
            assertThatThrownBy(() -> backend.size(BLOB, Deadline.never()))
                    .hasMessageContaining("TLS");
        }
        try (var backend = TestBackends.open("registry", String.format(json, "true"))) {
            assertThat(backend.size(BLOB, Deadline.never())).isEqualTo(CONTENT.length);
        }
    }

    @Test
    void uploadsArriveInPiecesAndMountsMoveNothing() {
        byte[] bytes = new byte[500_000];
        new Random(9).nextBytes(bytes);
        Digest digest = Digest.sha256Of(bytes);
        try (var repository = repository("up/load");
                var other = repository("up/other")) {
            var upload = repository.upload(Deadline.never());
            for (int at = 0; at < bytes.length; at += 200_000) {
                upload.append(bytes, at, Math.min(200_000, bytes.length - at));
            }
            assertThat(upload.offset()).isEqualTo(bytes.length);
            assertThat(repository.hasBlob(digest, Deadline.never())).isFalse();
            upload.commit(digest);
            assertThat(repository.hasBlob(digest, Deadline.never())).isTrue();
            assertThat(other.mount(digest, repository, Deadline.never())).isTrue();
            assertThat(other.hasBlob(digest, Deadline.never())).isTrue();
            byte[] got = new byte[bytes.length];
            other.blobs()
                    .read(
                            digest.hex(),
                            0,
                            MemorySegment.ofArray(got),
                            ReadPriority.USER,
                            Deadline.never());
            assertThat(got).isEqualTo(bytes);
        }
    }

    @Test
    void uploadOfOtherBytesThanItsDigestIsRefused() {
        try (var repository = repository("up/wrong")) {
            var upload = repository.upload(Deadline.never());
            upload.append(new byte[1000], 0, 1000);
            Digest wrong = Digest.sha256Of(new byte[999]);
            assertThatThrownBy(() -> upload.commit(wrong)).isInstanceOf(NaiadException.class);
            upload.cancel();
            assertThat(repository.hasBlob(wrong, Deadline.never())).isFalse();
        }
    }
}
