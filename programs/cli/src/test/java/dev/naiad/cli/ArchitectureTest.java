package dev.naiad.cli;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.lang.ArchCondition;
import com.tngtech.archunit.lang.ConditionEvents;
import com.tngtech.archunit.lang.SimpleConditionEvent;
import java.io.IOException;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.NullMarked;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** The lines of ARCHITECTURE.md that a machine can hold. */
class ArchitectureTest {
    /** Module → modules it may use, besides itself and {@code base}. */
    private static final Map<String, Set<String>> ALLOWED = allowed();

    /** They know each other by sockets and command lines only; {@code cli} starts them all. */
    private static final Set<String> PROGRAMS =
            Set.of(
                    "nydusd",
                    "snapshotter",
                    "nydusimage",
                    "nydusify",
                    "acceld",
                    "accelctl",
                    "dfdaemon",
                    "scheduler");

    /** How many classes of one package may all reach each other. */
    private static final int MOST_IN_A_CIRCLE = 4;

    /** A package that has more, and packages that have come to none and stay there. */
    private static final Map<String, Integer> OTHER_CIRCLES =
            Map.of(
                    "dev.naiad.blobcache", 1, // its package comment says which way they go
                    "dev.naiad.fuse", 1,
                    "dev.naiad.codec.block", 1,
                    "dev.naiad.codec.stream", 1,
                    "dev.naiad.base.cli", 1,
                    "dev.naiad.snapshotter.bolt", 5);

    /** What a process has one of: its log. */
    private static final Set<String> ONE_A_PROCESS = Set.of("dev.naiad.base.log.Log.state");

    private static JavaClasses naiad = new ClassFileImporter().importPaths(List.of());

    @BeforeAll
    static void readClasses() {
        naiad =
                new ClassFileImporter()
                        .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
                        .importPackages("dev.naiad");
        assertThat(naiad.size()).isGreaterThan(100);
    }

    @Test
    void modulesDependDownwardsOnly() {
        var wrong = new TreeSet<String>();
        for (var type : naiad) {
            var from = module(type);
            for (var dependency : type.getDirectDependenciesFromSelf()) {
                var to = dependency.getTargetClass();
                if (!to.getPackageName().startsWith("dev.naiad.")) {
                    continue;
                }
                var target = module(to);
                if (!from.equals(target)
                        && !target.equals("base")
                        && !ALLOWED.getOrDefault(from, Set.of()).contains(target)) {
                    wrong.add(type.getName() + " → " + to.getName());
                }
            }
        }
        assertThat(wrong).isEmpty();
    }

    @Test
    void programsDoNotDependOnEachOther() {
        for (var program : PROGRAMS) {
            assertThat(ALLOWED.get(program)).as(program).doesNotContainAnyElementsOf(PROGRAMS);
        }
    }

    @Test
    void fewClassesOfAPackageAllReachEachOther() {
        var wrong = new TreeSet<String>();
        for (var circle : ClassCircles.of(ownClasses())) {
            int most = OTHER_CIRCLES.getOrDefault(circle.packageName(), MOST_IN_A_CIRCLE);
            if (circle.classes().size() > most) {
                wrong.add(circle.toString());
            }
        }
        assertThat(wrong).isEmpty();
    }

    @Test
    void packagesOfAModuleHaveNoCycles() {
        slices().matching("dev.naiad.(**)").should().beFreeOfCycles().check(ownClasses());
    }

    @Test
    void theForeignLinkerIsUsedInLinuxAndCodecOnly() {
        noClasses()
                .that()
                .resideOutsideOfPackages("dev.naiad.linux..", "dev.naiad.codec..")
                .should()
                .dependOnClassesThat()
                .haveFullyQualifiedName("java.lang.foreign.Linker")
                .check(naiad);
    }

    @Test
    void theSystemClockIsReadInMainPackagesOnly() {
        noClasses()
                .that()
                .resideOutsideOfPackages(
                        "dev.naiad.base..",
                        "..main..",
                        "dev.naiad.testkit..",
                        "dev.naiad.e2e..",
                        "dev.naiad.benchmarks..")
                .should()
                .callMethod(java.time.Instant.class, "now")
                .orShould()
                .callMethod(System.class, "currentTimeMillis")
                .orShould()
                .callMethod(java.time.Clock.class, "systemUTC")
                .orShould()
                .callMethod(java.time.InstantSource.class, "system")
                .check(ownClasses());
    }

    @Test
    void everyPackageIsNullMarked() {
        var bare = new TreeSet<String>();
        for (var type : ownClasses()) {
            var of = type.getPackage();
            if (!of.tryGetAnnotationOfType(NullMarked.class).isPresent()) {
                bare.add(of.getName());
            }
        }
        assertThat(bare).isEmpty();
    }

