package dev.naiad.fuse;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

/** Layouts of what file systems fill in, without a kernel. */
class RepliesTest {
    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    @Test
    void directoryEntriesArePaddedToEightBytes() {
        var dir = DirOut.detached(4096, false);
        assertThat(dir.add(1, 4, bytes("a"), 1)).isTrue();
        assertThat(dir.used()).isEqualTo(32);
        assertThat(dir.add(2, 8, bytes("12345678"), 2)).isTrue();
        assertThat(dir.used()).isEqualTo(64);
        assertThat(dir.add(3, 8, bytes("123456789"), 3)).isTrue();
        assertThat(dir.used()).isEqualTo(104);
    }

    @Test
    void anEntryThatDoesNotFitLeavesTheListingAsItWas() {
        var dir = DirOut.detached(40, false);
        assertThat(dir.add(1, 4, bytes("a"), 1)).isTrue();
        assertThat(dir.add(1, 4, bytes("b"), 2)).isFalse();
        assertThat(dir.used()).isEqualTo(32);
    }

    @Test
    void entriesWithAttributesCountAsReferencesOnlyWhenAskedFor() {
        var dir = DirOut.detached(4096, true);
        assertThat(dir.add(1, 4, bytes("."), 1)).isTrue();
        assertThat(dir.add(2, 8, bytes("file"), 2)).isTrue();
        dir.entry().node(2, 0, 1).mode(0100644);
        assertThat(dir.references()).isEqualTo(1);
        assertThat(dir.used()).isEqualTo(2 * (128 + 32));
    }

    @Test
    void namesEndAtTheirNul() {
        var name = FuseName.of(bytes("name"));
        assertThat(name.contentEquals(bytes("name"))).isTrue();
        assertThat(name.contentEquals(bytes("nam"))).isFalse();
        assertThat(name.contentEquals(bytes("namE"))).isFalse();
        assertThat(name.toBytes()).isEqualTo(bytes("name"));
    }

    @Test
    void absentEntriesHaveNoNode() {
        var entry = EntryOut.detached();
        entry.node(5, 1, 10).mode(0100644).size(7);
        assertThat(entry.node()).isEqualTo(5);
        assertThat(entry.attributes().size()).isEqualTo(7);
        entry.absent(10);
        assertThat(entry.node()).isZero();
    }

    @Test
    void dataBeyondTheCapacityIsNoticed() {
        var data = DataOut.detached(4);
        data.append(bytes("abc")).append((byte) 0);
        assertThat(data.overflow()).isFalse();
        data.append((byte) 1);
        assertThat(data.overflow()).isTrue();
        assertThat(data.toBytes()).isEqualTo(new byte[] {'a', 'b', 'c', 0});
    }

    @Test
    void aDeadThreadCountsAsKilled() {
        assertThat(InterruptWatch.isKilled(Integer.MAX_VALUE)).isTrue();
        assertThat(InterruptWatch.isKilled(0)).isFalse();
        assertThat(InterruptWatch.isKilled((int) ProcessHandle.current().pid())).isFalse();
    }
}
