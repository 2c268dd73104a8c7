package dev.naiad.fuzz;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.naiad.base.config.JsonReader;
import dev.naiad.base.config.JsonWriter;
import java.nio.charset.StandardCharsets;
import java.util.stream.Stream;
import org.junit.jupiter.params.provider.MethodSource;

/** JSON: what is read can be written as JSON and read again, the same. */
class JsonFuzzTest {
    static Stream<byte[]> seeds() {
        return Documents.json().map(text -> text.getBytes(StandardCharsets.UTF_8));
    }

    @MethodSource("seeds")
    @FuzzTest
    void parse(byte[] bytes) {
        Named.errorsOnly(
                () -> {
                    var node = JsonReader.parse("file", bytes);
                    String written = JsonWriter.compact(node);
                    String again = JsonWriter.compact(JsonReader.parse("again", written));
                    if (!again.equals(written)) {
                        throw new AssertionError(written + " became " + again);
                    }
                });
    }
}
