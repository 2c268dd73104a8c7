package dev.naiad.dfdaemon.grpc;

import dev.naiad.base.error.ErrorKind;
import dev.naiad.base.error.NaiadException;
import dev.naiad.dfdaemon.storage.StoredTask;
import dev.naiad.dragonfly.PieceDigest;
import dev.naiad.dragonfly.api.common.Download;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Locale;
import java.util.zip.CRC32;

/**
 * Puts a finished content where a tool wants it. A copy, checked and then moved into place: a hard
 * link would let the user's edits into the store, so it is made only when it is demanded.
 */
final class OutputFile {
    private final Path path;
    private final boolean overwrite;
    private final boolean forceHardLink;
    private final String digest;

    OutputFile(Download download) {
        this.path = Path.of(download.getOutputPath());
        this.overwrite = download.getOverwrite();
        this.forceHardLink = download.getForceHardLink();
        this.digest = download.getDigest();
    }

    /** Refuses what cannot work before anything is downloaded. */
    void check() {
        if (!path.isAbsolute()) {
            throw new NaiadException(
                    ErrorKind.INVALID_ARGUMENT, "output path " + path + " is not absolute");
        }
        checkDigestName();
        if (Files.exists(path) && !overwrite && !forceHardLink) {
            throw exists();
        }
        Path parent = path.getParent();
        if (parent == null || !Files.isDirectory(parent)) {
            throw new NaiadException(
                    ErrorKind.INVALID_ARGUMENT, "output path " + path + ": no such directory");
        }
    }

    private NaiadException exists() {
        return new NaiadException(
                ErrorKind.ALREADY_EXISTS, "output path " + path + " already exists");
    }

    void place(StoredTask task) {
        try {
            if (forceHardLink) {
                link(task);
            } else {
                copy(task);
            }
        } catch (IOException e) {
            throw new NaiadException(
                    ErrorKind.INTERNAL, "output path " + path + ": " + e.getMessage(), e);
        }
    }

    private void link(StoredTask task) throws IOException {
        if (Files.exists(path)) {
            if (Files.isSameFile(path, task.content())) {
                return;
            }
            if (!overwrite) {
                throw exists();
            }
            Files.delete(path);
        }
        verify(task, null);
        Files.createLink(path, task.content());
    }

    private void copy(StoredTask task) throws IOException {
        Path fresh =
                path.resolveSibling(
                        "." + path.getFileName() + "." + ProcessHandle.current().pid() + ".part");
        boolean done = false;
        try {
            try (var out =
                    FileChannel.open(
                            fresh,
                            StandardOpenOption.CREATE,
                            StandardOpenOption.TRUNCATE_EXISTING,
                            StandardOpenOption.WRITE)) {
                verify(task, out);
            }
            Files.setPosixFilePermissions(fresh, PosixFilePermissions.fromString("rw-r--r--"));
            Files.move(
                    fresh,
                    path,
                    StandardCopyOption.ATOMIC_MOVE,
                    StandardCopyOption.REPLACE_EXISTING);
            done = true;
        } finally {
            if (!done) {
                Files.deleteIfExists(fresh);
            }
        }
    }

    /** Reads all of the content, compares its digest, and writes it to {@code out} if there. */
    private void verify(StoredTask task, @org.jspecify.annotations.Nullable FileChannel out)
            throws IOException {
        MessageDigest sha = digest.startsWith("sha") ? sha() : null;
        var crc = new CRC32();
        ByteBuffer buffer = ByteBuffer.allocateDirect(1 << 20);
        long left = task.meta().contentLength();
        try (var content = task.openContent()) {
            while (left > 0) {
                buffer.clear().limit((int) Math.min(buffer.capacity(), left));
                int read = content.read(buffer);
                if (read <= 0) {
                    throw new IOException("the content file is shorter than its content");
                }
                buffer.flip();
                if (sha != null) {
                    sha.update(buffer.duplicate());
                }
                crc.update(buffer.duplicate());
                while (out != null && buffer.hasRemaining()) {
                    out.write(buffer);
                }
                left -= read;
            }
        }
        if (!digest.isEmpty() && !matches(sha, crc)) {
            throw new NaiadException(
                    ErrorKind.DATA_LOSS,
                    "output path " + path + ": the content does not have digest " + digest);
        }
    }

    private boolean matches(@org.jspecify.annotations.Nullable MessageDigest sha, CRC32 crc) {
        if (sha == null) {
            return PieceDigest.parse(digest).orElse(-1) == crc.getValue();
        }
        String hex = digest.substring(digest.indexOf(':') + 1);
        return HexFormat.of().formatHex(sha.digest()).equals(hex.toLowerCase(Locale.ROOT));
    }

    private void checkDigestName() {
        boolean good =
                digest.isEmpty()
                        || digest.matches("sha256:[0-9a-fA-F]{64}|sha512:[0-9a-fA-F]{128}")
                        || PieceDigest.parse(digest).isPresent();
        if (!good) {
            throw new NaiadException(
                    ErrorKind.INVALID_ARGUMENT,
                    "digest " + digest + ": not sha256:, sha512: or crc32: and its value");
        }
    }

    private MessageDigest sha() {
        try {
            return MessageDigest.getInstance(digest.startsWith("sha512:") ? "SHA-512" : "SHA-256");
        } catch (NoSuchAlgorithmException impossible) {
            throw new IllegalStateException(impossible);
        }
    }
}
