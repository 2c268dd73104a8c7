package dev.naiad.net.client;

import dev.naiad.net.http.BodyWriter;
import java.io.IOException;
import java.nio.charset.StandardCharsets;

/** What a request carries. */
public interface RequestBody {
    RequestBody NONE = of(new byte[0]);

    /** Number of bytes, or negative: then the body goes in chunks. */
    long length();

    /** Writes the whole body; called once per attempt. */
    void writeTo(BodyWriter out) throws IOException;

    /** Whether {@link #writeTo} may be called again. */
    default boolean repeatable() {
        return true;
    }

    static RequestBody of(byte[] bytes) {
        return new RequestBody() {
            @Override
            public long length() {
                return bytes.length;
            }

            @Override
            public void writeTo(BodyWriter out) throws IOException {
                out.write(bytes, 0, bytes.length);
            }
        };
    }

    static RequestBody of(String text) {
        return of(text.getBytes(StandardCharsets.UTF_8));
    }

    /** A body that is produced while it is sent. */
    static RequestBody streamed(long length, Producer producer) {
        return new RequestBody() {
            @Override
            public long length() {
                return length;
            }

            @Override
            public void writeTo(BodyWriter out) throws IOException {
                producer.writeTo(out);
            }

            @Override
            public boolean repeatable() {
                return false;
            }
        };
    }

    /** Writes a body once. */
    interface Producer {
        void writeTo(BodyWriter out) throws IOException;
    }
}
