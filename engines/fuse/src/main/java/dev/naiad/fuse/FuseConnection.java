package dev.naiad.fuse;

import dev.naiad.base.error.NaiadException;
import dev.naiad.linux.Errno;
import dev.naiad.linux.ErrnoException;
import dev.naiad.linux.Fd;
import dev.naiad.linux.Mount;
import dev.naiad.linux.MountInfo;
import dev.naiad.linux.Open;
import dev.naiad.linux.RawFiles;
import dev.naiad.linux.RawPath;
import dev.naiad.linux.Stat;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A FUSE mount and the descriptor of {@code /dev/fuse} behind it. The mount and the descriptor end
 * separately: {@link #unmount} takes the mount away, {@link #close} gives the descriptor back,
 * after which the kernel fails all requests unless another process holds the descriptor too.
 *
 * <p>Nobody may touch the mountpoint from a thread that a server of this connection waits for.
 */
public final class FuseConnection implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(FuseConnection.class);

    /** In the mount table; the original's. */
    private static final String TYPE = "fuse";

    private static final long STALE_CHECK_MILLIS = 2000;

    private final Fd device;
    private final Path mountpoint;

    /** Device number of the mount; empty if it could not be found out. */
    private final Optional<Long> mountDevice;

    private FuseConnection(Fd device, Path mountpoint, Optional<Long> mountDevice) {
        this.device = device;
        this.mountpoint = mountpoint;
        this.mountDevice = mountDevice;
    }

    /**
     * Mounts.
     *
     * @param source shown in the mount table
     * @param mountpoint absolute, an existing directory
     * @throws ErrnoException what the kernel says
     */
    public static FuseConnection mount(String source, Path mountpoint) {
        var target = RawPath.of(mountpoint);
        var device = Fd.open(Path.of("/dev/fuse"), Open.O_RDWR, 0);
        try {
            // compat: the options, and so the line in the mount table, are those of the original.
            var data =
                    "default_permissions,fd="
                            + device.number()
                            + ",rootmode=40000,user_id="
                            + own("unix:uid")
                            + ",group_id="
                            + own("unix:gid")
                            + ",max_read=1052672,allow_other";
            Mount.mount(
                    source,
                    target,
                    TYPE,
                    Mount.MS_RDONLY | Mount.MS_NOSUID | Mount.MS_NODEV | Mount.MS_NOATIME,
                    data);
            return new FuseConnection(
                    device, mountpoint, MountInfo.at(target).map(MountInfo::device));
        } catch (RuntimeException | Error e) {
            device.close();
            throw e;
        }
    }

    /** Takes over a connection that another process mounted. */
    public static FuseConnection adopt(Fd device, Path mountpoint) {
        return new FuseConnection(
                device, mountpoint, MountInfo.at(RawPath.of(mountpoint)).map(MountInfo::device));
    }

    private static String own(String attribute) {
        try {
            return Files.getAttribute(Path.of("/proc/self"), attribute).toString();
        } catch (IOException e) {
            return "0";
        }
    }

    /**
     * Takes away mounts of dead servers at that place, which answer "transport endpoint is not
     * connected".
     *
     * @return how many there were
     */
    public static int removeStale(Path mountpoint) {
        var target = RawPath.of(mountpoint);
        int removed = 0;
        while (isFuse(target) && isDead(target)) {
            if (Mount.tryUmount(target, Mount.MNT_DETACH | Mount.UMOUNT_NOFOLLOW) < 0) {
                break;
            }
            LOG.warn("{}: removed the mount of a server that is dead", mountpoint);
            removed++;
        }
        return removed;
    }

    private static boolean isFuse(RawPath target) {
        return MountInfo.at(target).filter(mount -> mount.type().startsWith(TYPE)).isPresent();
    }

    /**
     * Asked on a thread of its own: a mount whose descriptor is held by somebody who does not serve
     * never answers.
     */
    private static boolean isDead(RawPath target) {
        var dead = new AtomicBoolean();
        var answered = new CountDownLatch(1);
        Thread.ofPlatform()
                .daemon()
                .name("stale-check")
                .start(
                        () -> {
                            try {
                                // Not stat: the kernel answers that from memory.
                                var _ = RawFiles.fileSystem(target);
                            } catch (ErrnoException e) {
                                dead.set(e.is(Errno.ENOTCONN) || e.is(Errno.ECONNABORTED));
                            } catch (NaiadException e) {
                                LOG.debug("{}: {}", target, e.what());
                            } finally {
                                answered.countDown();
                            }
                        });
        try {
            return answered.await(STALE_CHECK_MILLIS, TimeUnit.MILLISECONDS) && dead.get();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    public Path mountpoint() {
        return mountpoint;
    }

    /** The descriptor, for handing it to another process; stays this object's. */
    public Fd device() {
        return device;
    }

    int fd() {
        return device.number();
    }

    /**
     * How far the kernel reads ahead of sequential readers. Without privilege nothing changes.
     *
     * @return whether it was set
     */
    public boolean readAhead(int kibibytes) {
        if (mountDevice.isEmpty()) {
            return false;
        }
        long number = mountDevice.get();
        var bdi = Path.of("/sys/class/bdi/" + Stat.major(number) + ":" + Stat.minor(number));
        try {
            Files.writeString(bdi.resolve("read_ahead_kb"), Integer.toString(kibibytes));
            return true;
        } catch (IOException e) {
            LOG.debug("{}: read ahead stays as it is: {}", mountpoint, e.toString());
            return false;
        }
    }

    /**
     * Takes the mount away, also while it is in use, unless something else is mounted there by now.
     */
    public void unmount() {
        var target = RawPath.of(mountpoint);
        var seen = MountInfo.at(target).map(MountInfo::device);
        if (seen.isEmpty() || (mountDevice.isPresent() && !seen.equals(mountDevice))) {
            return;
        }
        long result = Mount.tryUmount(target, Mount.MNT_DETACH | Mount.UMOUNT_NOFOLLOW);
        if (result < 0) {
            LOG.warn("{}: umount fails with errno {}", mountpoint, -result);
        }
    }

    /** Gives the descriptor back. */
    @Override
    public void close() {
        device.close();
    }
}
