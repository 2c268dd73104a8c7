package dev.naiad.base.life;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.naiad.base.error.NaiadException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

final class LifecycleTest {
    private final List<String> events = new ArrayList<>();

    private final class Part implements Startable {
        private final String name;
        private final boolean fails;

        Part(String name, boolean fails) {
            this.name = name;
            this.fails = fails;
        }

        @Override
        public void start() throws Exception {
            events.add("start " + name);
            if (fails) {
                throw new IOException(name + " failed");
            }
        }

        @Override
        public void close() {
            events.add("close " + name);
            if (fails) {
                throw new IllegalStateException(name + " does not close");
            }
        }
    }

    @Test
    void whatWasOpenedLastIsClosedFirst() throws Exception {
        try (var life = new Lifecycle("test")) {
            life.own(new Part("a", false));
            life.start(new Part("b", false));
            life.onClose(() -> events.add("action"));
        }
        assertThat(events).containsExactly("start b", "action", "close b", "close a");
    }

    @Test
    void aFailedStartClosesTheNewcomerAndTheRest() {
        Throwable thrown =
                catchThrowable(
                        () -> {
                            try (var life = new Lifecycle("test")) {
                                life.start(new Part("a", false));
                                life.start(new Part("b", true));
                            }
                        });
        assertThat(thrown).hasMessage("b failed");
        assertThat(thrown.getSuppressed()).hasSize(1);
        assertThat(events).containsExactly("start a", "start b", "close b", "close a");
    }

    @Test
    void theFirstFailureOfClosingIsThrownAndTheOthersAreSuppressed() {
        var life = new Lifecycle("test");
        life.own(new Part("a", true));
        life.own(new Part("b", false));
        life.own(
                () -> {
                    throw new IOException("disk");
                });
        Throwable thrown = catchThrowable(life::close);
        assertThat(thrown)
                .isInstanceOf(NaiadException.class)
                .hasMessage("test: closing failed")
                .hasRootCauseMessage("disk");
        assertThat(thrown).cause().satisfies(c -> assertThat(c.getSuppressed()).hasSize(1));
        assertThat(events).containsExactly("close b", "close a");
        life.close();
    }

    @Test
    void aClosedLifecycleClosesNewcomers() {
        var life = new Lifecycle("test");
        life.close();
        assertThatThrownBy(() -> life.own(new Part("late", false))).hasMessage("test is closed");
        assertThat(events).containsExactly("close late");
    }
}
