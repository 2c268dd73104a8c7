package dev.naiad.cli;

import com.tngtech.archunit.core.domain.JavaClass;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * Finds classes of one package that all reach each other (strongly connected components, by
 * Tarjan's algorithm). A nested class counts as the class around it.
 */
final class ClassCircles {
    /** Classes of a package each of which depends on all others, directly or by way of others. */
    record Circle(String packageName, Set<String> classes) {}

    private final Map<String, Set<String>> dependencies;
    private final Map<String, Integer> numbers = new HashMap<>();
    private final Map<String, Integer> lowest = new HashMap<>();
    private final Deque<String> open = new ArrayDeque<>();
    private final List<Set<String>> found = new ArrayList<>();

    private ClassCircles(Map<String, Set<String>> dependencies) {
        this.dependencies = dependencies;
    }

    /** The circles of two classes and more, of all packages. */
    static List<Circle> of(Iterable<JavaClass> classes) {
        var packages = new TreeMap<String, Map<String, Set<String>>>();
        for (var type : classes) {
            var from = outermost(type);
            var known =
                    packages.computeIfAbsent(type.getPackageName(), each -> new TreeMap<>())
                            .computeIfAbsent(from, each -> new TreeSet<>());
            for (var dependency : type.getDirectDependenciesFromSelf()) {
                var to = dependency.getTargetClass().getBaseComponentType();
                if (to.getPackageName().equals(type.getPackageName())) {
                    known.add(outermost(to));
                }
            }
        }
        var circles = new ArrayList<Circle>();
        packages.forEach(
                (name, dependencies) -> {
                    var search = new ClassCircles(dependencies);
                    dependencies.keySet().forEach(search::visit);
                    search.found.stream()
                            .filter(each -> each.size() > 1)
                            .forEach(each -> circles.add(new Circle(name, each)));
                });
        return circles;
    }

    private static String outermost(JavaClass type) {
        var name = type.getName().substring(type.getPackageName().length() + 1);
        var nested = name.indexOf('$');
        return nested < 0 ? name : name.substring(0, nested);
    }

    private int visit(String type) {
        Integer known = numbers.get(type);
        if (known != null) {
            return open.contains(type) ? known : Integer.MAX_VALUE;
        }
        int number = numbers.size();
        numbers.put(type, number);
        lowest.put(type, number);
        open.push(type);
        for (var next : dependencies.getOrDefault(type, Set.of())) {
            boolean fresh = !numbers.containsKey(next);
            int reached = visit(next);
            lowest.merge(type, fresh ? lowest.getOrDefault(next, reached) : reached, Math::min);
        }
        if (lowest.get(type) == number) {
            var circle = new TreeSet<String>();
            String last;
            do {
                last = open.pop();
                circle.add(last);
            } while (!last.equals(type));
            found.add(circle);
        }
        return number;
    }
}
