package dev.naiad.dragonfly;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;

/**
 * Which scheduler answers for which task. Every peer computes it alone and all must agree: one
 * point per scheduler, the key is the first five characters of the task id.
 */
public final class SchedulerRing {
    private static final int KEY_CHARACTERS = 5;

    private final TreeMap<Long, InetSocketAddress> points = new TreeMap<>(Long::compareUnsigned);

    /** A ring of resolved addresses; duplicates count once. */
    public SchedulerRing(Collection<InetSocketAddress> schedulers) {
        for (InetSocketAddress scheduler : schedulers) {
            points.put(nodeHash(scheduler), scheduler);
        }
    }

    /** The scheduler that owns {@code taskId}, or empty for an empty ring. */
    public Optional<InetSocketAddress> owner(String taskId) {
        return successors(taskId).stream().findFirst();
    }

    /**
     * The owner of {@code taskId} and, behind it, who takes over when the ones before are down. The
     * order is the ring's, so peers that agree who is down agree on the successor.
     */
    public List<InetSocketAddress> successors(String taskId) {
        long key = keyHash(taskId);
        var order = new ArrayList<>(points.tailMap(key, true).values());
        order.addAll(points.headMap(key, false).values());
        return order;
    }

    static long keyHash(String taskId) {
        byte[] key =
                taskId.substring(0, Math.min(KEY_CHARACTERS, taskId.length()))
                        .getBytes(StandardCharsets.UTF_8);
        byte[] input = Arrays.copyOf(key, key.length + 1);
        input[key.length] = (byte) 0xff;
        return SipHash24.hash(input);
    }

    static long nodeHash(InetSocketAddress scheduler) {
        InetAddress ip = scheduler.getAddress();
        if (ip == null) {
            throw new IllegalArgumentException("not resolved: " + scheduler);
        }
        byte[] octets = ip.getAddress();
        boolean v6 = octets.length == 16;
        ByteBuffer input =
                ByteBuffer.allocate(Long.BYTES + octets.length + 2 + (v6 ? 8 : 0))
                        .order(ByteOrder.LITTLE_ENDIAN);
        // The original hashes an enum of address families, then port, flow info and scope (both 0).
        input.putLong(v6 ? 1 : 0).put(octets).putShort((short) scheduler.getPort());
        return SipHash24.hash(input.array());
    }
}
