package dev.naiad.nydusimage.command;

import static org.assertj.core.api.Assertions.assertThat;

import dev.naiad.base.bytes.Digest;
import dev.naiad.base.cli.ProgramContext;
import dev.naiad.base.config.JsonReader;
import dev.naiad.linux.Stat;
import dev.naiad.nydusimage.main.NydusImageProgram;
import dev.naiad.rafs.reader.BootstrapReader;
import dev.naiad.testkit.Golden;
import dev.naiad.testkit.SeededRandom;
import dev.naiad.testkit.ShortTempDir;
import dev.naiad.testkit.TestTar;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code nydus-image create} where the data stays in the original layer. */
final class CreateReferenceTest {
    private record Result(int code, String out, String err) {}

    private final Random random = SeededRandom.create("CreateReferenceTest");
    private final ShortTempDir temp = ShortTempDir.create();

    @AfterEach
    void clean() {
        temp.close();
    }

    private static Result run(Object... args) throws Exception {
        var out = new ByteArrayOutputStream();
        var err = new ByteArrayOutputStream();
        var context =
                ProgramContext.forTest(
                        new PrintStream(out, true, StandardCharsets.UTF_8),
                        new PrintStream(err, true, StandardCharsets.UTF_8),
                        Map.of());
        int code =
                new NydusImageProgram()
                        .run(context, Arrays.stream(args).map(Object::toString).toList());
        return new Result(
                code, out.toString(StandardCharsets.UTF_8), err.toString(StandardCharsets.UTF_8));
    }

    private static void succeed(Object... args) throws Exception {
        var result = run(args);
        assertThat(result.code).as(result.err).isZero();
    }

    private Path layer(boolean gzip) throws IOException {
        byte[] noise = new byte[300_000];
        random.nextBytes(noise);
        byte[] tar =
                new TestTar()
                        .dir("d/", 0755)
                        .file("d/text", SeededRandom.text(random, 2_500_000))
                        .file("d/noise", noise)
                        .file("d/empty", "")
                        .hardlink("again", "d/text")
                        .end();
        var bytes = new ByteArrayOutputStream();
        if (gzip) {
            try (var out = new GZIPOutputStream(bytes)) {
                out.write(tar);
            }
        } else {
            bytes.writeBytes(tar);
        }
        return Files.write(temp.resolve("layer"), bytes.toByteArray());
    }

    private byte[] unpacked(Object... args) throws Exception {
        Path tar = temp.resolve("unpacked.tar");
        var all = new java.util.ArrayList<Object>(java.util.List.of("unpack", "--output", tar));
        all.addAll(Arrays.asList(args));
        succeed(all.toArray());
        return Files.readAllBytes(tar);
    }

    /** The same layer with its data copied. */
    private byte[] copied(Path layer, String type) throws Exception {
        Path blob = temp.resolve("copy.blob");
        Path boot = temp.resolve("copy.boot");
        succeed("create", "--type", type, "--blob", blob, "--bootstrap", boot, layer);
        return unpacked(boot, "--blob", blob);
    }

    @ParameterizedTest
    @CsvSource({"targz-ref,true,zran", "estargz-ref,true,zran", "targz-ref,false,separate"})
    void theImageIsReadFromTheLayer(String type, boolean gzip, String feature) throws Exception {
        Path layer = layer(gzip);
        Path dir = Files.createDirectory(temp.resolve("blobs"));
        Path boot = temp.resolve("boot");
        Path json = temp.resolve("out.json");
        succeed(
                "create",
                "--type",
                type,
                "--blob-dir",
                dir,
                "--bootstrap",
                boot,
                "-J",
                json,
                layer);
        String id = Digest.sha256Of(Files.readAllBytes(layer)).hex();
        var output = JsonReader.read(json);
        assertThat(output.get("compressor").text()).isEqualTo("gzip");
        assertThat(output.get("blobs").items().getFirst().text()).isEqualTo(id);
        var check = run("check", boot);
        assertThat(check.code).isZero();
        assertThat(check.out)
                .contains(id)
                .contains("compressed size " + Files.size(layer))
                .contains("chunk-v2")
                .contains("separate")
                .contains(feature);
        assertThat(run("inspect", "-R", "blobs", boot).out).contains(id);
        assertThat(run("stat", "-B", boot).code).isZero();
        Files.copy(layer, dir.resolve(id));
        assertThat(unpacked(boot, "--blob-dir", dir)).isEqualTo(copied(layer, "targz-rafs"));
    }

