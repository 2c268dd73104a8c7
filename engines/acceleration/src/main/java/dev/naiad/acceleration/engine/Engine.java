package dev.naiad.acceleration.engine;

import dev.naiad.acceleration.config.AcceldConfig;
import dev.naiad.acceleration.layer.KeptLayers;
import dev.naiad.acceleration.layer.LayerStore;
import dev.naiad.acceleration.layer.LimitedLayers;
import dev.naiad.convert.conversion.LayerWrapping;
import dev.naiad.convert.remote.Registries;
import dev.naiad.oci.auth.Credential;
import dev.naiad.oci.auth.Credentials;
import dev.naiad.oci.auth.DockerConfig;
import java.time.InstantSource;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Semaphore;

/** Puts a conversion together from a configuration. */
public final class Engine {
    private static final int MOST_LAYERS_AT_ONCE = 5;

    private Engine() {}

    /**
     * A conversion.
     *
     * @param store of converted layers; empty for none
     */
    public static DriverConversion open(
            AcceldConfig config,
            Map<String, String> env,
            InstantSource clock,
            Optional<LayerStore> store) {
        var registries =
                new Registries(
                        env,
                        clock,
                        credentials(config).or(DockerConfig.fromEnvironment(env)),
                        false);
        // Each layer has some tens of MB of buffers, whichever image it is of.
        var atOnce =
                new Semaphore(
                        Math.clamp(
                                Runtime.getRuntime().availableProcessors(),
                                2,
                                MOST_LAYERS_AT_ONCE));
        if (config.estargz().isPresent()) {
            return new SeekableConversion(
                    config, registries, config.estargz().get().compression(), atOnce);
        }
        LayerWrapping fresh = new LimitedLayers(LayerWrapping.NONE, atOnce);
        // A layer that refers to a dictionary is of use with that dictionary only.
        boolean alone = config.driver().dictionary().isEmpty() && !config.driver().ociRef();
        LayerWrapping kept =
                store.isPresent() && alone
                        ? new LimitedLayers(
                                new KeptLayers(store.get(), config.driver().fingerprint()), atOnce)
                        : fresh;
        return new NydusConversion(config, registries, kept, fresh);
    }

    private static Credentials credentials(AcceldConfig config) {
        return host -> {
            AcceldConfig.Source source = config.sources().get(host);
            return source == null
                    ? Optional.empty()
                    : source.credential().map(credential -> (Credential) credential);
        };
    }
}
