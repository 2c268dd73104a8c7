package dev.naiad.nydusdapi;

import dev.naiad.base.config.ConfigNode;
import dev.naiad.base.config.JsonWriter;
import java.util.List;

/**
 * A FUSE request that is being served.
 *
 * @param opcode the kernel's number
 * @param timestampSecs when it arrived, seconds since 1970
 */
public record InflightRequest(long inode, int opcode, long unique, long timestampSecs) {

    public static List<InflightRequest> listOf(ConfigNode json) {
        return json.items().stream()
                .map(
                        one ->
                                new InflightRequest(
                                        Json.number(one, "inode"),
                                        (int) Json.number(one, "opcode"),
                                        Json.number(one, "unique"),
                                        Json.number(one, "timestamp_secs")))
                .toList();
    }

    public static String toJson(List<InflightRequest> requests) {
        var out = JsonWriter.compact().array();
        for (var request : requests) {
            out.object();
            Json.put(out, "inode", request.inode);
            Json.put(out, "opcode", request.opcode);
            Json.put(out, "unique", request.unique);
            Json.put(out, "timestamp_secs", request.timestampSecs);
            out.end();
        }
        return out.end().toString();
    }
}
