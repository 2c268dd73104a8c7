package dev.naiad.cli;

import dev.naiad.cli.SourceClasses.SourceClass;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * A class as a document names it: the end of its package, its name, then nested classes and a
 * method ({@code rafs.StoredUnit.Gzip}, {@code Snapshotter.prepare}). A star in the name stands for
 * any text, and then the package may go on ({@code builder.*Test}).
 */
record NamedClass(String text, String packageEnd, String name, List<String> members) {
    private static final Pattern QUOTED = Pattern.compile("`([^`\n]+)`");
    private static final Pattern NAME =
            Pattern.compile(
                    "((?:[a-z]\\w*\\.)*)"
                            + "(?:([A-Z]\\w*[a-z]\\w*)((?:\\.\\w+)*)|(?<=\\.)(\\*\\w*)|(\\*[A-Z]\\w*))");

    /** All that stand in back quotes. */
    static List<NamedClass> in(String document) {
        return QUOTED.matcher(document)
                .results()
                .flatMap(quoted -> of(quoted.group(1)).stream())
                .toList();
    }

    private static Optional<NamedClass> of(String text) {
        var match = NAME.matcher(text);
        if (!match.matches()) {
            return Optional.empty();
        }
        var name = Stream.of(2, 4, 5).map(match::group).filter(each -> each != null).findFirst();
        String members = Optional.ofNullable(match.group(3)).orElse("");
        return Optional.of(
                new NamedClass(
                        text,
                        match.group(1),
                        name.orElseThrow(),
                        members.isEmpty()
                                ? List.of()
                                : List.of(members.substring(1).split("\\."))));
    }

    boolean names(SourceClass type) {
        boolean any = name.contains("*");
        String in = "." + type.packageName() + ".";
        boolean placed = any ? in.contains("." + packageEnd) : in.endsWith("." + packageEnd);
        return placed
                && type.name().matches(name.replace("*", "\\w*"))
                && members.stream()
                        .allMatch(
                                member ->
                                        Character.isUpperCase(member.charAt(0))
                                                ? type.declares(member)
                                                : type.hasMethod(member));
    }

    @Override
    public String toString() {
        return text;
    }
}
