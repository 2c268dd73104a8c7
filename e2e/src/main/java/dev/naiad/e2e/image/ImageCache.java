package dev.naiad.e2e.image;

import dev.naiad.e2e.lab.Command;
import dev.naiad.e2e.lab.LabException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * OCI layouts built from the distribution's packages and kept under {@code /var/cache/naiad} (or
 * {@code NAIAD_CACHE}): once there, they need no network. If several processes ask at once, one
 * builds and the others wait; a layout appears complete or not at all.
 */
public final class ImageCache {
    /** The tag of every layout. */
    public static final String TAG = "latest";

    private static final int TRIES = 3;
    private static final List<String> RESOURCES = List.of("hello.py", "tree.py");
    private final Path directory;
    private final Consumer<String> progress;

    /** The cache of this machine; {@code progress} is told about slow steps. */
    public ImageCache(Consumer<String> progress) {
        var named = System.getenv().getOrDefault("NAIAD_CACHE", "");
        this.directory = named.isEmpty() ? Path.of("/var/cache/naiad") : Path.of(named);
        this.progress = progress;
    }

    /** The layout of a recipe, built if it is not there yet. Read-only for callers. */
    public Path layout(Recipe recipe) {
        var suite = suite();
        var layout = directory.resolve("%s-%s-%s".formatted(recipe.name(), suite, Recipe.VERSION));
        try {
            Files.createDirectories(directory);
            try (var channel =
                            FileChannel.open(
                                    directory.resolve(recipe.name() + ".lock"),
                                    StandardOpenOption.CREATE,
                                    StandardOpenOption.WRITE);
                    var lock = channel.lock()) {
                if (lock.isValid() && !Files.exists(layout.resolve("index.json"))) {
                    build(recipe, suite, layout);
                }
            }
        } catch (IOException failure) {
            throw new LabException(
                    "cannot build the image in " + directory + ": " + failure, failure);
        }
        return layout;
    }

    private void build(Recipe recipe, String suite, Path layout) throws IOException {
        progress.accept(
                "building the "
                        + recipe.name()
                        + " image from Debian "
                        + suite
                        + " packages (once)");
        // Not in /tmp: that may be a small memory file system. The lock lets one build run at a
        // time.
        var work = directory.resolve(recipe.name() + ".work");
        for (int attempt = 1; ; attempt++) {
            remove(work);
            Files.createDirectories(work);
            var result =
                    Command.of("bash", "-c", script(recipe, suite, work))
                            .atMost(Duration.ofMinutes(20))
                            .run();
            if (result.code() == 0) {
                break;
            }
            if (attempt == TRIES) {
                result.orThrow();
            }
            progress.accept("building the image failed, trying again: " + lastLine(result.text()));
        }
        remove(layout);
        Files.move(work.resolve("layout"), layout, StandardCopyOption.ATOMIC_MOVE);
        remove(work);
    }

    private static String lastLine(String text) {
        return text.strip().lines().reduce("", (before, line) -> line);
    }