    @Test
    void everyToolReadsImagesOfReferences() throws Exception {
        Path layer = layer(true);
        Path dir = Files.createDirectory(temp.resolve("blobs"));
        Path boot = temp.resolve("boot");
        succeed("create", "--type", "targz-ref", "--blob-dir", dir, "--bootstrap", boot, layer);
        String id = Digest.sha256Of(Files.readAllBytes(layer)).hex();
        Files.copy(layer, dir.resolve(id));
        byte[] expected = unpacked(boot, "--blob-dir", dir);
        succeed("check", boot, "--verify-data", "-D", dir);
        succeed(
                "export",
                "--block",
                "--bootstrap",
                boot,
                "--localfs-dir",
                dir,
                "--output",
                temp.resolve("disk"));
        assertThat(Files.size(temp.resolve("disk"))).isGreaterThan(2_800_000);
        Path prefetch =
                Files.writeString(
                        temp.resolve("prefetch.json"),
                        "{\"version\":\"v1\",\"files\":[{\"path\":\"/d/noise\"}]}");
        Path optimized = temp.resolve("optimized");
        succeed(
                "optimize",
                "--bootstrap",
                boot,
                "--blob-dir",
                dir,
                "--output-blob-dir",
                dir,
                "--prefetch-files",
                prefetch,
                "--output-bootstrap",
                optimized);
        assertThat(unpacked(optimized, "--blob-dir", dir)).isEqualTo(expected);
        byte[] broken = Files.readAllBytes(layer);
        broken[broken.length / 2] ^= 1;
        Files.write(dir.resolve(id), broken);
        assertThat(run("check", boot, "--verify-data", "-D", dir).code).isEqualTo(1);
    }

    @Test
    void aLayerAloneIsEnoughIfWhatDescribesItLiesBeside() throws Exception {
        Path layer = layer(true);
        Path meta = temp.resolve("meta");
        succeed("create", "--type", "targz-ref", "--blob", meta, "-B", temp.resolve("b"), layer);
        Path named = temp.resolve(Digest.sha256Of(Files.readAllBytes(meta)).hex());
        var missing =
                run("unpack", temp.resolve("b"), "--blob", layer, "--output", temp.resolve("o"));
        assertThat(missing.code).isEqualTo(1);
        assertThat(missing.err).contains(named.getFileName().toString());
        Files.move(meta, named);
        assertThat(unpacked(temp.resolve("b"), "--blob", layer))
                .isEqualTo(copied(layer, "tar-rafs"));
    }

