package dev.naiad.e2e.lab;

import java.nio.file.Files;
import java.nio.file.Path;

/** The built distribution: the programs under test. */
public record Dist(Path root) {
    /**
     * The distribution that the property {@code naiad.dist} or the variable {@code NAIAD_DIST}
     * names, else {@code dist} in a directory above this one.
     */
    public static Dist find() {
        var named =
                System.getProperty("naiad.dist", System.getenv().getOrDefault("NAIAD_DIST", ""));
        if (!named.isEmpty()) {
            return checked(Path.of(named).toAbsolutePath());
        }
        for (Path here = Path.of("").toAbsolutePath(); here != null; here = here.getParent()) {
            if (Files.isExecutable(here.resolve("dist/bin/naiad"))) {
                return new Dist(here.resolve("dist"));
            }
        }
        throw new LabException(
                "there is no dist/bin/naiad above "
                        + Path.of("").toAbsolutePath()
                        + ": run ./build first");
    }

    private static Dist checked(Path root) {
        if (!Files.isExecutable(root.resolve("bin/naiad"))) {
            throw new LabException("there is no bin/naiad in " + root + ": run ./build first");
        }
        return new Dist(root);
    }

    /** The path of a program by its drop-in name. */
    public String program(String name) {
        return root.resolve("bin").resolve(name).toString();
    }
}
