package dev.naiad.rafs;

import dev.naiad.base.error.ErrorKind;
import dev.naiad.base.error.NaiadException;
import java.util.List;

/** What may be the id of a blob: it becomes a file name and a part of URLs. */
public final class BlobIds {
    private static final int LONGEST_V6 = 64;
    private static final int LONGEST_V5 = 255;

    private BlobIds() {}

    /**
     * Refuses a blob table that images of that version cannot hold.
     *
     * @throws NaiadException INVALID_ARGUMENT naming the id
     */
    public static void check(List<BlobInfo> blobs, RafsVersion version) {
        blobs.forEach(blob -> check(blob.id(), version));
    }

    /** The same for one id. */
    public static void check(String id, RafsVersion version) {
        int longest = version == RafsVersion.V5 ? LONGEST_V5 : LONGEST_V6;
        boolean printable = id.chars().allMatch(c -> c > ' ' && c < 0x7f && c != '/' && c != '\\');
        if (id.isEmpty()
                || id.length() > longest
                || !printable
                || id.equals(".")
                || id.equals("..")) {
            throw new NaiadException(
                    ErrorKind.INVALID_ARGUMENT,
                    "\""
                            + id
                            + "\" cannot be a blob id: RAFS v"
                            + version.word()
                            + " takes 1 to "
                            + longest
                            + " printable characters without blanks and slashes");
        }
    }
}