    @Test
    void theConvertersCommandMakesLayersThatCanBeMerged() throws Exception {
        Path layer = layer(true);
        Path blob = temp.resolve("layer.rafs");
        succeed(
                "create",
                "--log-level",
                "warn",
                "--type",
                "targz-ref",
                "--blob-inline-meta",
                "--features",
                "blob-toc",
                "--blob",
                blob,
                layer);
        String id = Digest.sha256Of(Files.readAllBytes(layer)).hex();
        String metaId = Digest.sha256Of(Files.readAllBytes(blob)).hex();
        Path source = temp.resolve(id);
        byte[] boot =
                dev.naiad.rafs.blob.BlobReader.inlinedBootstrap(
                        dev.naiad.base.bytes.ByteSource.of(
                                "b",
                                java.lang.foreign.MemorySegment.ofArray(Files.readAllBytes(blob))));
        Files.write(source, boot);
        Path merged = temp.resolve("image.boot");
        succeed(
                "merge",
                "--bootstrap",
                merged,
                source,
                "--blob-digests",
                metaId,
                "--blob-sizes",
                Files.size(blob));
        Path dir = Files.createDirectory(temp.resolve("store"));
        Files.copy(layer, dir.resolve(id));
        Files.copy(blob, dir.resolve(metaId));
        assertThat(unpacked(merged, "--blob-dir", dir)).isEqualTo(copied(layer, "targz-rafs"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "--fs-version 5",
                "--encrypt",
                "--batch-size 0x10000",
                "--prefetch-policy blob",
                "--blob-id aaaa"
            })
    void whatAReferenceCannotDoIsRefusedByName(String option) throws Exception {
        Path layer = layer(true);
        var args = new java.util.ArrayList<Object>();
        args.addAll(java.util.List.of("create", "--type", "targz-ref"));
        args.addAll(java.util.List.of("--blob", temp.resolve("b"), "-B", temp.resolve("m")));
        args.addAll(Arrays.asList(option.split(" ", -1)));
        args.add(layer);
        var result = run(args.toArray());
        assertThat(result.code).isEqualTo(1);
        assertThat(result.err).contains(option.split(" ", -1)[0]).contains("targz-ref");
        assertThat(temp.resolve("m")).doesNotExist();
    }

    @Test
    void whatIsChosenForAReferenceIsTold() throws Exception {
        var result =
                run(
                        "create",
                        "--type",
                        "targz-ref",
                        "--compressor",
                        "lz4_block",
                        "--blob",
                        temp.resolve("b"),
                        "-B",
                        temp.resolve("m"),
                        layer(true));
        assertThat(result.code).isZero();
        assertThat(result.err).contains("lz4_block").contains("gzip");
    }

    /** An eStargz layer: each piece of data begins a gzip member. */
    private final class Estargz {
        private final ByteArrayOutputStream layer = new ByteArrayOutputStream();
        private final ByteArrayOutputStream open = new ByteArrayOutputStream();
        private final java.util.StringJoiner entries = new java.util.StringJoiner(",");

        void flush() throws IOException {
            try (var out = new GZIPOutputStream(layer)) {
                out.write(open.toByteArray());
            }
            open.reset();
        }

        void entry(String json) {
            entries.add(json);
        }

        void file(String name, byte[] content) throws IOException {
            var header = new TestTar.Header(name, '0');
            header.size = content.length;
            open.writeBytes(header.toBytes());
            flush();
            String common =
                    ",\"mode\":420,\"modtime\":\"2020-09-13T12:26:40Z\",\"uid\":7,\"gid\":8";
            for (int at = 0; at == 0 || at < content.length; at += 0x400000) {
                byte[] piece =
                        Arrays.copyOfRange(content, at, Math.min(content.length, at + 0x400000));
                String where =
                        ",\"offset\":%d,\"chunkOffset\":%d,\"chunkSize\":%d,\"chunkDigest\":\"%s\"}"
                                .formatted(
                                        layer.size(),
                                        at,
                                        at + piece.length == content.length ? 0 : piece.length,
                                        Digest.sha256Of(piece));
                entry(
                        "{\"name\":\"%s\",\"type\":\"%s\",\"size\":%d"
                                        .formatted(name, at == 0 ? "reg" : "chunk", content.length)
                                + (at == 0 ? common : "")
                                + where);
                open.writeBytes(piece);
                if (at + piece.length < content.length) {
                    flush();
                }
            }
            open.writeBytes(new byte[(512 - content.length % 512) % 512]);
        }

        Path write() throws IOException {
            open.writeBytes(new byte[1024]);
            flush();
            Files.writeString(
                    temp.resolve("toc.json"), "{\"version\":1,\"entries\":[" + entries + "]}");
            return Files.write(temp.resolve("stargz"), layer.toByteArray());
        }
    }

    @Test
    void aTableOfContentsMakesTheImageOfItsLayer() throws Exception {
        var estargz = new Estargz();
        byte[] noise = new byte[5_000_000];
        random.nextBytes(noise);
        byte[] text = SeededRandom.text(random, 9_000_000);
        estargz.file("noise", noise);
        estargz.file("text", text);
        estargz.file("copy", noise);
        estargz.file("small", new byte[] {1});
        estargz.entry(
                "{\"name\":\"dev\",\"type\":\"char\",\"mode\":384,\"devMajor\":259,\"devMinor\":70000,"
                        + "\"modtime\":\"2001-09-09T01:46:40.5Z\"}");
        estargz.entry("{\"name\":\"link\",\"type\":\"hardlink\",\"linkName\":\"small\"}");
        estargz.entry("{\"name\":\".prefetch.landmark\",\"type\":\"reg\",\"size\":0}");
        estargz.entry(
                "{\"name\":\"d/\",\"type\":\"dir\",\"mode\":16877,\"xattrs\":{\"user.a\":\"Yg==\"}}");
        Path layer = estargz.write();
        Path boot = temp.resolve("boot");
        Path meta = temp.resolve("layer.blob.meta");
        String id = Digest.sha256Of(Files.readAllBytes(layer)).hex();
        succeed(
                "create",
                "--type",
                "stargz_index",
                "--bootstrap",
                boot,
                "--blob-id",
                id,
                "--blob-data-size",
                Long.toHexString(Files.size(layer)),
                "--blob-meta",
                meta,
                temp.resolve("toc.json"));
        var check = run("check", boot);
        assertThat(check.code).isZero();
        assertThat(check.out)
                .contains(id)
                .contains("chunk size: 4194304")
                .contains("chunk count: 6")
                .contains("cap_toc");
        assertThat(Files.size(meta)).isEqualTo(2 * 4096);
        var root =
                BootstrapReader.open(MemorySegment.ofArray(Files.readAllBytes(boot)), "boot")
                        .root();
        var device = Objects.requireNonNull(root.child("dev".getBytes(StandardCharsets.UTF_8)));
        assertThat(device.rdev()).isEqualTo(Stat.device(259, 70_000));
        assertThat(device.mtimeSeconds()).isEqualTo(1_000_000_000);
        var file = Objects.requireNonNull(root.child("small".getBytes(StandardCharsets.UTF_8)));
        assertThat(file.mtimeSeconds()).isEqualTo(1_600_000_000);
        assertThat(file.uid()).isEqualTo(7);
        byte[] found = unpacked(boot, "--blob", layer);
        Path tar = Files.write(temp.resolve("all.tar"), found);
        // What the archive holds, read by the builder itself.
        Path blob = temp.resolve("again");
        succeed(
                "create",
                "--type",
                "tar-rafs",
                "--digester",
                "sha256",
                "--blob",
                blob,
                "-B",
                temp.resolve("again.boot"),
                tar);
        var verbose = run("check", "--verbose", temp.resolve("again.boot")).out;
        assertThat(verbose)
                .contains("\"/noise\"", "\"/text\"", "\"/copy\"", "\"/dev\"", "\"/link\"", "\"/d\"")
                .doesNotContain("landmark");
        for (byte[] content : new byte[][] {noise, text}) {
            byte[] first = Arrays.copyOf(content, 1 << 20);
            assertThat(verbose).contains(Digest.sha256Of(first).hex());
        }
        Files.write(layer, new byte[] {0}, java.nio.file.StandardOpenOption.WRITE);
        assertThat(run("unpack", boot, "--blob", layer, "--output", temp.resolve("o")).code)
                .isZero(); // the first member holds no data
        byte[] broken = Files.readAllBytes(layer);
        broken[1_000_000] ^= 1;
        Files.write(layer, broken);
        var refused = run("unpack", boot, "--blob", layer, "--output", temp.resolve("o"));
        assertThat(refused.code).isEqualTo(1);
        assertThat(refused.err).contains("digest");
    }

    @Test
    void everyEntryOfARealTableIsInTheImage() throws Exception {
        Path boot = temp.resolve("boot");
        succeed(
                "create",
                "--type",
                "estargztoc-ref",
                "-B",
                boot,
                "--blob-id",
                "b".repeat(64),
                "--blob-data-size",
                "400000",
                Golden.path("nydus", "history", "alpine-stargz.index.json"));
        var json = run("inspect", "-R", "stats", boot);
        // 511 entries without the landmark, and the root.
        assertThat(json.out).isEqualTo("{\"inodes_count\":511}");
    }

    @Test
    void theSampleTableIsReadAsItsReadmeSays() throws Exception {
        Path toc = Golden.path("nydus", "stargz", "estargz_sample.json");
        Path boot = temp.resolve("boot");
        String id = "a".repeat(64);
        succeed(
                "create",
                "--type",
                "estargztoc-ref",
                "-B",
                boot,
                "--blob-id",
                id,
                "--blob-data-size",
                "0xd8000",
                toc);
        var check = run("check", "--verbose", boot);
        assertThat(check.out)
                .contains("\"/bin/busybox2\"")
                .contains("\"/lib\"")
                .contains("chunk count: 2")
                .doesNotContain("landmark");
    }

    @Test
    void whatATableOfContentsNeedsIsAskedFor() throws Exception {
        Path toc = Files.writeString(temp.resolve("toc"), "{\"version\":1,\"entries\":[]}");
        var noId = run("create", "--type", "stargz_index", "-B", temp.resolve("b"), toc);
        assertThat(noId.code).isEqualTo(2);
        assertThat(noId.err).contains("--blob-id").contains("--blob-data-size");
        Object[] given = {
            "create",
            "--type",
            "stargz_index",
            "-B",
            temp.resolve("b"),
            "--blob-id",
            "a".repeat(64),
            "--blob-data-size",
            "100",
            toc
        };
        succeed(given);
        for (String broken :
                new String[] {
                    "{\"version\":2,\"entries\":[]}",
                    "[]",
                    "{\"version\":1}",
                    "{\"version\":1,\"entries\":[{\"name\":\"a\",\"type\":\"socket\"}]}",
                    "{\"version\":1,\"entries\":[{\"name\":\"a\",\"type\":\"chunk\",\"offset\":1}]}",
                    "{\"version\":1,\"entries\":[{\"name\":\"a\",\"type\":\"reg\",\"size\":9000000,\"offset\":1}]}",
                    "{\"version\":1,\"entries\":[{\"name\":\"a\",\"type\":\"reg\",\"size\":9,\"offset\":500}]}",
                    "{\"version\":1,\"entries\":[{\"name\":\"a\",\"type\":\"reg\",\"size\":9,\"offset\":5,\"innerOffset\":7}]}",
                    "{\"version\":1,\"entries\":[{\"name\":\"a\",\"type\":\"reg\",\"size\":9,\"chunkDigest\":\"md5:1\"}]}",
                    "{\"version\":1,\"entries\":[{\"name\":\"a\",\"type\":\"dir\",\"modtime\":\"soon\"}]}",
                    "{\"version\":1,\"entries\":[{\"name\":\"a\",\"type\":\"dir\",\"xattrs\":{\"user.a\":\"?\"}}]}",
                    "{\"version\":1,\"entries\":[{\"name\":\"a\",\"type\":\"reg\",\"size\":9223372036854775807,\"offset\":1}]}"
                }) {
            Files.writeString(toc, broken);
            var result = run(given);
            assertThat(result.code).as(broken).isEqualTo(1);
            assertThat(result.err).as(broken).contains("toc").doesNotContain("\tat ");
        }
    }
}
