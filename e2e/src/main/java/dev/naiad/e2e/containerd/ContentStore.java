package dev.naiad.e2e.containerd;

import com.google.protobuf.ByteString;
import com.google.protobuf.FieldMask;
import dev.naiad.containerdapi.content.ContentGrpc;
import dev.naiad.containerdapi.content.Info;
import dev.naiad.containerdapi.content.UpdateRequest;
import dev.naiad.containerdapi.content.WriteAction;
import dev.naiad.containerdapi.content.WriteContentRequest;
import dev.naiad.containerdapi.content.WriteContentResponse;
import dev.naiad.containerdapi.images.Descriptor;
import io.grpc.Status;
import io.grpc.StatusException;
import io.grpc.stub.BlockingClientCall;
import java.io.IOException;
import java.io.InputStream;
import java.util.Map;

/** containerd's blobs, written under a lease. For several threads. */
final class ContentStore {
    private static final int MESSAGE_BYTES = 1 << 20;

    private final Containerd containerd;
    private final String lease;

    ContentStore(Containerd containerd, String lease) {
        this.containerd = containerd;
        this.lease = lease;
    }

    /** Sends a blob's bytes, all of them in one call. */
    @FunctionalInterface
    interface Origin {
        void sendTo(RegistryReader.Body body) throws IOException;
    }

    /**
     * Stores a blob; containerd checks its size and digest. A blob that is there already stays as
     * it is, and the origin is not read.
     */
    void write(Descriptor blob, Map<String, String> labels, Origin origin) throws IOException {
        var call = containerd.stub(ContentGrpc::newBlockingV2Stub, lease).write();
        try {
            exchange(call, request(blob).setAction(WriteAction.STAT));
            var end = new long[1];
            origin.sendTo(stream -> end[0] = copy(call, blob, stream));
            exchange(
                    call,
                    request(blob)
                            .setAction(WriteAction.COMMIT)
                            .setOffset(end[0])
                            .putAllLabels(labels));
            call.halfClose();
        } catch (IOException failure) {
            call.cancel("the write has ended", failure);
            if (!existsAlready(failure)) {
                throw failure;
            }
        }
    }

    private static boolean existsAlready(IOException failure) {
        return failure.getCause() instanceof StatusException status
                && status.getStatus().getCode() == Status.Code.ALREADY_EXISTS;
    }

    private long copy(
            BlockingClientCall<WriteContentRequest, WriteContentResponse> call,
            Descriptor blob,
            InputStream stream)
            throws IOException {
        long offset = 0;
        while (true) {
            byte[] data = stream.readNBytes(MESSAGE_BYTES);
            if (data.length == 0) {
                return offset;
            }
            exchange(
                    call,
                    request(blob)
                            .setAction(WriteAction.WRITE)
                            .setOffset(offset)
                            .setData(ByteString.copyFrom(data)));
            offset += data.length;
        }
    }

    private WriteContentRequest.Builder request(Descriptor blob) {
        return WriteContentRequest.newBuilder()
                .setRef("pull-" + lease + "-" + blob.getDigest())
                .setTotal(blob.getSize())
                .setExpected(blob.getDigest());
    }

    private static void exchange(
            BlockingClientCall<WriteContentRequest, WriteContentResponse> call,
            WriteContentRequest.Builder request)
            throws IOException {
        var what = request.getAction() + " of " + request.getExpected();
        try {
            var _ = call.write(request.build());
            // If the write failed, the read says why.
            var answer = call.read();
            long wanted = request.getOffset() + request.getData().size();
            if (answer == null || answer.getOffset() != wanted) {
                throw new IOException(
                        "containerd: %s ends at %s, not at %d"
                                .formatted(
                                        what, answer == null ? "?" : answer.getOffset(), wanted));
            }
        } catch (StatusException e) {
            throw new IOException("containerd: " + what, e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted: " + what, e);
        }
    }

    /** Sets one label of a blob. */
    void label(String digest, String name, String value) throws IOException {
        try {
            var _ =
                    containerd
                            .stub(ContentGrpc::newBlockingV2Stub, lease)
                            .update(
                                    UpdateRequest.newBuilder()
                                            .setInfo(
                                                    Info.newBuilder()
                                                            .setDigest(digest)
                                                            .putLabels(name, value))
                                            .setUpdateMask(
                                                    FieldMask.newBuilder()
                                                            .addPaths("labels." + name))
                                            .build());
        } catch (StatusException e) {
            throw new IOException("containerd: label of " + digest, e);
        }
    }
}
