package dev.naiad.cli;

import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * The classes that people wrote: main and test code of all modules. Generated code is below {@code
 * target} and is not among them.
 */
final class SourceClasses {
    private static final Set<String> NOT_OURS = Set.of("target", ".git");
    private static final Pattern PACKAGE =
            Pattern.compile("^package ([\\w.]+);", Pattern.MULTILINE);
    private static final Pattern TOP_LEVEL =
            Pattern.compile(
                    "^(?:(?:public|final|abstract|sealed|non-sealed|strictfp) )*"
                            + "(?:class|record|interface|enum|@interface) (\\w+)",
                    Pattern.MULTILINE);

    private SourceClasses() {}

    /** A top-level class; {@code text} is all of its file. */
    record SourceClass(String packageName, String name, Path file, String text) {
        @Override
        public String toString() {
            return packageName + "." + name;
        }

        boolean declares(String nested) {
            return Pattern.compile("\\b(?:class|record|interface|enum) " + nested + "\\b")
                    .matcher(text)
                    .find();
        }

        boolean hasMethod(String method) {
            return Pattern.compile("\\b" + method + "\\(").matcher(text).find();
        }
    }

    /** The directory of the whole project. */
    static Path root() {
        for (Path at = Path.of("").toAbsolutePath(); at != null; at = at.getParent()) {
            if (Files.exists(at.resolve("ARCHITECTURE.md"))) {
                return at;
            }
        }
        throw new AssertionError("no ARCHITECTURE.md above " + Path.of("").toAbsolutePath());
    }

    static List<SourceClass> all() throws IOException {
        var found = new ArrayList<SourceClass>();
        Files.walkFileTree(
                root(),
                new SimpleFileVisitor<>() {
                    @Override
                    public FileVisitResult preVisitDirectory(
                            Path directory, BasicFileAttributes attributes) {
                        return NOT_OURS.contains(String.valueOf(directory.getFileName()))
                                ? FileVisitResult.SKIP_SUBTREE
                                : FileVisitResult.CONTINUE;
                    }

                    @Override
                    public FileVisitResult visitFile(Path file, BasicFileAttributes attributes)
                            throws IOException {
                        if (file.toString().endsWith(".java")) {
                            found.addAll(of(file));
                        }
                        return FileVisitResult.CONTINUE;
                    }
                });
        return found;
    }

    private static List<SourceClass> of(Path file) throws IOException {
        String text = Files.readString(file);
        var packageName = PACKAGE.matcher(text);
        String in = packageName.find() ? packageName.group(1) : "";
        return TOP_LEVEL
                .matcher(text)
                .results()
                .map(match -> new SourceClass(in, match.group(1), file, text))
                .toList();
    }
}
