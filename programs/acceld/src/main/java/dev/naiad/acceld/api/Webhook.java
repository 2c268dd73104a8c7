package dev.naiad.acceld.api;

import dev.naiad.base.config.ConfigNode;
import dev.naiad.base.config.JsonReader;
import dev.naiad.base.config.Problems;
import dev.naiad.base.error.NaiadException;
import dev.naiad.oci.ref.ImageReference;
import java.util.ArrayList;
import java.util.List;

/**
 * What a registry says happened; Harbor's form. Fields that are not known are ignored.
 *
 * @param resources what was pushed; empty for other events
 */
record Webhook(String type, List<ImageReference> resources) {
    /** The only event that leads to something. */
    static final String PUSH = "PUSH_ARTIFACT";

    public Webhook {
        resources = List.copyOf(resources);
    }

    static Webhook parse(String text) throws AcceldApiError {
        ConfigNode root;
        try {
            root = JsonReader.parse("request", text);
        } catch (NaiadException e) {
            throw illegal(e.what());
        }
        if (!root.isObject()) {
            throw illegal("the request is not a JSON object");
        }
        var problems = new Problems();
        String type = root.get("type").requiredString(problems);
        var sources = new ArrayList<ImageReference>();
        if (type.equals(PUSH)) {
            ConfigNode resources = root.at("event_data", "resources");
            if (!resources.isList()) {
                problems.add(resources, "is required, a list");
            }
            for (ConfigNode resource : resources.items()) {
                ConfigNode url = resource.get("resource_url");
                String source = url.requiredString(problems);
                try {
                    if (!source.isEmpty()) {
                        sources.add(ImageReference.parse(source));
                    }
                } catch (NaiadException e) {
                    problems.add(url, e.what());
                }
            }
        }
        if (!problems.isEmpty()) {
            throw illegal(String.join("; ", problems.messages()));
        }
        return new Webhook(type, sources);
    }

    private static AcceldApiError illegal(String what) {
        return new AcceldApiError(AcceldApiError.Code.ERR_ILLEGAL_PARAMETER, what);
    }
}
