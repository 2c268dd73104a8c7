package dev.naiad.builder.dictionary;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;

/**
 * Chooses the chunks that are worth a place in a dictionary. Chunks are numbers; an image is the
 * list of its versions, oldest first, each a set of chunks. A pure function of these.
 *
 * <p>Of every image the older versions are learnt from, the newer ones tell how well. First what in
 * nearly all versions of a cluster, whatever their image; then, image by image, what its recent
 * versions have kept.
 */
final class ChunkSelection {
    private static final int TRAINING = 70; // per cent of the versions
    private static final int COMMON = 90; // per cent of a cluster's versions
    private static final double SMOOTHING = 0.5;
    private static final int LOWEST = 50;
    private static final int HIGHEST = 80;
    private static final int STEP = 5;

    private final long[] sizes;
    private final BitSet chosen = new BitSet();

    private ChunkSelection(long[] sizes) {
        this.sizes = sizes;
    }

    /**
     * Chooses.
     *
     * @param images by image its versions
     * @param sizes bytes by chunk
     */
    static BitSet choose(List<List<BitSet>> images, long[] sizes) {
        var selection = new ChunkSelection(sizes);
        var learnt = new ArrayList<BitSet>();
        for (var versions : images) {
            learnt.addAll(versions.subList(0, training(versions.size())));
        }
        for (var cluster : Clusters.of(learnt)) {
            selection.common(cluster.stream().map(learnt::get).toList());
        }
        for (var versions : images) {
            selection.lasting(versions);
        }
        return selection.chosen;
    }

    /** How many of an image's versions are used for training: at least one. */
    private static int training(int versions) {
        return Math.max(1, versions * TRAINING / 100);
    }

    private void common(List<BitSet> versions) {
        int[] uses = new int[sizes.length];
        for (var version : versions) {
            version.stream().forEach(chunk -> uses[chunk]++);
        }
        for (int chunk = 0; chunk < uses.length; chunk++) {
            if (uses[chunk] * 100 >= COMMON * versions.size()) {
                chosen.set(chunk);
            }
        }
    }

    private void lasting(List<BitSet> versions) {
        int training = training(versions.size());
        double[] scores = scores(versions.subList(0, training));
        var tests = versions.subList(training, versions.size());
        var best = new BitSet();
        long least = Long.MAX_VALUE;
        // Descending: of two equally good dictionaries, the smaller one.
        for (int threshold = HIGHEST; threshold >= LOWEST; threshold -= STEP) {
            var candidate = new BitSet();
            for (int chunk = 0; chunk < scores.length; chunk++) {
                if (scores[chunk] * 100 >= threshold) {
                    candidate.set(chunk);
                }
            }
            long size = missing(tests, candidate);
            if (size < least) {
                least = size;
                best = candidate;
            }
        }
        chosen.or(best);
    }

    private double[] scores(List<BitSet> versions) {
        double[] scores = new double[sizes.length];
        for (int i = 0; i < versions.size(); i++) {
            var version = versions.get(i);
            for (int chunk = 0; chunk < scores.length; chunk++) {
                double now = version.get(chunk) ? 1 : 0;
                scores[chunk] = i == 0 ? now : SMOOTHING * now + (1 - SMOOTHING) * scores[chunk];
            }
        }
        return scores;
    }

    /** Bytes that the versions would still store themselves. */
    private long missing(List<BitSet> versions, BitSet dictionary) {
        long bytes = 0;
        for (var version : versions) {
            var own = (BitSet) version.clone();
            own.andNot(dictionary);
            own.andNot(chosen);
            bytes += own.stream().mapToLong(chunk -> sizes[chunk]).sum();
        }
        return bytes;
    }
}
