package dev.naiad.base.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class CommandSpecTest {
    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private final ByteArrayOutputStream err = new ByteArrayOutputStream();

    private static CommandSpec spec(Style style) {
        return CommandSpec.builder(style, "tool", "Does things")
                .version("tool 1.0")
                .option(
                        Option.value("config", "FILE", "Configuration")
                                .shortName('c')
                                .env("TOOL_CONFIG"))
                .option(Option.flag("verbose", "More").shortName('v').everywhere())
                .option(Option.flag("quiet", "Less").shortName('q').conflictsWith("verbose"))
                .option(
                        Option.value("log-level", "LEVEL", "Level")
                                .shortName('l')
                                .choices("info", "debug")
                                .defaultValue("info")
                                .everywhere())
                .option(
                        Option.number("threads", "N", "Threads", 1, 1024)
                                .defaultValue("4")
                                .aliases("thread-num"))
                .option(Option.value("header", "H", "Header").repeat())
                .option(Option.value("tags", "T", "Tags").commaList())
                .command(
                        CommandSpec.builder(style, "create", "Creates")
                                .option(
                                        Option.value("blob", "FILE", "Blob")
                                                .shortName('b')
                                                .require())
                                .positional(Positional.required("SOURCE", "Source"))
                                .positional(Positional.optional("TARGET", "Target"))
                                .build())
                .command(CommandSpec.builder(style, "info", "Shows").build())
                .build();
    }

    private int run(Style style, String... args) throws Exception {
        return run(style, Map.of(), line -> 0, args);
    }

    private int run(Style style, Map<String, String> env, CommandSpec.Action action, String... args)
            throws Exception {
        out.reset();
        err.reset();
        var context =
                ProgramContext.forTest(
                        new PrintStream(out, true, StandardCharsets.UTF_8),
                        new PrintStream(err, true, StandardCharsets.UTF_8),
                        env);
        return spec(style).run(context, List.of(args), action);
    }

    private static CommandLine parse(Style style, String... args) {
        return spec(style).parseLine(List.of(args), Map.of());
    }

    private String stdout() {
        return out.toString(StandardCharsets.UTF_8);
    }

    private String stderr() {
        return err.toString(StandardCharsets.UTF_8);
    }

    @Test
    void clapTakesEveryFormOfAnOption() {
        for (String[] args :
                new String[][] {
                    {"--config", "x"},
                    {"--config=x"},
                    {"-c", "x"},
                    {"-cx"},
                    {"-c=x"},
                    {"-vcx"},
                    {"-vc", "x"}
                }) {
            assertThat(parse(Style.CLAP, args).get("config"))
                    .as(String.join(" ", args))
                    .isEqualTo("x");
        }
        CommandLine line =
                parse(
                        Style.CLAP,
                        "--header",
                        "a",
                        "--header=b",
                        "--tags",
                        "x,y",
                        "--thread-num",
                        "7");
        assertThat(line.all("header")).containsExactly("a", "b");
        assertThat(line.all("tags")).containsExactly("x", "y");
        assertThat(line.number("threads")).isEqualTo(7);
        assertThat(line.given("log-level")).isFalse();
        assertThat(line.get("log-level")).isEqualTo("info");
    }

    @Test
    void optionsOfSubCommandsStandBeforeAndBehindArguments() {
        CommandLine line =
                parse(Style.CLAP, "-l", "debug", "create", "src", "-b", "blob", "dst", "-v");
        CommandLine create = line.command().orElseThrow();
        assertThat(create.name()).isEqualTo("create");
        assertThat(create.arguments()).containsExactly("src", "dst");
        assertThat(create.get("blob")).isEqualTo("blob");
        assertThat(create.get("log-level")).isEqualTo("debug");
        assertThat(line.flag("verbose")).isTrue();
        assertThat(
                        parse(Style.CLAP, "create", "-b", "x", "--", "-strange")
                                .command()
                                .orElseThrow()
                                .argument(0))
                .contains("-strange");
    }

    @Test
    void theEnvironmentFillsInAndTheCommandLineWins() throws Exception {
        var env = Map.of("TOOL_CONFIG", "env");
        assertThat(spec(Style.CLAP).parseLine(List.of(), env).get("config")).isEqualTo("env");
        assertThat(spec(Style.CLAP).parseLine(List.of("-c", "arg"), env).get("config"))
                .isEqualTo("arg");
    }

    @Test
    void clapMistakesEndWithTwoAndNameTheFlag() throws Exception {
        assertThat(run(Style.CLAP, "--confg", "x")).isEqualTo(2);
        assertThat(stderr())
                .startsWith(
                        "error: unexpected argument '--confg' found\n\n  tip: a similar argument exists: '--config'\n\nUsage: tool ")
                .endsWith("For more information, try '--help'.\n");
        assertThat(stdout()).isEmpty();
        assertThat(run(Style.CLAP, "create", "src")).isEqualTo(2);
        assertThat(stderr())
                .contains("required arguments were not provided:\n  --blob <FILE>")
                .contains("Usage: tool create");
        assertThat(run(Style.CLAP, "-l", "loud")).isEqualTo(2);
        assertThat(stderr())
                .contains("invalid value 'loud' for '--log-level <LEVEL>'")
                .contains("[possible values: info, debug]");
        assertThat(run(Style.CLAP, "--threads", "0")).isEqualTo(2);
        assertThat(run(Style.CLAP, "--threads", "x")).isEqualTo(2);
        assertThat(run(Style.CLAP, "--config")).isEqualTo(2);
        assertThat(run(Style.CLAP, "--config", "--verbose")).isEqualTo(2);
        assertThat(run(Style.CLAP, "-c", "a", "-c", "b")).isEqualTo(2);
        assertThat(run(Style.CLAP, "-q", "-v")).isEqualTo(2);
        assertThat(run(Style.CLAP, "craete")).isEqualTo(2);
        assertThat(stderr()).contains("unrecognized subcommand 'craete'").contains("'create'");
    }

    @Test
    void goProgramsTakeOneDashAndEndWithOne() throws Exception {
        assertThat(parse(Style.URFAVE, "-config", "x").get("config")).isEqualTo("x");
        assertThat(parse(Style.URFAVE, "--config=x", "-verbose=false").flag("verbose")).isFalse();
        assertThat(parse(Style.URFAVE, "-c", "-x").get("config")).isEqualTo("-x");
        assertThat(parse(Style.URFAVE, "-c", "a", "-c", "b").get("config")).isEqualTo("b");
        assertThat(run(Style.URFAVE, "-confg", "x")).isEqualTo(1);
        assertThat(stderr())
                .startsWith("Incorrect Usage: flag provided but not defined: -confg")
                .contains("USAGE:");
        assertThat(run(Style.COBRA, "--confg", "x")).isEqualTo(1);
        assertThat(stderr()).startsWith("Error: unknown flag: --confg");
        assertThat(run(Style.COBRA, "-vqc", "x", "-z")).isEqualTo(1);
    }

    @ParameterizedTest
    @ValueSource(strings = {"-h", "--help", "help"})
    void helpGoesToStandardOutputAndEndsWithZero(String arg) throws Exception {
        for (Style style : Style.values()) {
            assertThat(run(style, arg)).isZero();
            assertThat(stdout()).contains("Does things").contains("--config").contains("create");
            assertThat(stderr()).isEmpty();
        }
    }

    @Test
    void helpOfASubCommand() throws Exception {
        assertThat(run(Style.CLAP, "help", "create")).isZero();
        assertThat(stdout())
                .isEqualTo(
                        """
                        Creates

                        Usage: tool create [OPTIONS] --blob <FILE> <SOURCE> [TARGET]

                        Arguments:
                          <SOURCE>  Source
                          [TARGET]  Target

                        Options:
                          -b, --blob <FILE>        Blob
                          -v, --verbose            More
                          -l, --log-level <LEVEL>  Level [default: info] [possible values: info, debug]
                          -h, --help               Print help
                        """);
        assertThat(run(Style.CLAP, "create", "--help")).isZero();
        assertThat(stdout()).startsWith("Creates");
    }

    @Test
    void versionsArePrinted() throws Exception {
        assertThat(run(Style.CLAP, "-V")).isZero();
        assertThat(stdout()).isEqualTo("tool 1.0\n");
        assertThat(run(Style.URFAVE, "--version")).isZero();
        assertThat(stdout()).isEqualTo("tool 1.0\n");
    }

    @Test
    void anActionMayFindTheCommandLineWrongToo() throws Exception {
        CommandSpec.Action action =
                line -> {
                    throw new UsageException("--id needs --supervisor");
                };
        assertThat(run(Style.CLAP, Map.of(), action)).isEqualTo(2);
        assertThat(stderr()).startsWith("error: --id needs --supervisor\n");
    }

    @Test
    void anUndeclaredOptionIsABug() {
        CommandLine line = parse(Style.CLAP);
        assertThatThrownBy(() -> line.find("nope")).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void aMissingArgumentIsNotCalledAFlag() {
        var options = Option.value("config", "value", "File").require();
        var source = Positional.required("SOURCE", "What to take");
        for (Style style : Style.values()) {
            var spec =
                    CommandSpec.builder(style, "take", "Takes")
                            .option(options)
                            .positional(source)
                            .build();
            var none = assertThatThrownBy(() -> spec.parse(List.of(), Map.of()));
            var file = assertThatThrownBy(() -> spec.parse(List.of("--config", "f"), Map.of()));
            switch (style) {
                case CLAP -> {
                    none.hasMessageContaining("--config <value>").hasMessageContaining("<SOURCE>");
                    file.hasMessageContaining("<SOURCE>");
                }
                case URFAVE, COBRA -> {
                    none.hasMessageContaining("\"config\"").hasMessageNotContaining("SOURCE");
                    file.hasMessage("the argument <SOURCE> is required");
                }
            }
        }
    }
}
