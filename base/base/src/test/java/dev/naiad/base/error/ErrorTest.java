package dev.naiad.base.error;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import org.junit.jupiter.api.Test;

final class ErrorTest {
    @Test
    void aChainIsOneLineWithoutRepetition() {
        var cause = new IOException("reset");
        var middle = new NaiadException(ErrorKind.UNAVAILABLE, "blob 1: reset", cause);
        assertThat(NaiadException.chain(new NaiadException(ErrorKind.UNAVAILABLE, "read", middle)))
                .isEqualTo("read: blob 1: reset");
        assertThat(NaiadException.chain(new IllegalStateException()))
                .isEqualTo("IllegalStateException");
    }

    @Test
    void failuresOfFilesSayWhyAndNameTheFileOnce() {
        var missing = new NoSuchFileException("/a/b");
        assertThat(IoReason.after("cannot read /a/b", missing))
                .isEqualTo("cannot read /a/b: no such file or directory");
        assertThat(IoReason.after("cannot read the list", missing))
                .isEqualTo("cannot read the list: /a/b: no such file or directory");
        assertThat(IoReason.after("x", new FileSystemException("x", null, "Is a directory")))
                .isEqualTo("x: Is a directory");
        assertThat(IoReason.after("x", new IOException())).isEqualTo("x: IOException");
        var failure = new NaiadException(ErrorKind.UNAVAILABLE, "/a/b: cannot be read", missing);
        assertThat(NaiadException.chain(failure))
                .isEqualTo("/a/b: cannot be read: no such file or directory");
        assertThat(NaiadException.chain(missing)).isEqualTo("/a/b: no such file or directory");
    }

    @Test
    void corruptionNamesFileOffsetAndBothValues() {
        var e = new CorruptFormatException("blob", 12, "magic", "zeros");
        assertThat(e).hasMessage("blob at offset 12: expected magic, found zeros");
        assertThat(e.kind()).isEqualTo(ErrorKind.DATA_LOSS);
        assertThat(new CorruptFormatException("blob", -1, "a", "b"))
                .hasMessage("blob: expected a, found b");
    }

    @Test
    void everyKindHasAnExitCode() {
        for (ErrorKind kind : ErrorKind.values()) {
            assertThat(ExitCode.of(kind)).isEqualTo(kind == ErrorKind.CANCELLED ? 130 : 1);
        }
    }
}
