package dev.naiad.dfdaemon.storage;

import static org.assertj.core.api.Assertions.assertThat;

import dev.naiad.dragonfly.PieceLayout;
import dev.naiad.testkit.Await;
import dev.naiad.testkit.RunningProcess;
import dev.naiad.testkit.SeededRandom;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A child JVM writes pieces and is killed at a random point; the next one finds no lie. */
final class PieceStoreKillTest {
    private static final int PIECE = 256 << 10;
    private static final PieceLayout LAYOUT = new PieceLayout(64L * PIECE, PIECE);
    private static final String ID = "cd".repeat(32);

    @TempDir Path dir;

    /**
     * The child: writes the pieces of the task again and again, in a seeded order, until killed.
     */
    public static void main(String[] args) throws Exception {
        var random = new Random(Long.parseLong(args[1]));
        try (var store = PieceStore.open(Path.of(args[0]), true, InstantSource.system())) {
            var task =
                    store.find(ID)
                            .orElseGet(
                                    () ->
                                            store.create(
                                                    new TaskMeta(
                                                            ID,
                                                            "http://origin/x",
                                                            LAYOUT,
                                                            Map.of(),
                                                            InstantSource.system().instant())));
            while (true) {
                int piece = random.nextInt(LAYOUT.count());
                try (PieceWriter writer = task.write(piece)) {
                    writer.write(ByteBuffer.wrap(bytes(piece)));
                    writer.commit(
                            dev.naiad.dragonfly.api.common.TrafficType.BACK_TO_SOURCE,
                            "",
                            java.time.Duration.ZERO,
                            InstantSource.system().instant(),
                            PieceWriter.Check.NONE);
                }
                System.out.println("piece " + piece);
            }
        }
    }

    private static byte[] bytes(int piece) {
        byte[] bytes = new byte[PIECE];
        new Random(piece).nextBytes(bytes);
        return bytes;
    }

    @Test
    void aKilledWriterLeavesOnlyTruePieces() throws Exception {
        Random random = SeededRandom.create("kills of the piece store");
        int found = 0;
        for (int round = 0; round < 4; round++) {
            int pieces = 5 + random.nextInt(40);
            try (var child =
                    RunningProcess.start(
                            dir.resolve("out" + round),
                            Map.of(),
                            List.of(
                                    Path.of(System.getProperty("java.home"), "bin", "java")
                                            .toString(),
                                    "-Xmx64m",
                                    "-XX:TieredStopAtLevel=1",
                                    "-cp",
                                    System.getProperty("java.class.path"),
                                    PieceStoreKillTest.class.getName(),
                                    dir.resolve("store").toString(),
                                    Long.toString(random.nextLong())))) {
                Await.until(
                        "the child has written",
                        () ->
                                child.output().lines().filter(l -> l.startsWith("piece ")).count()
                                        >= pieces);
                child.kill();
            }
            try (var store = PieceStore.open(dir.resolve("store"), true, InstantSource.system())) {
                StoredTask task = store.find(ID).orElseThrow();
                found = 0;
                for (int piece = 0; piece < LAYOUT.count(); piece++) {
                    if (task.piece(piece).isPresent()) {
                        found++;
                        ByteBuffer is = ByteBuffer.allocate(PIECE);
                        try (var content = task.openContent()) {
                            assertThat(content.read(is, LAYOUT.offset(piece))).isEqualTo(PIECE);
                        }
                        assertThat(is.array()).as("piece %d", piece).isEqualTo(bytes(piece));
                    }
                }
            }
        }
        assertThat(found).isPositive();
    }
}
