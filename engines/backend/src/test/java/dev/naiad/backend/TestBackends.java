package dev.naiad.backend;

import dev.naiad.backend.config.BackendConfig;
import dev.naiad.backend.factory.Backends;
import dev.naiad.base.config.JsonReader;
import dev.naiad.base.config.Problems;
import dev.naiad.base.time.Ticker;
import dev.naiad.net.client.Proxies;
import java.time.InstantSource;
import java.util.Random;

/** Opens backends from the text of their section, without pauses between attempts. */
public final class TestBackends {
    private TestBackends() {}

    public static Backend open(String type, String json) {
        return open(type, json, Ticker.system());
    }

    public static Backend open(String type, String json, Ticker ticker) {
        var backends =
                new Backends(
                        "nydusd/1.0.0",
                        Proxies.NONE,
                        InstantSource.system(),
                        ticker,
                        new Random(1),
                        duration -> {});
        return backends.open(parse(type, json));
    }

    public static BackendConfig parse(String type, String json) {
        var problems = new Problems();
        var node =
                JsonReader.parse("config", "{\"type\":\"" + type + "\",\"config\":" + json + "}");
        var config = BackendConfig.parse(node.get("type"), node.get("config"), problems);
        problems.throwIfAny();
        return config.orElseThrow();
    }
}
