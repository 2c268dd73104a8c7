package dev.naiad.acceleration.layer;

import dev.naiad.base.bytes.Digest;
import dev.naiad.base.concurrent.Deadline;
import dev.naiad.convert.push.BlobStore;
import dev.naiad.convert.push.BlobWriter;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Passes blobs on and writes them to files beside. What goes wrong with a file costs the file, not
 * the conversion.
 */
final class KeepingBlobs implements BlobStore {
    private static final Logger LOG = LoggerFactory.getLogger(KeepingBlobs.class);

    private final BlobStore target;
    private final LayerStore store;
    private final Map<Digest, Path> made = new ConcurrentHashMap<>();

    KeepingBlobs(BlobStore target, LayerStore store) {
        this.target = target;
        this.store = store;
    }

    /** The file of a blob that was committed; the caller's from now on. */
    @Nullable Path take(Digest blob) {
        return made.remove(blob);
    }

    @Override
    public boolean hasBlob(Digest digest, Deadline deadline) {
        return target.hasBlob(digest, deadline);
    }

    @Override
    public void putBlob(Digest digest, byte[] bytes, Deadline deadline) {
        target.putBlob(digest, bytes, deadline);
    }

    @Override
    public BlobWriter writer(Deadline deadline, LongConsumer progress) {
        return new Writer(target.writer(deadline, progress));
    }

    private final class Writer implements BlobWriter {
        private final BlobWriter out;
        private @Nullable Path path;
        private @Nullable FileChannel file;
        private long written;

        Writer(BlobWriter out) {
            this.out = out;
            try {
                Path created = store.newFile();
                path = created;
                file = FileChannel.open(created, StandardOpenOption.WRITE);
            } catch (IOException e) {
                giveUp(e.toString());
            }
        }

        @Override
        public int write(ByteBuffer bytes) throws IOException {
            var copy = bytes.duplicate();
            int count = out.write(bytes);
            copy.limit(copy.position() + count);
            FileChannel open = file;
            if (open != null) {
                written += count;
                if (!store.takes(written)) {
                    giveUp("it is larger than the store");
                    return count;
                }
                try {
                    while (copy.hasRemaining()) {
                        open.write(copy);
                    }
                } catch (IOException e) {
                    giveUp(e.toString());
                }
            }
            return count;
        }

        @Override
        public void commit(Digest digest) throws IOException {
            out.commit(digest);
            FileChannel open = file;
            Path complete = path;
            if (open == null || complete == null) {
                return;
            }
            try {
                open.force(false);
                open.close();
                file = null;
                path = null;
                Path other = made.put(digest, complete);
                if (other != null) {
                    Files.deleteIfExists(other);
                }
            } catch (IOException e) {
                giveUp(e.toString());
            }
        }

        private void giveUp(String why) {
            LOG.warn("a layer is not kept: {}", why);
            discard();
        }

        private void discard() {
            try {
                FileChannel open = file;
                if (open != null) {
                    open.close();
                }
                Path left = path;
                if (left != null) {
                    Files.deleteIfExists(left);
                }
            } catch (IOException e) {
                LOG.debug("a file is left: {}", e.toString());
            }
            file = null;
            path = null;
        }

        @Override
        public boolean isOpen() {
            return out.isOpen();
        }

        @Override
        public void close() {
            discard();
            out.close();
        }
    }
}
