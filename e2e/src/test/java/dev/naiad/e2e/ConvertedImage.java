package dev.naiad.e2e;

import dev.naiad.e2e.image.ImageCache;
import dev.naiad.e2e.image.Recipe;
import dev.naiad.e2e.lab.Command;
import dev.naiad.e2e.lab.Dist;
import dev.naiad.e2e.lab.Lab;
import dev.naiad.e2e.lab.Registry;
import dev.naiad.e2e.lab.Workspace;
import java.nio.file.Path;

/**
 * The small image, pushed and converted once for all test classes of this JVM: a registry's storage
 * that each lab copies. The classes share it, so that only one converts.
 */
final class ConvertedImage {
    /** The ordinary image. */
    static final String OCI = "naiad/python:oci";

    /** The converted one. */
    static final String NYDUS = "naiad/python:nydus";

    private static final ConvertedImage INSTANCE = new ConvertedImage();
    private boolean made;
    private Path storage = Path.of("/");

    private ConvertedImage() {}

    /** A registry in this lab that holds both images. */
    static Registry serve(Lab lab, Registry.Options kind) {
        var mine = lab.path().resolve("reg-data");
        INSTANCE.copyTo(mine);
        return lab.startRegistry(kind, mine);
    }

    private synchronized void copyTo(Path target) {
        if (!made) {
            storage = make();
            made = true;
        }
        Command.of("cp", "-a", storage.toString(), target.toString()).must();
    }

    private static Path make() {
        var layout = new ImageCache(System.out::println).layout(Recipe.SMALL);
        // Closed by the JVM's end, or by the next lab's sweep.
        var workspace = Workspace.create();
        Runtime.getRuntime().addShutdownHook(new Thread(workspace::close));
        var kept = workspace.path().resolve("storage");
        try (var lab = Lab.open(Dist.find(), Lab.Options.FAST)) {
            var registry = lab.startRegistry(Registry.Options.PLAIN);
            lab.push(registry, layout, ImageCache.TAG, OCI);
            lab.convert(registry, OCI, NYDUS).orThrow();
            registry.stop();
            Command.of("cp", "-a", lab.path().resolve("reg-data").toString(), kept.toString())
                    .must();
        }
        return kept;
    }
}
