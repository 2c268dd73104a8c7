package dev.naiad.backend.localdisk;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.naiad.backend.Backend;
import dev.naiad.backend.BackendCounters;
import dev.naiad.backend.ReadPriority;
import dev.naiad.backend.config.BackendConfig;
import dev.naiad.base.concurrent.Deadline;
import dev.naiad.base.error.ErrorKind;
import dev.naiad.base.error.NaiadException;
import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Blobs as partitions of a disk: the first half of a blob's id is the partition's name, the second
 * its GUID; of old disks the name alone counts. A blob is as long as its partition. The disk is
 * opened for each read; its table is read once.
 */
public final class LocalDiskBackend implements Backend {
    private static final int PART_BYTES = 1 << 20;
    private static final int HALF = 32;

    private final Path device;
    private final BackendCounters metrics;

    @GuardedBy("this") private @Nullable List<GptTable.Partition> partitions;

    public LocalDiskBackend(BackendConfig.LocalDisk config, BackendCounters metrics) {
        this.device = Path.of(config.devicePath());
        this.metrics = metrics;
    }

    @Override
    public String type() {
        return "localdisk";
    }

    @Override
    public long size(String blobId, Deadline deadline) {
        return find(blobId).size();
    }

    @Override
    public void read(
            String blobId,
            long offset,
            MemorySegment target,
            ReadPriority priority,
            Deadline deadline) {
        deadline.check("blob " + blobId);
        GptTable.Partition partition = find(blobId);
        if (offset < 0 || target.byteSize() > partition.size() - offset) {
            metrics.failed();
            throw new NaiadException(
                    ErrorKind.OUT_OF_RANGE,
                    "blob "
                            + blobId
                            + ": its partition has "
                            + partition.size()
                            + " bytes, wanted "
                            + target.byteSize()
                            + " at "
                            + offset);
        }
        long begin = System.nanoTime();
        try (var disk = FileChannel.open(device, StandardOpenOption.READ)) {
            for (long done = 0; done < target.byteSize(); ) {
                long part = Math.min(target.byteSize() - done, PART_BYTES);
                ByteBuffer buffer = target.asSlice(done, part).asByteBuffer();
                int count = disk.read(buffer, partition.offset() + offset + done);
                if (count < 0) {
                    throw new IOException("the disk ends");
                }
                done += count;
            }
        } catch (IOException e) {
            metrics.failed();
            throw failed("blob " + blobId, e);
        }
        metrics.succeeded(target.byteSize(), System.nanoTime() - begin);
    }

    @Override
    public InputStream stream(
            String blobId, long offset, ReadPriority priority, Deadline deadline) {
        GptTable.Partition partition = find(blobId);
        try {
            var disk = FileChannel.open(device, StandardOpenOption.READ);
            disk.position(partition.offset() + Math.min(offset, partition.size()));
            return new PartitionStream(
                    Channels.newInputStream(disk), Math.max(0, partition.size() - offset));
        } catch (IOException e) {
            throw failed("blob " + blobId, e);
        }
    }

    private GptTable.Partition find(String blobId) {
        for (var partition : partitions()) {
            if (blobId.equals(partition.name() + partition.guid())) {
                return partition;
            }
        }
        String half = blobId.substring(0, Math.min(HALF, blobId.length()));
        for (var partition : partitions()) {
            if (!half.isEmpty() && half.equals(partition.name())) {
                return partition; // compat: old disks have GUIDs that say nothing
            }
        }
        throw new NaiadException(
                ErrorKind.NOT_FOUND,
                "blob " + blobId + ": is in none of the partitions of " + device);
    }

    private synchronized List<GptTable.Partition> partitions() {
        List<GptTable.Partition> known = partitions;
        if (known == null) {
            try (var disk = FileChannel.open(device, StandardOpenOption.READ)) {
                known = GptTable.read(disk, device.toString()).partitions();
            } catch (IOException e) {
                throw failed("disk " + device, e);
            }
            partitions = known;
        }
        return known;
    }

    private NaiadException failed(String what, IOException e) {
        var kind =
                switch (e) {
                    case java.nio.file.NoSuchFileException _ -> ErrorKind.NOT_FOUND;
                    case java.nio.file.AccessDeniedException _ -> ErrorKind.PERMISSION_DENIED;
                    default -> ErrorKind.UNAVAILABLE;
                };
        return new NaiadException(kind, what + ": " + device + ": " + e, e);
    }

    @Override
    public BackendCounters metrics() {
        return metrics;
    }

    @Override
    public void close() {}
}
