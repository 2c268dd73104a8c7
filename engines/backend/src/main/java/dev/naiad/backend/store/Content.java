package dev.naiad.backend.store;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;

/** What is to be stored: of known size, and readable from anywhere any number of times. */
public interface Content {
    long size();

    /** The bytes from an offset on; opened anew each time, by any number of threads. */
    InputStream open(long offset) throws IOException;

    static Content of(byte[] bytes) {
        return new Content() {
            @Override
            public long size() {
                return bytes.length;
            }

            @Override
            public InputStream open(long offset) {
                int from = Math.toIntExact(offset);
                return new ByteArrayInputStream(bytes, from, bytes.length - from);
            }
        };
    }

    /** A file that nobody changes meanwhile; its size is taken now. */
    static Content of(Path file) throws IOException {
        long size = Files.size(file);
        return new Content() {
            @Override
            public long size() {
                return size;
            }

            @Override
            public InputStream open(long offset) throws IOException {
                var channel = Files.newByteChannel(file);
                channel.position(offset);
                return java.nio.channels.Channels.newInputStream(channel);
            }
        };
    }
}
