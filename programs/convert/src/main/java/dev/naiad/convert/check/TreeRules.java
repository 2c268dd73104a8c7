package dev.naiad.convert.check;

import dev.naiad.base.bytes.Digest;
import dev.naiad.base.bytes.Hex;
import dev.naiad.builder.ImageCheck;
import dev.naiad.rafs.Bootstrap;
import dev.naiad.rafs.Inode;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import java.util.TreeMap;

/**
 * Whether two images are the same tree: paths, types, modes, owners, devices, sizes, link targets,
 * extended attributes and, where both cut files alike, the digests of all chunks. The root's own
 * attributes do not count, as in the original.
 */
final class TreeRules {
    private static final int DIGEST_BYTES = 32;

    private final boolean content;
    private final Map<String, String> wanted = new HashMap<>();

    TreeRules(Bootstrap source, Bootstrap target) {
        this.content =
                source.chunkSize() == target.chunkSize() && source.digester() == target.digester();
        var _ = ImageCheck.check(source, (path, inode) -> wanted.put(path, describe(path, inode)));
    }

    /** Compares; gives the number of entries. */
    long check(Bootstrap target) {
        long[] entries = new long[1];
        var _ =
                ImageCheck.check(
                        target,
                        (path, inode) -> {
                            entries[0]++;
                            String source = wanted.remove(path);
                            if (source == null) {
                                throw CheckCommand.failed(
                                        "filesystem", path + " is not in the source");
                            }
                            String found = describe(path, inode);
                            if (!source.equals(found)) {
                                throw CheckCommand.failed(
                                        "filesystem",
                                        path + " is " + found + ", in the source " + source);
                            }
                        });
        if (!wanted.isEmpty()) {
            String first = wanted.keySet().stream().sorted().findFirst().orElse("");
            throw CheckCommand.failed(
                    "filesystem",
                    first + " and " + (wanted.size() - 1) + " other entries are missing");
        }
        return entries[0];
    }

    private String describe(String path, Inode inode) {
        if (path.equals("/")) {
            return "the root";
        }
        var text = new StringBuilder();
        text.append(inode.type()).append(" mode ").append(Integer.toOctalString(inode.mode()));
        text.append(" uid ").append(inode.uid()).append(" gid ").append(inode.gid());
        switch (inode.type()) {
            case REGULAR -> {
                text.append(" size ").append(inode.size());
                if (content) {
                    text.append(" content ").append(content(inode));
                }
            }
            case SYMLINK ->
                    text.append(" to ")
                            .append(new String(inode.symlinkTarget(), StandardCharsets.UTF_8));
            case CHARACTER, BLOCK -> text.append(" device ").append(inode.rdev());
            case DIRECTORY, FIFO, SOCKET -> {}
        }
        var xattrs = new TreeMap<String, String>();
        inode.xattrs()
                .forEach(
                        xattr ->
                                xattrs.put(
                                        new String(xattr.name(), StandardCharsets.UTF_8),
                                        Hex.encode(xattr.value())));
        return xattrs.isEmpty()
                ? text.toString()
                : text.append(" xattrs ").append(xattrs).toString();
    }

    /** One digest for those of a file's chunks, to keep the map small. */
    private static String content(Inode inode) {
        byte[] all = new byte[Math.multiplyExact(DIGEST_BYTES, inode.chunkCount())];
        for (int k = 0; k < inode.chunkCount(); k++) {
            System.arraycopy(inode.chunk(k).digest(), 0, all, k * DIGEST_BYTES, DIGEST_BYTES);
        }
        return Digest.sha256Of(all).hex();
    }
}
