package dev.naiad.testkit.s3;

import java.io.IOException;
import java.net.URI;
import java.util.Map;
import java.util.Objects;
import java.util.Properties;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.gaul.s3proxy.AuthenticationType;
import org.gaul.s3proxy.S3Proxy;
import org.jclouds.ContextBuilder;
import org.jclouds.blobstore.BlobStore;
import org.jclouds.blobstore.BlobStoreContext;
import org.jclouds.blobstore.TransientApiMetadata;
import org.jclouds.blobstore.options.ListContainerOptions;

/**
 * S3Proxy on a free port of 127.0.0.1 with one bucket in memory. It refuses requests whose
 * signature (version 4) is wrong.
 */
public final class RealS3 implements AutoCloseable {
    public static final String BUCKET = "naiad";
    public static final String REGION = "us-east-1";
    public static final String ACCESS_KEY = "test-access-key";
    public static final String SECRET_KEY = "test-secret-key";

    /** Where the server keeps the parts of unfinished uploads. */
    private static final String UNFINISHED = ".mpus-";

    private static final long START_NANOS = TimeUnit.SECONDS.toNanos(60);

    private final BlobStoreContext context;
    private final S3Proxy server;

    private RealS3(BlobStoreContext context, S3Proxy server) {
        this.context = context;
        this.server = server;
    }

    /** Starts one and waits until it answers. */
    public static RealS3 start() {
        BlobStoreContext context =
                ContextBuilder.newBuilder(new TransientApiMetadata())
                        .credentials("identity", "credential")
                        .overrides(new Properties())
                        .build(BlobStoreContext.class);
        try {
            context.getBlobStore().createContainerInLocation(null, BUCKET);
            S3Proxy server =
                    S3Proxy.builder()
                            .blobStore(context.getBlobStore())
                            .endpoint(URI.create("http://127.0.0.1:0"))
                            .awsAuthentication(AuthenticationType.AWS_V4, ACCESS_KEY, SECRET_KEY)
                            .build();
            server.start();
            long end = System.nanoTime() + START_NANOS;
            while (!server.getState().equals("STARTED")) {
                if (System.nanoTime() > end) {
                    throw new AssertionError("the S3 server is " + server.getState());
                }
                LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(10));
            }
            return new RealS3(context, server);
        } catch (Exception e) {
            context.close();
            throw new AssertionError("the S3 server did not start", e);
        }
    }

    /** Host and port. */
    public String endpoint() {
        return "127.0.0.1:" + server.getPort();
    }

    /** The section of a backend's configuration for the bucket. */
    public String config(String objectPrefix) {
        return config(endpoint(), SECRET_KEY, objectPrefix);
    }

    /** The same through another listener, or with another key. */
    public static String config(String endpoint, String secretKey, String objectPrefix) {
        return String.format(
                "{\"scheme\":\"http\",\"endpoint\":\"%s\",\"region\":\"%s\",\"bucket_name\":\"%s\","
                        + "\"access_key_id\":\"%s\",\"access_key_secret\":\"%s\",\"object_prefix\":\"%s\"}",
                endpoint, REGION, BUCKET, ACCESS_KEY, secretKey, objectPrefix);
    }

    /** Keys of all objects and their sizes. */
    public Map<String, Long> objects() {
        var found = new TreeMap<String, Long>();
        for (var each : store().list(BUCKET, new ListContainerOptions().recursive())) {
            Long size = each.getSize();
            if (each.getName().startsWith(UNFINISHED)) {
                continue;
            }
            found.put(each.getName(), size == null ? -1 : size);
        }
        return found;
    }

    public byte[] read(String key) throws IOException {
        var blob = store().getBlob(BUCKET, key);
        if (blob == null) {
            throw new AssertionError("there is no object " + key);
        }
        try (var in = Objects.requireNonNull(blob.getPayload()).openStream()) {
            return in.readAllBytes();
        }
    }

    /** Forgets all objects and unfinished uploads. */
    public void clear() {
        store().clearContainer(BUCKET);
    }

    /** Number of uploads that were started and neither completed nor aborted. */
    public int unfinishedUploads() {
        return store().listMultipartUploads(BUCKET).size();
    }

    private BlobStore store() {
        return context.getBlobStore();
    }

    @Override
    public void close() {
        try {
            server.stop();
        } catch (Exception e) {
            throw new AssertionError("the S3 server did not stop", e);
        } finally {
            context.close();
        }
    }
}
