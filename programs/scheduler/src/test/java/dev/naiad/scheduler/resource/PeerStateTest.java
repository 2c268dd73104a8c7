package dev.naiad.scheduler.resource;

import static org.assertj.core.api.Assertions.assertThat;

import dev.naiad.scheduler.resource.PeerState.Event;
import java.util.EnumMap;
import java.util.Map;
import org.junit.jupiter.api.Test;

class PeerStateTest {
    /** Rows: states; columns: events in their order; {@code -} is not allowed. */
    private static final String TABLE =
            """
            PENDING         ReceivedEmpty ReceivedNormal -       -            -         Failed Leave
            RECEIVED_EMPTY  -             -              Running BackToSource Succeeded Failed Leave
            RECEIVED_NORMAL -             -              Running BackToSource Succeeded Failed Leave
            RUNNING         -             -              -       BackToSource Succeeded Failed Leave
            BACK_TO_SOURCE  -             -              -       -            Succeeded Failed Leave
            SUCCEEDED       -             -              -       -            -         Failed Leave
            FAILED          -             -              -       -            -         -      Leave
            LEAVE           -             -              -       -            -         -      -
            """;

    @Test
    @SuppressWarnings("EnumOrdinal") // the columns of the table are in the order of the events
    void everyStateMovesAsTheTableSays() {
        Map<PeerState, String[]> rows = new EnumMap<>(PeerState.class);
        TABLE.lines()
                .forEach(
                        line -> {
                            var cells = line.split(" +", -1);
                            rows.put(PeerState.valueOf(cells[0]), cells);
                        });
        for (PeerState state : PeerState.values()) {
            for (Event event : Event.values()) {
                String expected = rows.getOrDefault(state, new String[0])[event.ordinal() + 1];
                assertThat(state.after(event).map(PeerState::text).orElse("-"))
                        .as("%s on %s", state, event)
                        .isEqualTo(expected);
            }
        }
    }
}
