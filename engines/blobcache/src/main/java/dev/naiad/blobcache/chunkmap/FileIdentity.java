package dev.naiad.blobcache.chunkmap;

import dev.naiad.linux.Fd;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.concurrent.TimeUnit;

/**
 * What tells a data file from another one under the same name: inode numbers are used again, with
 * another time of birth.
 */
public record FileIdentity(long inode, long bornMicros) {
    /** Of an open file, whatever has its name now. */
    public static FileIdentity of(Fd fd) throws IOException {
        var attributes =
                Files.readAttributes(
                        Path.of("/proc/self/fd/" + fd.number()), BasicFileAttributes.class);
        return new FileIdentity(
                fd.stat().inode(), attributes.creationTime().to(TimeUnit.MICROSECONDS));
    }
}
