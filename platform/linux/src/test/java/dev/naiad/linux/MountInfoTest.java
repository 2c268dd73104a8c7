package dev.naiad.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.naiad.base.error.CorruptFormatException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;

final class MountInfoTest {
    private static MountInfo parse(String line) {
        return MountInfo.parse(line.getBytes(StandardCharsets.UTF_8)).getFirst();
    }

    @Test
    void aLineIsReadWithItsEscapesAndOptionalFields() {
        MountInfo mount =
                parse(
                        "36 35 98:0 /mnt1 /mnt\\0402\\134x rw,noatime master:1 shared:3 - ext3 /dev/root\\040a rw,errors=continue\n");
        assertThat(mount.id()).isEqualTo(36);
        assertThat(mount.parent()).isEqualTo(35);
        assertThat(mount.device()).isEqualTo(Stat.device(98, 0));
        assertThat(mount.root()).hasToString("/mnt1");
        assertThat(mount.mountPoint()).hasToString("/mnt 2\\x");
        assertThat(mount.options()).containsExactly("rw", "noatime");
        assertThat(mount.type()).isEqualTo("ext3");
        assertThat(mount.source()).isEqualTo("/dev/root a");
        assertThat(mount.superOptions()).containsExactly("rw", "errors=continue");
        assertThat(parse("1 1 0:1 / / rw - fuse.naiad none ro").type()).isEqualTo("fuse.naiad");
    }

    @Test
    void malformedLinesAreRefused() {
        for (String line :
                List.of(
                        "x",
                        "1 2 3:4 / / rw",
                        "1 2 3:4 / / rw - ext4 x",
                        "a 2 3:4 / / rw - a b c",
                        "1 2 3 / / rw - a b c")) {
            assertThatThrownBy(() -> parse(line)).isInstanceOf(CorruptFormatException.class);
        }
    }

    @Test
    void ourOwnMountsAreRead() {
        assertThat(MountInfo.current()).isNotEmpty();
        assertThat(MountInfo.at(RawPath.of("/proc")).map(MountInfo::type)).contains("proc");
    }
}
