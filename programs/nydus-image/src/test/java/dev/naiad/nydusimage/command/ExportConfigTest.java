package dev.naiad.nydusimage.command;

import static org.assertj.core.api.Assertions.assertThat;

import dev.naiad.base.bytes.Digest;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Disks made of images that a configuration names, and of images with external blobs. */
@Timeout(value = 120, unit = TimeUnit.SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class ExportConfigTest {
    private static final int BLOCK = 4096;

    private final ImageTool tool = new ImageTool();

    @AfterEach
    void clean() {
        tool.close();
    }

    private byte[] exported(String name, String entry) throws Exception {
        tool.write(name + ".json", entry);
        Path disk = tool.path(name + ".disk");
        var done = tool.run("export", "--block", "-C", tool.path(name + ".json"), "-O", disk);
        assertThat(done.succeeded().out()).isEmpty();
        return Files.readAllBytes(disk);
    }

    @Test
    void bothFormsOfAnEntryGiveTheDiskThatTheFilesGive() throws Exception {
        tool.write("tree/noise", ImageTool.noise(1, 2_000_000));
        tool.write("tree/text", "hello ".repeat(10_000));
        Path boot = tool.create("6", "tree");
        tool.run("export", "--block", "-B", boot, "-D", tool.path("blobs")).succeeded();
        byte[] wanted = Files.readAllBytes(tool.path("blobs/tree.boot.disk"));
        String local = "{\"dir\":\"" + tool.path("blobs") + "\"}";
        assertThat(
                        exported(
                                "old",
                                "{\"type\":\"bootstrap\",\"id\":\"a\",\"domain_id\":\"d\",\"config\":{\"id\":\"a\",\"backend_type\":\"localfs\",\"backend_config\":"
                                        + local
                                        + ",\"cache_type\":\"filecache\",\"cache_config\":{\"work_dir\":\"/w\"},\"metadata_path\":\""
                                        + boot
                                        + "\"}}"))
                .isEqualTo(wanted);
        assertThat(
                        exported(
                                "new",
                                "{\"type\":\"bootstrap\",\"id\":\"a\",\"config_v2\":{\"version\":2,\"id\":\"a\",\"backend\":{\"type\":\"localfs\",\"localfs\":"
                                        + local
                                        + "},\"cache\":{\"type\":\"filecache\"},\"metadata_path\":\""
                                        + boot
                                        + "\"}}"))
                .isEqualTo(wanted);
    }

    /** Two files in one external blob, the second of which begins where no block does. */
    private Path external(byte[] blob) throws Exception {
        String id = Digest.sha256Of(blob).hex();
        tool.write("outside/" + id, blob);
        tool.write("src/model/first", "");
        tool.write("src/model/second", "");
        String every =
                " type=external blob_index=0 blob_id="
                        + id
                        + " chunk_size=64KiB compressed_size="
                        + blob.length;
        tool.write(
                "attributes",
                "model/first"
                        + every
                        + " chunk_0_compressed_offset=1536 file_size=100001\nmodel/second"
                        + every
                        + " chunk_0_compressed_offset=102400 file_size=200000\n");
        tool.create("6", "src", "--attributes", tool.path("attributes"));
        return tool.path("src.external");
    }

    /** The files as the kernel finds them: at the blocks of their chunks. */
    private static void assertFiles(byte[] disk, Path bootstrap, byte[] blob) throws Exception {
        var image = ImageTool.open(bootstrap);
        long start = image.blobs().getFirst().mappedBlock() * BLOCK;
        for (var file : List.of("first", "second")) {
            int from = file.equals("first") ? 1536 : 102_400;
            var inode = ImageTool.at(image.root(), "model", file);
            byte[] found = new byte[(int) inode.size()];
            for (int k = 0; k < inode.chunkCount(); k++) {
                var chunk = inode.chunkRef(k);
                System.arraycopy(
                        disk,
                        (int) (start + chunk.uncompressedOffset()),
                        found,
                        k * (64 << 10),
                        chunk.size());
            }
            assertThat(found).isEqualTo(Arrays.copyOfRange(blob, from, from + found.length));
        }
    }

    @Test
    void externalDataComesOutOfADirectoryOrTheirOwnBackend() throws Exception {
        byte[] blob = ImageTool.noise(77, 500_000);
        Path image = external(blob);
        tool.run("export", "--block", "-B", image, "-D", tool.path("outside")).succeeded();
        byte[] disk = Files.readAllBytes(tool.path("outside/src.external.disk"));
        assertFiles(disk, image, blob);
        assertThat(
                        exported(
                                "entry",
                                "{\"type\":\"bootstrap\",\"id\":\"a\",\"config_v2\":{\"version\":2,\"backend\":{\"type\":\"localfs\",\"localfs\":{\"dir\":\""
                                        + tool.path("blobs")
                                        + "\"}},\"external_backends\":[{\"patch\":{},\"type\":\"localfs\",\"config\":{\"dir\":\""
                                        + tool.path("outside")
                                        + "\"}}],\"metadata_path\":\""
                                        + image
                                        + "\"}}"))
                .isEqualTo(disk);
    }

    @Test
    void externalDataThatNobodyHasIsNamed() throws Exception {
        byte[] blob = ImageTool.noise(78, 400_000);
        Path image = external(blob);
        tool.run("export", "--block", "-B", image, "-D", tool.path("blobs"))
                .failed(Digest.sha256Of(blob).hex(), "does not exist");
        assertThat(tool.path("blobs/src.external.disk")).doesNotExist();
        byte[] shorter = Arrays.copyOf(blob, 200_000);
        Files.write(tool.path("outside/" + Digest.sha256Of(blob).hex()), shorter);
        tool.run("export", "--block", "-B", image, "-D", tool.path("outside")).failed();
        assertThat(tool.path("outside/src.external.disk")).doesNotExist();
    }

    @Test
    void whatIsWrongWithAnEntryIsToldByItsKeys() throws Exception {
        Path entry = tool.write("entry.json", "{\"type\":\"datablob\",\"config\":{}}");
        Path disk = tool.path("disk");
        tool.run("export", "--block", "-C", entry, "-O", disk)
                .failed("datablob", "metadata_path", "backend_type");
        tool.run("export", "--block", "-C", entry).misused("--output");
        tool.run("export", "--block", "-C", tool.path("none"), "-O", disk).failed("none");
        tool.run("export", "--block", "-O", disk).misused("--config");
        Files.write(entry, "no json".getBytes(StandardCharsets.UTF_8));
        tool.run("export", "--block", "-C", entry, "-O", disk).failed("entry.json");
        assertThat(disk).doesNotExist();
    }
}
