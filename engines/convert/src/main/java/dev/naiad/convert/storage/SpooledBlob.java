package dev.naiad.convert.storage;

import dev.naiad.base.bytes.Digest;
import dev.naiad.base.error.ErrorKind;
import dev.naiad.base.error.NaiadException;
import dev.naiad.convert.files.WorkDir;
import dev.naiad.convert.push.BlobWriter;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.function.LongConsumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A blob that is written to a file first; the commit hands the file over to its keeper. A blob
 * whose digest turns out wrong is refused. For one thread.
 */
public final class SpooledBlob implements BlobWriter {
    private static final Logger LOG = LoggerFactory.getLogger(SpooledBlob.class);

    private final Path file;
    private final FileChannel channel;
    private final MessageDigest sha256;
    private final LongConsumer progress;
    private final Keeper keeper;
    private boolean kept;

    /** Takes a whole blob; the file is its own from then on. */
    public interface Keeper {
        void keep(Digest digest, Path file) throws IOException;
    }

    /**
     * @param file empty
     * @param progress told how many bytes are written
     */
    public SpooledBlob(Path file, LongConsumer progress, Keeper keeper) {
        this.file = file;
        this.progress = progress;
        this.keeper = keeper;
        try {
            this.channel = FileChannel.open(file, StandardOpenOption.WRITE);
            this.sha256 = MessageDigest.getInstance("SHA-256");
        } catch (IOException e) {
            throw WorkDir.failed(file, e);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
    }

    @Override
    public int write(ByteBuffer source) {
        int count = source.remaining();
        sha256.update(source.duplicate());
        try {
            while (source.hasRemaining()) {
                channel.write(source);
            }
        } catch (IOException e) {
            throw WorkDir.failed(file, e);
        }
        progress.accept(count);
        return count;
    }

    @Override
    public void commit(Digest digest) throws IOException {
        channel.close();
        Digest found = Digest.of(Digest.Algorithm.SHA256, sha256.digest());
        if (!found.equals(digest)) {
            throw new NaiadException(
                    ErrorKind.DATA_LOSS, "blob " + digest + ": content has digest " + found);
        }
        keeper.keep(digest, file);
        kept = true;
    }

    @Override
    public boolean isOpen() {
        return channel.isOpen();
    }

    @Override
    public void close() {
        try (channel) {
            if (!kept) {
                Files.deleteIfExists(file);
            }
        } catch (IOException e) {
            LOG.debug("{} stays behind: {}", file, e.getMessage());
        }
    }
}
