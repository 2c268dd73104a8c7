package dev.naiad.builder.tree;

import dev.naiad.rafs.FileType;
import dev.naiad.rafs.Xattr;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Optional;

/**
 * How a layer says that something of the layers below is gone; {@code word} is the text of {@code
 * --whiteout-spec}.
 */
public enum WhiteoutSpec {
    OCI("oci"),
    OVERLAYFS("overlayfs"),
    NONE("none");

    private static final byte[] PREFIX = ".wh.".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] OPAQUE = ".wh..wh..opq".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] OVERLAY_OPAQUE =
            "trusted.overlay.opaque".getBytes(StandardCharsets.US_ASCII);

    private final String word;

    WhiteoutSpec(String word) {
        this.word = word;
    }

    public String word() {
        return word;
    }

    public static Optional<WhiteoutSpec> ofWord(String word) {
        return Arrays.stream(values()).filter(spec -> spec.word.equals(word)).findFirst();
    }

    /** What an entry of a layer means for the layers below. */
    sealed interface Meaning {
        /** An ordinary entry. */
        record Content() implements Meaning {}

        /** The child of that name is gone; the entry is not part of the result. */
        @SuppressWarnings("ArrayRecordComponent") // compares by content
        record Removal(byte[] victim) implements Meaning {
            @Override
            public boolean equals(Object other) {
                return other instanceof Removal that && Arrays.equals(victim, that.victim);
            }

            @Override
            public int hashCode() {
                return Arrays.hashCode(victim);
            }
        }

        /**
         * Everything that lower layers have in the same directory is gone; the entry is not part of
         * the result.
         */
        record OpaqueMarker() implements Meaning {}

        /**
         * Everything that lower layers have in this directory is gone; it stays, without the
         * attribute.
         */
        record OpaqueDirectory() implements Meaning {}
    }

    Meaning meaningOf(TreeEntry entry) {
        return switch (this) {
            case NONE -> new Meaning.Content();
            case OCI -> ociMeaning(entry);
            case OVERLAYFS -> overlayMeaning(entry);
        };
    }

    private static Meaning ociMeaning(TreeEntry entry) {
        byte[] name = entry.name();
        if (Arrays.equals(name, OPAQUE)) {
            return new Meaning.OpaqueMarker();
        }
        if (name.length > PREFIX.length
                && Arrays.equals(name, 0, PREFIX.length, PREFIX, 0, PREFIX.length)) {
            return new Meaning.Removal(Arrays.copyOfRange(name, PREFIX.length, name.length));
        }
        return new Meaning.Content();
    }

    private static Meaning overlayMeaning(TreeEntry entry) {
        var inode = entry.inode();
        if (inode.type() == FileType.CHARACTER && inode.rdev() == 0) {
            return new Meaning.Removal(entry.name());
        }
        if (inode.isDirectory() && inode.xattrs().stream().anyMatch(WhiteoutSpec::isOpaque)) {
            return new Meaning.OpaqueDirectory();
        }
        return new Meaning.Content();
    }

    static boolean isOpaque(Xattr xattr) {
        return Arrays.equals(xattr.name(), OVERLAY_OPAQUE)
                && xattr.value().length == 1
                && xattr.value()[0] == 'y';
    }

    /**
     * Whether a directory build without lower layers leaves the entry out: there is nothing that it
     * could remove.
     */
    public boolean isMarker(TreeEntry entry) {
        return switch (meaningOf(entry)) {
            case Meaning.Content c -> false;
            case Meaning.Removal r -> true;
            case Meaning.OpaqueMarker m -> true;
            case Meaning.OpaqueDirectory d -> false;
        };
    }
}
