package dev.naiad.oci.image;

import dev.naiad.base.bytes.Digest;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * Names of stacks of layers: the first is the first diff id, each further one hashes its
 * predecessor and a diff id.
 */
public final class ChainIds {
    private ChainIds() {}

    /** One chain id for each layer, lowest first. */
    public static List<Digest> of(List<Digest> diffIds) {
        var chain = new ArrayList<Digest>();
        for (Digest diffId : diffIds) {
            chain.add(
                    chain.isEmpty()
                            ? diffId
                            : Digest.sha256Of(
                                    (chain.getLast() + " " + diffId)
                                            .getBytes(StandardCharsets.UTF_8)));
        }
        return chain;
    }
}
