package dev.naiad.blobcache;

import dev.naiad.base.bytes.LittleEndian;
import dev.naiad.codec.stream.GunzipStream;
import dev.naiad.rafs.BlobFeatures;
import dev.naiad.rafs.BlobInfo;
import dev.naiad.rafs.Cipher;
import dev.naiad.rafs.Compressor;
import dev.naiad.rafs.Digester;
import dev.naiad.rafs.blob.BlobMetaHeader;
import dev.naiad.rafs.blob.ChunkInfoArray;
import dev.naiad.rafs.blob.Contexts;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Random;
import java.util.zip.GZIPOutputStream;

/** A gzip layer that keeps its chunks, and the blob that says where they are. */
@SuppressWarnings("ArrayRecordComponent") // test data, compared nowhere
record LayerBlob(UnitBlob chunks, byte[] meta, int contexts) {
    private static final int CHUNK = 20_000;

    /** A record of a context, before its dictionary has a place. */
    private record Cut(GunzipStream.BlockStart start, long end, long plainEnd) {}

    /** Chunks of 20 kB, {@code each} of them in a context. */
    static LayerBlob of(long seed, int count, int each) throws IOException {
        var random = new Random(seed);
        byte[] content = new byte[count * CHUNK];
        random.nextBytes(content);
        for (int i = 0; i < content.length; i++) {
            content[i] &= 31;
        }
        var layer = new ByteArrayOutputStream();
        try (var gzip = new GZIPOutputStream(layer, 512, true)) {
            for (int at = 0; at < content.length; at += 7000) {
                gzip.write(content, at, Math.min(7000, content.length - at));
                gzip.flush(); // ends a block
            }
        }
        byte[] file = layer.toByteArray();
        var records = new byte[count * ChunkInfoArray.V2_SIZE];
        var view = LittleEndian.of(records, "records");
        var cuts = new ArrayList<Cut>();
        var chunks = new ArrayList<UnitBlob.Chunk>();
        try (var stream = GunzipStream.tracking(new ByteArrayInputStream(file), "layer")) {
            for (int i = 0; i < count; i++) {
                stream.settle();
                if (i % each == 0) {
                    cuts.add(new Cut(stream.lastBlock(), 0, 0));
                }
                var start = cuts.getLast().start;
                long at = stream.compressedPosition();
                long inContext = stream.plainPosition() - start.plainOffset();
                byte[] plain = stream.readNBytes(CHUNK);
                cuts.set(
                        cuts.size() - 1,
                        new Cut(start, stream.compressedPosition(), stream.plainPosition()));
                ChunkInfoArray.writeV2(
                        view,
                        (long) i * ChunkInfoArray.V2_SIZE,
                        ChunkInfoArray.COMPRESSED | ChunkInfoArray.ZRAN,
                        (long) i * 20_480,
                        CHUNK,
                        at,
                        (int) (stream.compressedPosition() - at),
                        (long) (cuts.size() - 1) << 32 | inContext);
                chunks.add(new UnitBlob.Chunk((long) i * 20_480, plain));
            }
        }
        byte[] table = Arrays.copyOf(records, records.length + cuts.size() * Contexts.SIZE);
        var windows = new ByteArrayOutputStream();
        for (int i = 0; i < cuts.size(); i++) {
            var cut = cuts.get(i);
            Contexts.writeZran(
                    LittleEndian.of(table, "table"),
                    records.length + (long) i * Contexts.SIZE,
                    cut.start.compressedOffset(),
                    cut.start.plainOffset(),
                    cut.end - cut.start.compressedOffset(),
                    cut.plainEnd - cut.start.plainOffset(),
                    windows.size(),
                    cut.start.window().length,
                    cut.start.previousByte(),
                    cut.start.pendingBits());
            windows.writeBytes(cut.start.window());
        }
        var features =
                new BlobFeatures(
                        BlobFeatures.ALIGNED
                                | BlobFeatures.CAP_TAR_TOC
                                | BlobFeatures.CHUNK_INFO_V2
                                | BlobFeatures.SEPARATE
                                | BlobFeatures.ZRAN);
        var whole = new ByteArrayOutputStream();
        whole.writeBytes(table);
        whole.writeBytes(windows.toByteArray());
        var location = new BlobInfo.MetaLocation(Compressor.NONE, 0, whole.size(), whole.size());
        whole.writeBytes(
                new BlobMetaHeader(
                                features,
                                count,
                                location,
                                records.length,
                                location.uncompressedSize() - records.length,
                                cuts.size())
                        .toBytes());
        byte[] meta = whole.toByteArray();
        var info =
                new BlobInfo(
                        0,
                        HexFormat.of().formatHex(TestBlob.sha256(file)),
                        1 << 20,
                        count,
                        Compressor.GZIP,
                        Digester.SHA256,
                        features,
                        file.length,
                        count * 20_480L,
                        location,
                        BlobInfo.TocLocation.ABSENT,
                        TestBlob.sha256(meta),
                        meta.length,
                        Cipher.NONE,
                        new byte[0],
                        new byte[0],
                        count * 5L,
                        0,
                        0);
        return new LayerBlob(new UnitBlob(file, chunks, info), meta, cuts.size());
    }

    BlobInfo info() {
        return chunks.info();
    }

    TestSource source() {
        return new TestSource(chunks.file).with(info().metaBlob().id(), meta);
    }
}