    @Test
    void noClassKeepsMutableStaticState() {
        classes().should(new FinalStatics()).check(ownClasses());
    }

    @Test
    void aClassNameMeansOneThingInTheWholeTree() throws IOException {
        var named = new TreeMap<String, List<String>>();
        for (var type : SourceClasses.all()) {
            named.computeIfAbsent(type.name(), name -> new ArrayList<>()).add(type.toString());
        }
        assertThat(named).hasSizeGreaterThan(1000);
        named.values().removeIf(types -> types.size() == 1);
        assertThat(named).isEmpty();
    }

    @Test
    void everyClassThatArchitectureMdNamesExists() throws IOException {
        var named =
                NamedClass.in(Files.readString(SourceClasses.root().resolve("ARCHITECTURE.md")));
        assertThat(named).hasSizeGreaterThan(200);
        var types = SourceClasses.all();
        assertThat(named).filteredOn(name -> types.stream().noneMatch(name::names)).isEmpty();
    }

    /** Without what protoc writes. */
    private static JavaClasses ownClasses() {
        return naiad.that(
                DescribedPredicate.describe(
                        "hand-written",
                        type ->
                                !type.getPackageName().startsWith("dev.naiad.containerdapi")
                                        && !type.getPackageName()
                                                .startsWith("dev.naiad.dragonfly.api")));
    }

    private static String module(JavaClass type) {
        var rest = type.getPackageName().substring("dev.naiad.".length());
        var dot = rest.indexOf('.');
        return dot < 0 ? rest : rest.substring(0, dot);
    }

    private static Map<String, Set<String>> allowed() {
        var map = new HashMap<String, Set<String>>();
        map.put("base", Set.of());
        map.put("testkit", Set.of("linux"));
        map.put("linux", Set.of());
        map.put("codec", Set.of());
        map.put("net", Set.of("linux"));
        map.put("rafs", Set.of("codec"));
        map.put("oci", Set.of("net"));
        map.put("nydusdapi", Set.of());
        map.put("containerdapi", Set.of());
        map.put("dragonfly", Set.of());
        map.put("backend", Set.of("net", "oci", "linux"));
        map.put("fuse", Set.of("linux"));
        map.put("blobcache", Set.of("linux", "codec", "rafs", "backend"));
        map.put("builder", Set.of("linux", "codec", "rafs"));
        map.put("layers", Set.of("codec", "rafs", "oci", "builder"));
        map.put(
                "nydusd",
                Set.of(
                        "linux",
                        "net",
                        "codec",
                        "rafs",
                        "fuse",
                        "blobcache",
                        "backend",
                        "nydusdapi"));
        map.put("snapshotter", Set.of("linux", "net", "oci", "nydusdapi", "containerdapi"));
        map.put(
                "convert",
                Set.of("linux", "net", "codec", "rafs", "oci", "backend", "builder", "layers"));
        map.put("acceleration", Set.of("linux", "rafs", "oci", "builder", "layers", "convert"));
        map.put(
                "nydusimage",
                Set.of("linux", "codec", "rafs", "oci", "backend", "builder", "layers"));
        map.put(
                "nydusify",
                Set.of(
                        "linux",
                        "net",
                        "rafs",
                        "oci",
                        "containerdapi",
                        "backend",
                        "builder",
                        "layers",
                        "convert"));
        map.put("acceld", Set.of("net", "oci", "convert", "acceleration"));
        map.put("accelctl", Set.of("net", "oci", "convert", "acceleration"));
        map.put("swarm", Set.of());
        map.put("dfdaemon", Set.of("linux", "net", "backend", "dragonfly", "swarm"));
        map.put("scheduler", Set.of("net", "dragonfly", "swarm"));
        map.put(
                "cli",
                Set.of(
                        "nydusd",
                        "snapshotter",
                        "nydusimage",
                        "nydusify",
                        "acceld",
                        "accelctl",
                        "dfdaemon",
                        "scheduler",
                        "net",
                        "linux"));
        return map;
    }

    private static final class FinalStatics extends ArchCondition<JavaClass> {
        FinalStatics() {
            super("keep no mutable static field");
        }

        @Override
        public void check(JavaClass type, ConditionEvents events) {
            for (var field : type.getFields()) {
                var modifiers = field.getModifiers();
                if (modifiers.contains(JavaModifier.STATIC)
                        && !modifiers.contains(JavaModifier.FINAL)
                        && !modifiers.contains(JavaModifier.SYNTHETIC)
                        && !ONE_A_PROCESS.contains(field.getFullName())) {
                    events.add(
                            SimpleConditionEvent.violated(
                                    field, field.getFullName() + " is static and not final"));
                }
            }
        }
    }
}
