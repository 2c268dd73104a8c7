package dev.naiad.convert.verify;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.naiad.base.error.ErrorKind;
import dev.naiad.base.error.NaiadException;
import dev.naiad.convert.verify.HardLinkAudit.Name;
import org.junit.jupiter.api.Test;

class HardLinkAuditTest {
    private final HardLinkAudit links = new HardLinkAudit(4);

    private static NaiadException problem(int node, long found, int expected) {
        return new NaiadException(
                ErrorKind.DATA_LOSS, "node " + node + " has " + found + ", not " + expected);
    }

    private void finish() {
        links.finish(HardLinkAuditTest::problem);
    }

    @Test
    void namesOfOneFileShareAnInodeAndItCountsThem() {
        assertThat(links.name(1, 70, 2)).isEqualTo(Name.FIRST);
        assertThat(links.name(3, 0, 1)).isEqualTo(Name.FIRST);
        assertThat(links.name(1, 70, 2)).isEqualTo(Name.ANOTHER);
        assertThatCode(this::finish).doesNotThrowAnyException();
    }

    @Test
    void inodeThatCountsOtherwiseIsFound() {
        assertThat(links.name(1, 70, 2)).isEqualTo(Name.FIRST);
        assertThatThrownBy(this::finish).hasMessageContaining("node 1 has 2, not 1");
    }

    @Test
    void filesThatShareAnInodeAreFound() {
        assertThat(links.name(1, 70, 1)).isEqualTo(Name.FIRST);
        assertThat(links.name(2, 71, 1)).isEqualTo(Name.FIRST);
        assertThat(links.name(3, 70, 1)).isEqualTo(Name.FIRST);
        assertThatThrownBy(this::finish).hasMessageContaining("node 3 has -1");
    }

    @Test
    void namesWithInodesOfTheirOwnAreFound() {
        assertThat(links.name(1, 70, 1)).isEqualTo(Name.FIRST);
        assertThat(links.name(1, 71, 1)).isEqualTo(Name.OF_ANOTHER_INODE);
    }
}
