package dev.naiad.nydusd.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import dev.naiad.testkit.Golden;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Images that the original builder made, mounted. */
@Tag("root")
@Timeout(value = 300, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class GoldenRootTest {
    @RegisterExtension final MountDirectory place = new MountDirectory();

    private Path mountpoint = Path.of("/");

    @BeforeEach
    void makeDirectory() throws IOException {
        mountpoint = place.mountpoint();
    }

    private RunningDaemon serve(Path bootstrap, Path blobs) throws IOException {
        return place.serve(new TestImage(bootstrap, blobs, ""), false);
    }

    @Test
    void anImageOfTheOriginalBuilderIsRead() throws Exception {
        var bootstrap = Golden.path("nydus", "bootstrap", "rafs-v6-2.2.boot");
        try (var _ = serve(bootstrap, Golden.path("nydus", "blobs"))) {
            var listing = TreeListing.of(mountpoint);
            assertThat(listing.keySet()).containsExactly(".", "lib.rs", "sync_io.rs");
            assertThat(listing.get("lib.rs"))
                    .contains("size 16931 ")
                    .contains("1810eba864521293bb0d6b55a3c82318d4d89f294ed761c456d9088a17de0c69");
            assertThat(listing.get("sync_io.rs"))
                    .contains("size 13400 ")
                    .contains("e629ab260ff0dc02a24648a3e0dd8c13a5daf233d535c330e3201925f5eeff96");
        }
    }
}