    /**
     * One run of mmdebstrap whose hooks cut the tree into layers: a layer is what changed (by
     * ctime, which cannot be set back) since the layer before was cut.
     */
    private String script(Recipe recipe, String suite, Path work) throws IOException {
        var script =
                new StringBuilder(
                        "set -euo pipefail\numask 022\nexport SOURCE_DATE_EPOCH=1767225600\nW='"
                                + work
                                + "'\n");
        for (String name : RESOURCES) {
            script.append("cat > \"$W/").append(name).append("\" <<'RESOURCE'\n");
            script.append(resource(name)).append("RESOURCE\n");
        }
        script.append("mmdebstrap --mode=root --variant=essential --format=directory");
        option(script, "--aptopt", "APT::Install-Recommends \"false\"");
        option(script, "--aptopt", "Acquire::Retries \"5\"");
        for (String line :
                Command.of("apt-config", "dump", "Acquire::http::Proxy")
                        .run()
                        .out()
                        .lines()
                        .toList()) {
            option(script, "--aptopt", line);
        }
        for (String excluded : List.of("doc", "man", "locale", "info", "lintian")) {
            option(script, "--dpkgopt", "path-exclude=/usr/share/" + excluded + "/*");
        }
        option(script, "--essential-hook", tar(work, 0, "."));
        option(script, "--essential-hook", "touch " + work.resolve("stamp"));
        for (int i = 0; i < recipe.layers().size(); i++) {
            option(
                    script,
                    "--customize-hook",
                    "APT_CONFIG=$MMDEBSTRAP_APT_CONFIG apt-get --yes -oDPkg::Chroot-Directory=\"$1\" install "
                            + String.join(" ", recipe.layers().get(i)));
            option(
                    script,
                    "--customize-hook",
                    "cd \"$1\" && find . -xdev -cnewer %1$s/stamp -print0 > %1$s/changed && touch %1$s/stamp"
                            .formatted(work));
            option(
                    script,
                    "--customize-hook",
                    tar(
                            work,
                            i + 1,
                            "--no-recursion --null --files-from=" + work.resolve("changed")));
        }
        script.append(' ')
                .append(suite)
                .append(" \"$W/root\" ")
                .append(mirror())
                .append(" </dev/null\n");
        script.append(resource("layers.sh"));
        return script.toString();
    }

    private static void option(StringBuilder script, String name, String value) {
        script.append(" \\\n  ")
                .append(name)
                .append("='")
                .append(value.replace("'", "'\\''"))
                .append('\'');
    }

    private static String tar(Path work, int number, String what) {
        // Exit 1 is "changed while read": /sys and /proc are mounted while hooks run.
        return ("cd \"$1\" && { tar --create --numeric-owner --xattrs --xattrs-include=\"*\" --sort=name --format=posix"
                        + " --one-file-system --exclude=\"./dev/*\" --exclude=\"./proc/*\" --exclude=\"./sys/*\" --exclude=\"./tmp/*\""
                        + " --exclude=\"./var/cache/*\" --exclude=\"./var/lib/apt/lists/*\" --exclude=\"./var/log/*\""
                        + " --file=%s/layer%d.tar %s || [ $? = 1 ]; }")
                .formatted(work, number, what);
    }

    private static String suite() {
        return release("VERSION_CODENAME", "trixie");
    }

    private static String release(String key, String fallback) {
        try {
            Matcher found =
                    Pattern.compile("(?m)^" + key + "=\"?([a-z]+)\"?$")
                            .matcher(Files.readString(Path.of("/etc/os-release")));
            return found.find() ? found.group(1) : fallback;
        } catch (IOException none) {
            return fallback;
        }
    }

    /** The mirror that this machine's apt uses, so that it works wherever apt works. */
    private static String mirror() throws IOException {
        var named = System.getenv().getOrDefault("NAIAD_MIRROR", "");
        if (!named.isEmpty()) {
            return named;
        }
        var sources = new ArrayList<Path>(List.of(Path.of("/etc/apt/sources.list")));
        if (Files.isDirectory(Path.of("/etc/apt/sources.list.d"))) {
            try (Stream<Path> more = Files.list(Path.of("/etc/apt/sources.list.d"))) {
                sources.addAll(more.sorted().toList());
            }
        }
        var uri = Pattern.compile("(?m)^(?:URIs:\\s*|deb (?:\\[[^\\]]*\\] )?)(https?://\\S+)");
        for (Path source : sources) {
            if (Files.isReadable(source)) {
                Matcher found = uri.matcher(Files.readString(source));
                while (found.find()) {
                    if (!found.group(1).contains("security")) {
                        return found.group(1);
                    }
                }
            }
        }
        throw new LabException(
                "no package mirror found in " + sources + ": set NAIAD_MIRROR to the URL of one");
    }

    private static String resource(String name) throws IOException {
        try (InputStream stream = ImageCache.class.getResourceAsStream(name)) {
            if (stream == null) {
                throw new LabException("the resource " + name + " is missing");
            }
            return new String(stream.readAllBytes(), java.nio.charset.StandardCharsets.UTF_8);
        }
    }

    private static void remove(Path tree) {
        Command.of("rm", "-rf", "--one-file-system", tree.toString()).must();
    }
}
