package dev.naiad.fuse;

import static org.assertj.core.api.Assertions.assertThat;

import dev.naiad.linux.Errno;
import java.lang.reflect.Field;
import org.junit.jupiter.api.Test;

class FuseResultTest {
    @Test
    void numbersAreThoseOfTheSystem() throws IllegalAccessException {
        for (Field field : FuseResult.class.getFields()) {
            if (!field.getName().equals("OK")) {
                assertThat(field.getInt(null))
                        .as(field.getName())
                        .isEqualTo(Errno.valueOf(field.getName()).number());
            }
        }
    }
}
