package dev.naiad.dfdaemon.grpc;

import com.google.protobuf.CodedOutputStream;
import com.google.protobuf.MessageLite;
import com.google.protobuf.WireFormat;
import dev.naiad.dragonfly.api.common.Piece;
import dev.naiad.dragonfly.api.dfdaemon.DownloadPieceFinishedResponse;
import dev.naiad.dragonfly.api.dfdaemon.DownloadPieceResponse;
import dev.naiad.dragonfly.api.dfdaemon.DownloadTaskResponse;
import io.grpc.BindableService;
import io.grpc.Drainable;
import io.grpc.KnownLength;
import io.grpc.MethodDescriptor;
import io.grpc.ServerMethodDefinition;
import io.grpc.ServerServiceDefinition;
import io.grpc.ServiceDescriptor;
import io.grpc.stub.StreamObserver;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;

/**
 * A gRPC answer that ends with the content of a piece, read from the store's file while gRPC frames
 * it: a piece of 64 MiB costs no heap. A message object with the content inside would hold all of
 * it.
 */
final class PieceStream extends InputStream implements KnownLength, Drainable {
    /** What takes the place of the message that is being sent on this thread. */
    private static final ScopedValue<PieceStream> INSTEAD = ScopedValue.newInstance();

    private static final int STEP = 64 << 10;

    private final byte[] head;
    private final FileChannel content;
    private final long offset;
    private final long length;
    private long at;

    private PieceStream(byte[] head, FileChannel content, long offset, long length) {
        this.head = head;
        this.content = content;
        this.offset = offset;
        this.length = length;
    }

    /** The service whose answers may be sent by {@link #send}. */
    static BindableService streaming(BindableService plain) {
        return () -> {
            ServerServiceDefinition service = plain.bindService();
            ServiceDescriptor described = service.getServiceDescriptor();
            var descriptor =
                    ServiceDescriptor.newBuilder(described.getName())
                            .setSchemaDescriptor(described.getSchemaDescriptor());
            var methods =
                    service.getMethods().stream().map(PieceStream::withStreamedAnswers).toList();
            methods.forEach(method -> descriptor.addMethod(method.getMethodDescriptor()));
            var streaming = ServerServiceDefinition.builder(descriptor.build());
            methods.forEach(streaming::addMethod);
            return streaming.build();
        };
    }

    private static <Q, R> ServerMethodDefinition<Q, R> withStreamedAnswers(
            ServerMethodDefinition<Q, R> method) {
        MethodDescriptor<Q, R> plain = method.getMethodDescriptor();
        return ServerMethodDefinition.create(
                plain.toBuilder(
                                plain.getRequestMarshaller(),
                                new Streaming<>(plain.getResponseMarshaller()))
                        .build(),
                method.getServerCallHandler());
    }

    private record Streaming<R>(MethodDescriptor.Marshaller<R> plain)
            implements MethodDescriptor.Marshaller<R> {
        @Override
        public InputStream stream(R message) {
            return INSTEAD.isBound() ? INSTEAD.get() : plain.stream(message);
        }

        @Override
        public R parse(InputStream in) {
            return plain.parse(in);
        }
    }

    /** Answers DownloadPiece with {@code piece} and its bytes in {@code content}. */
    static void answer(
            Piece piece, FileChannel content, StreamObserver<DownloadPieceResponse> out) {
        byte[] head =
                in(
                        DownloadPieceResponse.getDefaultInstance(),
                        DownloadPieceResponse.PIECE_FIELD_NUMBER,
                        head(piece),
                        piece.getLength());
        var stream = new PieceStream(head, content, piece.getOffset(), piece.getLength());
        ScopedValue.where(INSTEAD, stream)
                .run(() -> out.onNext(DownloadPieceResponse.getDefaultInstance()));
    }

    /** Sends {@code piece} and its bytes in {@code content} as one answer of DownloadTask. */
    static void send(
            DownloadTaskResponse base,
            Piece piece,
            FileChannel content,
            StreamObserver<DownloadTaskResponse> out) {
        byte[] finished =
                in(
                        DownloadPieceFinishedResponse.getDefaultInstance(),
                        DownloadPieceFinishedResponse.PIECE_FIELD_NUMBER,
                        head(piece),
                        piece.getLength());
        byte[] head =
                in(
                        base,
                        DownloadTaskResponse.DOWNLOAD_PIECE_FINISHED_RESPONSE_FIELD_NUMBER,
                        finished,
                        piece.getLength());
        var stream = new PieceStream(head, content, piece.getOffset(), piece.getLength());
        ScopedValue.where(INSTEAD, stream).run(() -> out.onNext(base));
    }

    /** A piece up to the first byte of its content, which is its last field. */
    private static byte[] head(Piece piece) {
        return field(piece, Piece.CONTENT_FIELD_NUMBER, new byte[0], piece.getLength());
    }

    /** A message up to the first byte of the content inside its last field. */
    private static byte[] in(MessageLite rest, int field, byte[] inner, long content) {
        return field(rest, field, inner, inner.length + content);
    }

    private static byte[] field(MessageLite rest, int field, byte[] inner, long size) {
        var bytes = new ByteArrayOutputStream();
        try {
            CodedOutputStream out = CodedOutputStream.newInstance(bytes);
            rest.writeTo(out);
            out.writeTag(field, WireFormat.WIRETYPE_LENGTH_DELIMITED);
            out.writeUInt32NoTag(Math.toIntExact(size));
            out.writeRawBytes(inner);
            out.flush();
        } catch (IOException impossible) {
            throw new UncheckedIOException(impossible);
        }
        return bytes.toByteArray();
    }

    @Override
    public int available() {
        return Math.toIntExact(head.length + length - at);
    }

    @Override
    public int drainTo(OutputStream target) throws IOException {
        int drained = 0;
        byte[] bytes = new byte[STEP];
        for (int read = read(bytes); read > 0; read = read(bytes)) {
            target.write(bytes, 0, read);
            drained += read;
        }
        return drained;
    }

    @Override
    public int read() throws IOException {
        byte[] one = new byte[1];
        return read(one) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] bytes, int from, int count) throws IOException {
        if (count == 0) {
            return 0;
        }
        if (at < head.length) {
            int part = (int) Math.min(count, head.length - at);
            System.arraycopy(head, (int) at, bytes, from, part);
            at += part;
            return part;
        }
        long done = at - head.length;
        if (done == length) {
            return -1;
        }
        int part = (int) Math.min(count, length - done);
        int read = content.read(ByteBuffer.wrap(bytes, from, part), offset + done);
        if (read < 0) {
            throw new EOFException("the content file ends inside a piece");
        }
        at += read;
        return read;
    }
}
