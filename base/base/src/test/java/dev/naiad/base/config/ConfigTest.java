package dev.naiad.base.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.naiad.base.bytes.ByteSize;
import dev.naiad.base.error.NaiadException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class ConfigTest {
    private final Problems problems = new Problems();

    @Test
    void typedValuesAndDefaults() {
        ConfigNode node =
                JsonReader.parse(
                        "c.json",
                        "{\"s\":\"x\",\"n\":42,\"b\":true,\"size\":\"64MiB\",\"bytes\":4096,\"d\":\"1m30s\",\"secs\":5,\"null\":null,\"l\":[\"a\",\"b\"],\"m\":{\"k\":\"v\"}}");
        assertThat(node.get("s").string(problems, "")).isEqualTo("x");
        assertThat(node.get("n").integer(problems, 0, 0, 100)).isEqualTo(42);
        assertThat(node.get("b").bool(problems, false)).isTrue();
        assertThat(node.get("size").size(problems, ByteSize.of(0))).isEqualTo(ByteSize.ofMib(64));
        assertThat(node.get("bytes").size(problems, ByteSize.of(0))).isEqualTo(ByteSize.of(4096));
        assertThat(node.get("d").duration(problems, Duration.ZERO, Duration.ofSeconds(1)))
                .isEqualTo(Duration.ofSeconds(90));
        assertThat(node.get("secs").duration(problems, Duration.ZERO, Duration.ofSeconds(1)))
                .isEqualTo(Duration.ofSeconds(5));
        assertThat(node.get("null").string(problems, "fallback")).isEqualTo("fallback");
        assertThat(node.at("no", "such", "path").integer(problems, 7, 0, 9)).isEqualTo(7);
        assertThat(node.get("l").strings(problems)).containsExactly("a", "b");
        assertThat(node.get("m").stringMap(problems)).isEqualTo(Map.of("k", "v"));
        problems.throwIfAny();
    }

    @Test
    void allProblemsAreToldAtOnceWithPathValueAndPlace() {
        ConfigNode node =
                JsonReader.parse(
                        "nydusd.json",
                        "{\n \"cache\": {\n  \"threads\": 0,\n  \"dir\": 5\n },\n \"mode\": \"dirct\",\n \"list\": [1, {\"a\": \"x\"}]\n}");
        node.at("cache", "threads").integer(problems, 1, 1, 1024);
        node.at("cache", "dir").string(problems, "");
        node.get("mode").choice(problems, Map.of("direct", 1), 0);
        node.get("list").items().get(1).get("a").bool(problems, false);
        node.get("name").requiredString(problems);
        assertThat(problems.messages())
                .containsExactly(
                        "cache.threads: 0 is outside 1..1024 (nydusd.json:3)",
                        "cache.dir: 5 is not a string (nydusd.json:4)",
                        "mode: \"dirct\" is none of direct; did you mean direct? (nydusd.json:6)",
                        "list[1].a: \"x\" is neither true nor false (nydusd.json:7)",
                        "name: is required (nydusd.json:1)");
        assertThatThrownBy(problems::throwIfAny)
                .isInstanceOf(NaiadException.class)
                .hasMessageContaining("\n");
    }

    @Test
    void malformedDocumentsAreOneLineInOurWords() {
        assertThatThrownBy(() -> JsonReader.parse("f.json", "{\n"))
                .hasMessageStartingWith("f.json:2: malformed JSON: Unexpected end-of-input")
                .hasMessageNotContaining("Source")
                .hasNoCause();
        assertThatThrownBy(() -> YamlReader.parse("f.yaml", "a: ["))
                .hasMessageStartingWith("f.yaml:")
                .hasMessageNotContaining("\n")
                .hasNoCause();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                " ",
                "{",
                "[1,]",
                "{\"a\":}",
                "{\"a\":1}x",
                "{\"a\" 1}",
                "tru",
                "\"\\x\"",
                "01",
                "{\"a\":1,}",
                "nul"
            })
    void malformedJsonIsRefusedWithTheFile(String text) {
        assertThatThrownBy(() -> JsonReader.parse("bad.json", text))
                .isInstanceOf(NaiadException.class)
                .hasMessageStartingWith("bad.json");
    }

    @Test
    void bigNumbersStayAsWritten() {
        ConfigNode node = JsonReader.parse("f", "[18446744073709551615, 1.10, 1e3]");
        assertThat(node).hasToString("[18446744073709551615,1.10,1e3]");
        assertThat(node.items().get(2).integer(problems, 0, 0, 5000)).isEqualTo(1000);
        node.items().get(0).integer(problems, 0, 0, Long.MAX_VALUE);
        assertThat(problems.messages()).hasSize(1);
    }

    @Test
    void jsonIsWrittenInOrderCompactAndPretty() {
        var node =
                JsonReader.parse(
                        "f",
                        "{\"b\":[],\"a\":{\"x\":[1,2]},\"s\":\"\\u00e9<\\n\\u0001\\\"\",\"e\":{}}");
        assertThat(JsonWriter.compact(node))
                .isEqualTo("{\"b\":[],\"a\":{\"x\":[1,2]},\"s\":\"é<\\n\\u0001\\\"\",\"e\":{}}");
        assertThat(JsonWriter.pretty(node))
                .isEqualTo(
                        "{\n  \"b\": [],\n  \"a\": {\n    \"x\": [\n      1,\n      2\n    ]\n  },\n  \"s\": \"é<\\n\\u0001\\\"\",\n  \"e\": {}\n}");
        assertThat(JsonWriter.compact().likeGo().value("<&>").toString())
                .isEqualTo("\"\\u003c\\u0026\\u003e\"");
        assertThat(JsonReader.parse("again", JsonWriter.pretty(node))).isEqualTo(node);
    }

    @Test
    void theWriterBuildsNestedValues() {
        String json =
                JsonWriter.compact()
                        .object()
                        .put("a", "x")
                        .put("n", 1)
                        .put("d", 1.0)
                        .put("t", true)
                        .key("list")
                        .array()
                        .value(1)
                        .object()
                        .end()
                        .end()
                        .put("names", List.of("p", "q"))
                        .put("map", Map.of("k", "v"))
                        .key("none")
                        .nothing()
                        .end()
                        .toString();
        assertThat(json)
                .isEqualTo(
                        "{\"a\":\"x\",\"n\":1,\"d\":1.0,\"t\":true,\"list\":[1,{}],\"names\":[\"p\",\"q\"],\"map\":{\"k\":\"v\"},\"none\":null}");
    }

    @Test
    void treesAreChangedByCopy() {
        ConfigNode node = JsonReader.parse("f", "{\"a\":1,\"b\":2}");
        assertThat(node.with("a", ConfigNode.of("x")).with("c", ConfigNode.of(true)).without("b"))
                .hasToString("{\"a\":\"x\",\"c\":true}");
        assertThat(node).hasToString("{\"a\":1,\"b\":2}");
    }

    @Test
    void yamlBecomesTheSameTreeAsJson() {
        ConfigNode yaml =
                YamlReader.parse(
                        "f.yaml",
                        "host:\n  ip: 1.2.3.4\n  port: 0x10\nlist:\n- a\n- b: [1, 2.5]\nyes: yes\non: true\nempty:\ntext: |\n  x\n  y\n");
        ConfigNode json =
                JsonReader.parse(
                        "f",
                        "{\"host\":{\"ip\":\"1.2.3.4\",\"port\":16},\"list\":[\"a\",{\"b\":[1,2.5]}],\"yes\":\"yes\",\"on\":true,\"empty\":null,\"text\":\"x\\ny\\n\"}");
        assertThat(yaml).isEqualTo(json);
        assertThat(yaml.at("host", "port").line()).isEqualTo(3);
        assertThat(YamlReader.parse("f", "")).isEqualTo(ConfigNode.object(Map.of()));
    }

    @ParameterizedTest
    @ValueSource(strings = {"a: [", "a: 1\na: 2", "\tx", "a: b: c", "? [1]\n: 2", "{", "*x"})
    void malformedYamlIsRefusedWithTheFile(String text) {
        assertThatThrownBy(() -> YamlReader.parse("bad.yaml", text))
                .isInstanceOf(NaiadException.class)
                .hasMessageStartingWith("bad.yaml");
    }

    @Test
    void tomlBecomesTheSameTreeAsJson() {
        ConfigNode toml =
                TomlReader.parse(
                        "config.toml",
                        """
                version = 1 # the first
                root = "/var/lib/containerd-nydus"
                'quoted key' = 'C:\\x'
                big = 1_000_000
                hex = 0xff
                neg = -17
                f = 6.02e23
                when = 1979-05-27T07:32:00Z
                dotted.a.b = true
                list = [
                  "a", # comment
                  "b",
                ]
                inline = { x = 1, y = { z = "é\\u00e9" } }

                [daemon]
                recover_policy = "restart"
                  [daemon.storage]
                  type = ""
                [[mirrors]]
                host = "a"
                [[mirrors]]
                host = "b"
                [mirrors.deep]
                k = 1
                [text]
                multi = \"""
                one \\
                   two
                three\"""
                literal = '''
                a\\b'''
                """);
        ConfigNode json =
                JsonReader.parse(
                        "f",
                        """
                {"version":1,"root":"/var/lib/containerd-nydus","quoted key":"C:\\\\x","big":1000000,"hex":255,"neg":-17,"f":6.02e23,
                "when":"1979-05-27T07:32:00Z","dotted":{"a":{"b":true}},"list":["a","b"],"inline":{"x":1,"y":{"z":"éé"}},
                "daemon":{"recover_policy":"restart","storage":{"type":""}},
                "mirrors":[{"host":"a"},{"host":"b","deep":{"k":1}}],
                "text":{"multi":"one two\\nthree","literal":"a\\\\b"}}""");
        assertThat(toml).isEqualTo(json);
        assertThat(toml.at("daemon", "storage", "type").path()).isEqualTo("daemon.storage.type");
        assertThat(toml.get("mirrors").items().get(1).at("deep", "k").path())
                .isEqualTo("mirrors[1].deep.k");
        assertThat(toml.at("daemon", "storage", "type").line()).isEqualTo(19);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "a",
                "a =",
                "a = b",
                "= 1",
                "a = 1 b = 2",
                "a = \"x",
                "a = 1\na = 2",
                "[a]\n[a]",
                "[a",
                "[]",
                "a = [1",
                "a = {x = 1",
                "a = 01",
                "a = 1__0",
                "a = \"\\q\"",
                "a = \"\\ud800\"",
                "[a]\nb = 1\n[a.b]",
                "a = {}\n[a.b]",
                "a.b = 1\na = 2",
                "a = 1\n[[a]]",
                "a = 1\na.b = 2",
                "a = '''",
                "[a]]",
                "a = 0x",
                "a = 1.",
                "a = .5",
                "a = \"\u0001\""
            })
    void malformedTomlIsRefusedWithTheFile(String text) {
        assertThatThrownBy(() -> TomlReader.parse("bad.toml", text))
                .isInstanceOf(NaiadException.class)
                .hasMessageStartingWith("bad.toml:");
    }

    @Test
    void filesThatAreMissingAreNamed(@TempDir Path directory) throws Exception {
        Path missing = directory.resolve("no.json");
        assertThatThrownBy(() -> JsonReader.read(missing))
                .hasMessageContaining("no.json: no such file");
        Path there = Files.writeString(directory.resolve("a.json"), "{}");
        assertThat(JsonReader.read(there)).isEqualTo(ConfigNode.object(Map.of()));
    }

    @Test
    void hostileDepthIsRefusedAndNotACrash() {
        String deep = "[".repeat(100_000);
        assertThatThrownBy(() -> JsonReader.parse("f", deep)).isInstanceOf(NaiadException.class);
        assertThatThrownBy(() -> TomlReader.parse("f", "a = " + deep))
                .isInstanceOf(NaiadException.class);
        assertThatThrownBy(() -> YamlReader.parse("f", deep)).isInstanceOf(NaiadException.class);
        assertThatThrownBy(() -> TomlReader.parse("f", "a" + ".a".repeat(100_000) + " = 1"))
                .isInstanceOf(NaiadException.class);
    }

    @ParameterizedTest
    @CsvSource({
        "3s, 3000",
        "1m30s, 90000",
        "1.5h, 5400000",
        "300ms, 300",
        "0, 0",
        "2days, 172800000",
        "1h 2m, 3720000",
        "-1s, -1000"
    })
    void durationsAreRead(String text, long millis) {
        assertThat(Durations.parse(text)).isEqualTo(Duration.ofMillis(millis));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "s", "5", "1x", "1.2.3s", "1m30", "99999999999999h"})
    void whatIsNoDurationIsRefused(String text) {
        assertThatThrownBy(() -> Durations.parse(text)).isInstanceOf(NaiadException.class);
    }

    @ParameterizedTest
    @CsvSource({
        "0, 0s",
        "1500, 1.5s",
        "90000, 1m30s",
        "3600000, 1h0m0s",
        "300, 300ms",
        "-1500, -1.5s"
    })
    void durationsArePrintedAsGoDoes(long millis, String text) {
        assertThat(Durations.format(Duration.ofMillis(millis))).isEqualTo(text);
        assertThat(Durations.parse(text)).isEqualTo(Duration.ofMillis(millis));
    }

    @Test
    void secretsDoNotPrint() {
        assertThat(Secret.of("hunter2")).hasToString("[redacted]").isEqualTo(Secret.of("hunter2"));
        assertThat(Secret.of("hunter2").reveal()).isEqualTo("hunter2");
        assertThat(List.of(Secret.of("hunter2")).toString()).doesNotContain("hunter2");
    }
}
