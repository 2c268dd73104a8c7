package dev.naiad.convert.verify;

import dev.naiad.base.error.ErrorKind;
import dev.naiad.base.error.NaiadException;
import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.OutputStream;

/** An archive on its way out, read while it passes. For one thread; leaves the stream open. */
public final class WrittenTar extends FilterOutputStream {
    private final TarTap tap;

    /**
     * @param out where the archive goes on
     * @param pieceSize the chunk size of the image it will be compared with
     */
    public WrittenTar(OutputStream out, int pieceSize) {
        super(out);
        this.tap = new TarTap(pieceSize);
    }

    @Override
    public void write(int b) throws IOException {
        write(new byte[] {(byte) b}, 0, 1);
    }

    @Override
    public void write(byte[] bytes, int offset, int length) throws IOException {
        try {
            tap.accept(bytes, offset, length);
        } catch (RuntimeException e) {
            throw new NaiadException(
                    ErrorKind.INTERNAL, "the archive that is written cannot be read: " + e, e);
        }
        out.write(bytes, offset, length);
    }

    /** What the archive says; call it at its end. */
    public Evidence evidence() {
        return Evidence.ofArchive(tap.finish());
    }

    @Override
    public void close() throws IOException {
        out.flush();
    }
}
