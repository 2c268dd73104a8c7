package dev.naiad.convert.archive;

import dev.naiad.base.error.ErrorKind;
import dev.naiad.base.error.IoReason;
import dev.naiad.base.error.NaiadException;
import dev.naiad.builder.tar.TarIndex;
import dev.naiad.codec.stream.LayerStreams;
import dev.naiad.convert.files.WorkDir;
import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Optional;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/**
 * The files of an archive: a tar, which may be compressed, or a directory. A compressed one is
 * inflated into the working directory, since its files are read in any order. For any number of
 * threads; nobody may interrupt one that reads.
 */
final class ArchiveFiles implements AutoCloseable {
    private static final int HEAD = 4;

    private final Path path;
    private final @Nullable FileChannel channel;
    private final @Nullable TarIndex index;

    private ArchiveFiles(Path path, @Nullable FileChannel channel, @Nullable TarIndex index) {
        this.path = path;
        this.channel = channel;
        this.index = index;
    }

    static ArchiveFiles open(Path path, WorkDir work) {
        if (Files.isDirectory(path)) {
            return new ArchiveFiles(path, null, null);
        }
        try {
            Path plain = inflated(path, work);
            var channel = FileChannel.open(plain, StandardOpenOption.READ);
            boolean good = false;
            try {
                var files = new ArchiveFiles(path, channel, TarIndex.read(channel, "" + path));
                good = true;
                return files;
            } finally {
                if (!good) {
                    channel.close();
                }
            }
        } catch (java.nio.file.NoSuchFileException e) {
            throw new NaiadException(ErrorKind.NOT_FOUND, "archive " + path + ": is missing", e);
        } catch (IOException e) {
            throw new NaiadException(
                    ErrorKind.UNAVAILABLE, IoReason.after("archive " + path, e), e);
        }
    }

    private static Path inflated(Path path, WorkDir work) throws IOException {
        byte[] head;
        try (var in = Files.newInputStream(path)) {
            head = in.readNBytes(HEAD);
        }
        if (LayerStreams.kindOf(head, head.length) == LayerStreams.Kind.PLAIN) {
            return path;
        }
        Path plain = work.file("archive-");
        try (var in = LayerStreams.open(Files.newInputStream(path), "archive " + path);
                var out = Files.newOutputStream(plain)) {
            in.transferTo(out);
        }
        return plain;
    }

    private Optional<TarIndex.Place> place(String name) {
        return index == null ? Optional.empty() : index.find(name);
    }

    /** Size of a file; empty if there is none. */
    OptionalLong size(String name) {
        if (index != null) {
            return place(name).map(p -> OptionalLong.of(p.size())).orElse(OptionalLong.empty());
        }
        Path file = path.resolve(name);
        try {
            return Files.isRegularFile(file)
                    ? OptionalLong.of(Files.size(file))
                    : OptionalLong.empty();
        } catch (IOException e) {
            return OptionalLong.empty();
        }
    }

    InputStream open(String name) {
        long size = size(name).orElseThrow(() -> missing(name));
        return new InputStream() {
            private long at;

            @Override
            public int read() throws IOException {
                byte[] one = new byte[1];
                return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
            }

            @Override
            public int read(byte[] target, int offset, int length) {
                int count = (int) Math.min(length, size - at);
                if (count <= 0) {
                    return length == 0 ? 0 : -1;
                }
                ArchiveFiles.this.read(
                        name, at, MemorySegment.ofArray(target).asSlice(offset, count));
                at += count;
                return count;
            }
        };
    }

    /** Fills the target. */
    void read(String name, long offset, MemorySegment target) {
        long size = size(name).orElseThrow(() -> missing(name));
        if (offset < 0 || offset > size || target.byteSize() > size - offset) {
            throw new NaiadException(
                    ErrorKind.OUT_OF_RANGE,
                    "archive "
                            + path
                            + ": "
                            + name
                            + " has "
                            + size
                            + " bytes, wanted "
                            + target.byteSize()
                            + " at "
                            + offset);
        }
        try {
            FileChannel archive = channel;
            if (archive != null) {
                fill(archive, place(name).orElseThrow().offset() + offset, target);
            } else {
                try (var file = FileChannel.open(path.resolve(name), StandardOpenOption.READ)) {
                    fill(file, offset, target);
                }
            }
        } catch (IOException e) {
            throw new NaiadException(
                    ErrorKind.UNAVAILABLE, IoReason.after("archive " + path + ": " + name, e), e);
        }
    }

    private static void fill(FileChannel channel, long offset, MemorySegment target)
            throws IOException {
        ByteBuffer buffer = target.asByteBuffer();
        while (buffer.hasRemaining()) {
            if (channel.read(buffer, offset + buffer.position()) < 0) {
                throw new IOException("ends early");
            }
        }
    }

    /** A small file. */
    byte[] bytes(String name, int limit) {
        long size = size(name).orElseThrow(() -> missing(name));
        if (size > limit) {
            throw new NaiadException(
                    ErrorKind.RESOURCE_EXHAUSTED,
                    "archive " + path + ": " + name + " is larger than " + limit + " bytes");
        }
        byte[] bytes = new byte[(int) size];
        read(name, 0, MemorySegment.ofArray(bytes));
        return bytes;
    }

    private NaiadException missing(String name) {
        return new NaiadException(ErrorKind.NOT_FOUND, "archive " + path + ": has no " + name);
    }

    @Override
    public String toString() {
        return "archive " + path;
    }

    @Override
    public void close() {
        try {
            if (channel != null) {
                channel.close();
            }
        } catch (IOException e) {
            throw new NaiadException(
                    ErrorKind.UNAVAILABLE, IoReason.after("archive " + path, e), e);
        }
    }
}
