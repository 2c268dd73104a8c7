package dev.naiad.nydusify.commit;

import dev.naiad.base.cli.UsageException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * What {@code --with-path} says.
 *
 * @param with absolute paths in the container that are taken along whatever is mounted there
 * @param without absolute paths that are left out
 */
record PathList(List<Path> with, List<Path> without) {
    PathList {
        with = List.copyOf(with);
        without = List.copyOf(without);
    }

    static PathList parse(List<String> texts) {
        var with = new ArrayList<Path>();
        var without = new ArrayList<Path>();
        for (String text : texts) {
            String name = text.strip();
            boolean exclude = name.startsWith("!");
            Path path = Path.of(exclude ? name.substring(1) : name).normalize();
            if (!path.isAbsolute() || path.getNameCount() == 0) {
                throw new UsageException("--with-path: " + text + " is not an absolute path");
            }
            (exclude ? without : with).add(path);
        }
        return new PathList(with, without);
    }
}
