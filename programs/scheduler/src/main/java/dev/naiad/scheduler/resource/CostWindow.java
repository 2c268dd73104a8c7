package dev.naiad.scheduler.resource;

import java.util.Arrays;

/**
 * The last 2000 download times of a peer's pieces, with their mean and deviation in constant time.
 * Not safe for threads.
 *
 * <p>The array grows with use: most peers report a few dozen pieces.
 */
public final class CostWindow {
    /** How many samples are kept. */
    public static final int CAPACITY = 2000;

    private double[] samples = new double[16];
    private int size;
    private int next;
    private double last;
    private double sum;
    private double squares;

    /** Adds the cost of one piece in nanoseconds. */
    public void add(long nanos) {
        if (size < CAPACITY) {
            if (size == samples.length) {
                samples = Arrays.copyOf(samples, Math.min(CAPACITY, size * 2));
            }
            size++;
        } else {
            sum -= samples[next];
            squares -= samples[next] * samples[next];
        }
        samples[next] = nanos;
        last = nanos;
        sum += last;
        squares += last * last;
        next = (next + 1) % CAPACITY;
        if (next == 0) {
            recompute(); // bounds the drift of the running sums
        }
    }

    /** How many samples are held. */
    public int size() {
        return size;
    }

    /** The newest sample, 0 before the first. */
    public double last() {
        return last;
    }

    /** Mean of all samples but the newest. */
    public double meanBeforeLast() {
        return size < 2 ? 0 : (sum - last) / (size - 1);
    }

    /** Population standard deviation of all samples but the newest. */
    public double deviationBeforeLast() {
        if (size < 2) {
            return 0;
        }
        double mean = meanBeforeLast();
        double variance = (squares - last * last) / (size - 1) - mean * mean;
        return Math.sqrt(Math.max(0, variance));
    }

    private void recompute() {
        sum = 0;
        squares = 0;
        for (int i = 0; i < size; i++) {
            sum += samples[i];
            squares += samples[i] * samples[i];
        }
    }
}
