package dev.naiad.acceleration.config;

import dev.naiad.base.config.ConfigNode;
import dev.naiad.base.error.ErrorKind;
import dev.naiad.base.error.NaiadException;
import dev.naiad.oci.ref.ImageReference;
import java.util.Optional;

/**
 * What an image's converted form is called, and where layers are remembered.
 *
 * @param tagSuffix of converted images; empty if there is no such rule
 * @param cacheTag of the cache image in each repository; empty for no cache
 */
public record TargetRules(String tagSuffix, String cacheTag) {

    /** The first rule that has a key counts. */
    static TargetRules parse(ConfigNode rules, Scalars in) {
        if (rules.isPresent() && !rules.isList()) {
            in.problems().add(rules, "is not a list");
        }
        String suffix = "";
        String cache = "";
        for (ConfigNode rule : rules.items()) {
            in.known(rule, "tag_suffix", "cache_tag");
            if (suffix.isEmpty()) {
                suffix = in.text(rule.get("tag_suffix"), "");
            }
            if (cache.isEmpty()) {
                cache = in.text(rule.get("cache_tag"), "");
            }
        }
        return new TargetRules(suffix, cache);
    }

    /**
     * The converted image's reference: the source's tag, {@code latest} if it has only a digest,
     * with the suffix.
     *
     * @throws NaiadException FAILED_PRECONDITION if no rule has a suffix, INVALID_ARGUMENT if that
     *     gives no tag
     */
    public ImageReference target(ImageReference source) {
        if (tagSuffix.isEmpty()) {
            throw new NaiadException(
                    ErrorKind.FAILED_PRECONDITION,
                    "converter.rules: no rule has a tag_suffix, so the converted image has no name");
        }
        return withTag(source, source.tag().orElse("latest") + tagSuffix);
    }

    /** The cache image of the source's repository. */
    public Optional<ImageReference> cache(ImageReference source) {
        return cacheTag.isEmpty() ? Optional.empty() : Optional.of(withTag(source, cacheTag));
    }

    /** Whether the reference names the cache itself. */
    public boolean isCache(ImageReference source) {
        return !cacheTag.isEmpty() && source.tag().filter(cacheTag::equals).isPresent();
    }

    private static ImageReference withTag(ImageReference source, String tag) {
        return new ImageReference(
                source.domain(), source.path(), Optional.of(tag), Optional.empty());
    }
}
