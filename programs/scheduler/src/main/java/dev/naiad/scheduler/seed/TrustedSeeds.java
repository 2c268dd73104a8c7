package dev.naiad.scheduler.seed;

import java.net.InetAddress;
import java.util.Arrays;
import java.util.List;

/**
 * The addresses at which the operator has put seeds. A seed is sent the credentials of whoever asks
 * for a task, and any daemon can announce itself as one; with this list only these are asked.
 */
public record TrustedSeeds(List<Range> ranges) {
    /** No list: every daemon that announces itself as a seed is one, as in the original. */
    public static final TrustedSeeds ANY = new TrustedSeeds(List.of());

    /** Addresses that share their first {@code bits} bits. */
    public record Range(InetAddress first, int bits) {
        /**
         * Reads {@code 10.0.0.7}, {@code 10.0.0.0/24} or the same for IPv6.
         *
         * @throws IllegalArgumentException if it is something else
         */
        public static Range parse(String text) {
            int slash = text.indexOf('/');
            var address = InetAddress.ofLiteral(slash < 0 ? text : text.substring(0, slash));
            int all = address.getAddress().length * 8;
            int bits = slash < 0 ? all : Integer.parseInt(text.substring(slash + 1));
            if (bits < 0 || bits > all) {
                throw new IllegalArgumentException(text + " has a prefix outside 0.." + all);
            }
            return new Range(address, bits);
        }

        boolean contains(InetAddress address) {
            byte[] mine = first.getAddress();
            byte[] other = address.getAddress();
            int whole = bits / 8;
            if (mine.length != other.length || !Arrays.equals(mine, 0, whole, other, 0, whole)) {
                return false;
            }
            int rest = bits % 8;
            return rest == 0 || ((mine[whole] ^ other[whole]) & 0xff) >> (8 - rest) == 0;
        }
    }

    /** Copies the list. */
    public TrustedSeeds {
        ranges = List.copyOf(ranges);
    }

    /** True when a seed at this IP address may be asked. */
    boolean contains(String ip) {
        if (ranges.isEmpty()) {
            return true;
        }
        try {
            var address = InetAddress.ofLiteral(ip);
            return ranges.stream().anyMatch(range -> range.contains(address));
        } catch (IllegalArgumentException notAnAddress) {
            return false;
        }
    }
}
