package dev.naiad.snapshotter.contract;

import dev.naiad.testkit.Commands;
import dev.naiad.testkit.Requires;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * A two-layer OCI image made of programs of this machine: whiteouts, an opaque directory, links,
 * odd names and modes.
 */
final class PlainImage {
    static final String NAME = "docker.io/naiad/plain:v1";

    private PlainImage() {}

    /** Builds it below {@code work} and answers an archive that {@code ctr images import} takes. */
    static Path build(Path work) throws IOException {
        Requires.commands("umoci", "skopeo", "ldd", "find", "sha256sum", "sort");
        Path archive = work.resolve("plain.tar");
        Path script = work.resolve("build.sh");
        Files.writeString(
                script,
                """
                set -eu
                cd "$1"
                umask 022
                mkdir layer
                for program in sh cat find sha256sum sort rm mkdir ls ln touch; do
                  file=$(command -v $program)
                  mkdir -p layer/bin
                  cp -L "$file" layer/bin/$program
                  for lib in $(ldd "$file" | grep -o '/[^ )]*'); do
                    mkdir -p "layer$(dirname "$lib")"
                    [ -e "layer$lib" ] || cp -L "$lib" "layer$lib"
                  done
                done
                mkdir -p layer/data/gone layer/data/opaque layer/data/kept
                echo one > layer/data/gone/file
                echo two > layer/data/opaque/old
                echo three > layer/data/kept/three
                echo four > layer/data/removed
                echo five > layer/data/changed
                ln layer/data/changed layer/data/linked
                ln -s changed layer/data/symbolic
                mkfifo layer/data/fifo
                mknod layer/data/null c 1 3
                echo seven > layer/data/mode; chown 12:34 layer/data/mode; chmod 4751 layer/data/mode
                umoci init --layout oci
                umoci new --image oci:v1
                umoci unpack --image oci:v1 b
                cp -a layer/. b/rootfs/
                umoci repack --refresh-bundle --image oci:v1 b
                rm -r b/rootfs/data/gone b/rootfs/data/removed
                rm -r b/rootfs/data/opaque; mkdir b/rootfs/data/opaque; echo new > b/rootfs/data/opaque/new
                echo changed > b/rootfs/data/changed
                printf 'x' > "b/rootfs/data/$(printf 'n\\303\\244me')"
                umoci repack --refresh-bundle --image oci:v1 b
                umoci config --image oci:v1 --config.cmd /bin/sh
                skopeo --tmpdir "$1" copy --quiet oci:oci:v1 docker-archive:plain.tar:naiad/plain:v1
                """);
        Commands.run("sh", script.toString(), work.toString()).orFail();
        return archive;
    }
}
