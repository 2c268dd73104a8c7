package dev.naiad.nydusimage.command;

import dev.naiad.base.bytes.Digest;
import dev.naiad.base.bytes.LittleEndian;
import dev.naiad.base.cli.CommandLine;
import dev.naiad.base.error.CorruptFormatException;
import dev.naiad.base.error.ErrorKind;
import dev.naiad.base.error.IoReason;
import dev.naiad.base.error.NaiadException;
import dev.naiad.nydusimage.files.OutputFile;
import dev.naiad.rafs.Bootstrap;
import dev.naiad.rafs.reader.BootstrapReader;
import dev.naiad.rafs.v5.V5SuperBlock;
import dev.naiad.rafs.v6.ErofsSuperBlock;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * Bootstraps in files. They are read, not mapped: a file that somebody truncates must not end the
 * process.
 */
public final class BootstrapFile {
    private static final int STEP = 1 << 26;
    private static final int HEAD = 1028;

    private BootstrapFile() {}

    /** The bootstrap in a file. */
    public static Bootstrap open(Path file, Arena arena) {
        return BootstrapReader.open(read(file, arena), file.toString());
    }

    static MemorySegment read(Path file, Arena arena) {
        try (var channel = FileChannel.open(file, StandardOpenOption.READ)) {
            long size = channel.size();
            if (size == 0) {
                throw new CorruptFormatException(
                        file.toString(), 0, "a RAFS bootstrap", "an empty file");
            }
            var bytes = arena.allocate(size, 8);
            long at = 0;
            while (at < size) {
                var part = bytes.asSlice(at, Math.min(STEP, size - at)).asByteBuffer();
                int count = channel.read(part, at);
                if (count < 0) {
                    throw new NaiadException(
                            ErrorKind.ABORTED, file + " became shorter while it was read");
                }
                at += count;
            }
            return bytes;
        } catch (NoSuchFileException e) {
            throw new NaiadException(
                    ErrorKind.NOT_FOUND, "bootstrap " + file + " does not exist", e);
        } catch (IOException e) {
            throw new NaiadException(
                    ErrorKind.UNAVAILABLE,
                    "cannot read bootstrap " + file + ": " + e.getMessage(),
                    e);
        }
    }

    /**
     * Whether the file begins as a bootstrap does; a blob of many gigabytes is not read for that.
     */
    static boolean looksLikeOne(Path file) throws IOException {
        try (var input = Files.newInputStream(file)) {
            var head =
                    LittleEndian.of(MemorySegment.ofArray(input.readNBytes(HEAD)), file.toString());
            return head.size() == HEAD
                    && (head.u32(0) == V5SuperBlock.MAGIC
                            || head.u32(ErofsSuperBlock.OFFSET) == ErofsSuperBlock.MAGIC);
        }
    }

    /** Writes a bootstrap to {@code --bootstrap}, or into {@code --blob-dir} under its digest. */
    static Path write(CommandLine line, byte[] bootstrap) {
        var named = line.find("bootstrap");
        if (named.isPresent()) {
            return write(Path.of(named.get()), bootstrap);
        }
        var directory = Path.of(line.get("blob-dir"));
        try {
            Files.createDirectories(directory);
        } catch (IOException e) {
            throw new NaiadException(
                    ErrorKind.UNAVAILABLE,
                    IoReason.after("cannot make directory " + directory, e),
                    e);
        }
        return write(directory.resolve(Digest.sha256Of(bootstrap).hex()), bootstrap);
    }

    static Path write(Path path, byte[] bootstrap) {
        OutputFile.write(path, bootstrap);
        return path;
    }

    /** The file's name up to the first dot, which is what a bootstrap inside its blob goes by. */
    static String blobId(Path file) {
        String name = String.valueOf(file.getFileName());
        int dot = name.indexOf('.');
        if (dot == 0) {
            throw new NaiadException(
                    ErrorKind.INVALID_ARGUMENT,
                    "bootstrap " + file + ": a name that begins with a dot names no blob");
        }
        return dot < 0 ? name : name.substring(0, dot);
    }
}
