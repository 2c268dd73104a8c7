package dev.naiad.builder;

import dev.naiad.base.bytes.ByteSource;
import dev.naiad.base.bytes.Digest;
import dev.naiad.rafs.BlobChunks;
import dev.naiad.rafs.Bootstrap;
import dev.naiad.rafs.FileType;
import dev.naiad.rafs.Inode;
import dev.naiad.rafs.blob.BlobReader;
import dev.naiad.rafs.reader.BootstrapReader;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.channels.Channels;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** An image with its blobs in memory, built by a test and read back through the readers. */
@SuppressWarnings("ArrayRecordComponent") // compared nowhere
record BuiltImage(Bootstrap image, Map<String, byte[]> blobs, byte[] bootstrap, BuiltLayer layer) {

    static BuiltImage ofTar(byte[] tar, BuildOptions options) {
        var blob = new ByteArrayOutputStream();
        var layer =
                LayerBuilder.fromTar(
                        "test.tar",
                        Channels.newChannel(new ByteArrayInputStream(tar)),
                        options,
                        Channels.newChannel(blob));
        return of(layer, blob.toByteArray());
    }

    static BuiltImage of(BuiltLayer layer, byte[] blob) {
        var image = BootstrapReader.open(MemorySegment.ofArray(layer.bootstrap()), "test.boot");
        var blobs = new TreeMap<String, byte[]>();
        for (var info : image.blobs()) {
            blobs.put(info.id(), blob);
        }
        return new BuiltImage(image, blobs, layer.bootstrap(), layer);
    }

    /** An image built elsewhere. */
    static BuiltImage of(Bootstrap image, Map<String, byte[]> blobs) {
        var layer =
                new BuiltLayer(
                        Digest.sha256Of(new byte[0]),
                        0,
                        new byte[0],
                        new byte[0],
                        image.blobs(),
                        new BuildStatistics(0, 0, 0, 0, 0));
        return new BuiltImage(image, blobs, new byte[0], layer);
    }

    byte[] blob() {
        return blobs.values().iterator().next();
    }

    Inode at(String path) {
        return at(path.getBytes(StandardCharsets.UTF_8));
    }

    Inode at(byte[] path) {
        Inode inode = image.root();
        int start = 0;
        for (int i = 0; i <= path.length; i++) {
            if (i == path.length || path[i] == '/') {
                if (i > start) {
                    Inode child = inode.child(Arrays.copyOfRange(path, start, i));
                    if (child == null) {
                        throw new AssertionError(
                                "no "
                                        + new String(path, StandardCharsets.UTF_8)
                                        + " in "
                                        + paths());
                    }
                    inode = child;
                }
                start = i + 1;
            }
        }
        return inode;
    }

    byte[] content(String path) {
        return content(at(path));
    }

    String text(String path) {
        return new String(content(path), StandardCharsets.UTF_8);
    }

    /** The file's bytes, decoded from the blob through its own chunk information and checked. */
    byte[] content(Inode inode) {
        var out = new ByteArrayOutputStream();
        for (int k = 0; k < inode.chunkCount(); k++) {
            var ref = inode.chunkRef(k);
            var info = image.blobs().get(ref.blobIndex());
            var reader =
                    new BlobReader(
                            ByteSource.of(
                                    "blob",
                                    MemorySegment.ofArray(
                                            blobs.getOrDefault(info.id(), new byte[0]))),
                            info);
            BlobChunks chunks =
                    info.meta().uncompressedSize() > 0
                            ? reader.meta()
                            : image.chunks(ref.blobIndex());
            byte[] plain = new byte[ref.size()];
            reader.chunk(chunks, ref.chunkIndex(), MemorySegment.ofArray(plain));
            out.writeBytes(plain);
        }
        return out.toByteArray();
    }

    /** Every path but the root's, in the order of a walk. */
    List<String> paths() {
        var result = new ArrayList<String>();
        ImageCheck.check(
                image,
                (path, inode) -> {
                    if (!path.equals("/")) {
                        result.add(path + (inode.type() == FileType.DIRECTORY ? "/" : ""));
                    }
                });
        return result.stream().sorted().toList();
    }

    static List<String> names(Inode directory) {
        var result = new ArrayList<String>();
        directory.children(
                0,
                (number, type, name, cookie) -> {
                    result.add(
                            new String(
                                    name.toArray(ValueLayout.JAVA_BYTE),
                                    StandardCharsets.ISO_8859_1));
                    return true;
                });
        return result;
    }
}
