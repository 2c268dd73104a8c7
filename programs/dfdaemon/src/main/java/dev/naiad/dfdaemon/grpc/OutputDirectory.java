package dev.naiad.dfdaemon.grpc;

import dev.naiad.base.error.ErrorKind;
import dev.naiad.base.error.NaiadException;
import dev.naiad.linux.Errno;
import dev.naiad.linux.ErrnoException;
import dev.naiad.linux.Fd;
import dev.naiad.linux.Open;
import dev.naiad.linux.RawFiles;
import dev.naiad.linux.RawPath;
import dev.naiad.linux.Stat;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Supplier;

/**
 * The directory in which a tool wants its output, opened once with the caller's rights. Everything
 * done in it is done to that directory with those rights, so exchanging a part of the path for a
 * link meanwhile changes nothing. Names in it are never followed if they are links.
 */
final class OutputDirectory implements AutoCloseable {
    private static final int PRIVATE = 0600;
    private static final int READABLE = 0644;

    private final CallerRights.Rights rights;
    private final Path path;
    private final Fd directory;
    private final RawPath name;

    /**
     * Opens the directory of {@code path}.
     *
     * @throws NaiadException if it is not there, or the caller may not write in it
     */
    OutputDirectory(Path path, CallerRights.Rights rights) {
        this.rights = rights;
        this.path = path;
        Path parent = path.getParent();
        if (parent == null) {
            throw noDirectory();
        }
        this.name = RawPath.of(String.valueOf(path.getFileName()));
        this.directory = open(parent);
    }

    private Fd open(Path parent) {
        try {
            return rights.call(() -> Fd.open(parent, Open.O_PATH | Open.O_DIRECTORY, 0));
        } catch (ErrnoException e) {
            throw e.is(Errno.ENOENT) || e.is(Errno.ENOTDIR) ? noDirectory() : failed(e);
        }
    }

    private NaiadException noDirectory() {
        return new NaiadException(
                ErrorKind.INVALID_ARGUMENT, "output path " + path + ": no such directory");
    }

    /** A file that is being written under a name of its own. */
    final class Fresh implements AutoCloseable {
        private final RawPath temporary;
        private final Fd file;
        private boolean named;

        private Fresh(RawPath temporary, Fd file) {
            this.temporary = temporary;
            this.file = file;
        }

        /** For writing; reaches the file itself, whatever its name now stands for. */
        FileChannel channel() throws IOException {
            return FileChannel.open(
                    Path.of("/proc/self/fd/" + file.number()), StandardOpenOption.WRITE);
        }

        /** Makes it readable for all and gives it the output's name, in place of what is there. */
        void publish() {
            file.chmod(READABLE);
            as(
                    () -> {
                        RawFiles.renameAt(directory, temporary, name);
                        return true;
                    });
            named = true;
        }

        @Override
        public void close() {
            if (!named) {
                as(() -> unlink(temporary));
            }
            file.close();
        }
    }

    /** Makes a new file; fails if the caller may not. */
    Fresh create() {
        RawPath temporary = temporary();
        return new Fresh(temporary, as(() -> make(temporary)));
    }

    private static RawPath temporary() {
        return RawPath.of("." + UUID.randomUUID() + ".part");
    }

    private Fd make(RawPath file) {
        return directory.openAt(
                file, Open.O_WRONLY | Open.O_CREAT | Open.O_EXCL | Open.O_NOFOLLOW, PRIVATE);
    }

    /** What stands under the output's name. */
    Optional<Stat> find() {
        return as(() -> RawFiles.findAt(directory, name));
    }

    /** Makes an empty file under the output's name; false if the name is taken. */
    boolean reserve() {
        try (Fd file = as(() -> make(name))) {
            file.chmod(READABLE);
            return true;
        } catch (NaiadException e) {
            if (e.kind() == ErrorKind.ALREADY_EXISTS) {
                return false;
            }
            throw e;
        }
    }

    /** Removes the file that {@link #reserve} made if nobody has filled it. */
    void removeEmpty() {
        if (find().filter(file -> file.isRegular() && file.size() == 0).isPresent()) {
            remove();
        }
    }

    /** Removes what stands under the output's name. */
    void remove() {
        as(() -> unlink(name));
    }

    private boolean unlink(RawPath file) {
        try {
            RawFiles.unlinkAt(directory, file, false);
            return true;
        } catch (ErrnoException e) {
            if (e.is(Errno.ENOENT)) {
                return false;
            }
            throw e;
        }
    }

    /** Gives a file another name, which must be free; done with the daemon's rights. */
    @FunctionalInterface
    interface Linker {
        void linkTo(Path name) throws IOException;
    }

    /** Fails where no link can be made, and changes nothing. */
    void tryLink(Linker content) throws IOException {
        RawPath trial = temporary();
        content.linkTo(in(trial));
        RawFiles.unlinkAt(directory, trial, false);
    }

    /**
     * Makes the output a link, in place of what stands there. The content belongs to the daemon, so
     * another user first has to show that it may make and remove files here.
     */
    void link(Linker content) throws IOException {
        RawPath trial = temporary();
        switch (rights) {
            case CallerRights.Own _ -> {
                content.linkTo(in(trial));
                try {
                    Files.setPosixFilePermissions(
                            in(trial), PosixFilePermissions.fromString("rw-r--r--"));
                    RawFiles.renameAt(directory, trial, name);
                } catch (ErrnoException e) {
                    throw failed(e);
                } finally {
                    unlink(trial); // still there also where both names are the same file
                }
            }
            case CallerRights.Other _ -> {
                create().close();
                tryLink(content);
                remove();
                content.linkTo(in(name));
            }
        }
    }

    /** A path to an entry of the opened directory itself, for the daemon. */
    private Path in(RawPath entry) {
        return Path.of("/proc/self/fd/" + directory.number() + "/" + entry);
    }

    boolean isOwn() {
        return rights instanceof CallerRights.Own;
    }

    private <T> T as(Supplier<T> work) {
        try {
            return rights.call(work);
        } catch (ErrnoException e) {
            throw failed(e);
        }
    }

    private NaiadException failed(ErrnoException e) {
        return new NaiadException(
                e.kind(),
                "output path " + path + ": " + e.errno().text() + " (" + e.what() + ")",
                e);
    }

    @Override
    public void close() {
        directory.close();
    }
}
