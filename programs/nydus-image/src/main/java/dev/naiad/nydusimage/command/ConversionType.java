package dev.naiad.nydusimage.command;

import dev.naiad.base.error.ErrorKind;
import dev.naiad.base.error.NaiadException;
import java.util.Arrays;
import java.util.stream.Stream;

/** What {@code --type} of {@code nydus-image create} names: the kind of source and of result. */
enum ConversionType {
    DIRECTORY_TO_RAFS("dir-rafs", "directory"),
    TAR_TO_RAFS("tar-rafs"),
    TAR_GZ_TO_RAFS("targz-rafs"),
    ESTARGZ_TO_RAFS("estargz-rafs"),
    ESTARGZ_TO_REF("estargz-ref"),
    ESTARGZ_TOC_TO_REF("estargztoc-ref", "stargz_index"),
    TAR_GZ_TO_REF("targz-ref"),
    TAR_TO_TARFS("tar-tarfs");

    private final String word;
    private final String alias;

    ConversionType(String word) {
        this(word, word);
    }

    ConversionType(String word, String alias) {
        this.word = word;
        this.alias = alias;
    }

    /** Every word of every type. */
    static String[] words() {
        return Arrays.stream(values())
                .flatMap(type -> Stream.of(type.word, type.alias))
                .distinct()
                .toArray(String[]::new);
    }

    /**
     * The type of a word.
     *
     * @throws NaiadException if there is none
     */
    static ConversionType ofWord(String word) {
        return Arrays.stream(values())
                .filter(type -> type.word.equals(word) || type.alias.equals(word))
                .findFirst()
                .orElseThrow(
                        () ->
                                new NaiadException(
                                        ErrorKind.INVALID_ARGUMENT,
                                        "--type "
                                                + word
                                                + " is none of "
                                                + String.join(", ", words())));
    }

    /** Whether the bootstrap is all that is made. */
    boolean isBootstrapOnly() {
        return this == ESTARGZ_TOC_TO_REF || this == TAR_TO_TARFS;
    }

    /** Whether the data stays in the layer that is converted. */
    boolean isReference() {
        return this == TAR_GZ_TO_REF || this == ESTARGZ_TO_REF || this == ESTARGZ_TOC_TO_REF;
    }

    /** The type's name on the command line. */
    String word() {
        return word;
    }
}
