package dev.naiad.builder.tree;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** Numbers of 32 bits are kept without sign. */
final class InodeDataTest {
    @Test
    void largestNumbersComeBackAsTheyWere() {
        var inode = new InodeData(0100644).owner(0xffff_ffffL, 0xffff_fffeL).rdev(0xffff_ff01L);
        inode.number(0xffff_fffdL, 1);
        for (var each : new InodeData[] {inode, inode.copy()}) {
            assertThat(each.uid()).isEqualTo(0xffff_ffffL);
            assertThat(each.gid()).isEqualTo(0xffff_fffeL);
            assertThat(each.rdev()).isEqualTo(0xffff_ff01L);
        }
        assertThat(inode.number()).isEqualTo(0xffff_fffdL);
    }
}
