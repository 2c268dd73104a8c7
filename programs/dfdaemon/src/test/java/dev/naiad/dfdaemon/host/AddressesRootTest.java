package dev.naiad.dfdaemon.host;

import static org.assertj.core.api.Assertions.assertThat;

import dev.naiad.testkit.Commands;
import java.nio.file.Path;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The address that is announced, in network namespaces of its own. */
@Tag("root")
final class AddressesRootTest {
    private static final String DOCKER =
            "ip link add docker0 type veth peer name docker1"
                    + " && ip addr add 172.17.0.1/16 dev docker0"
                    + " && ip link set docker1 up && ip link set docker0 up && ";
    private static final String NIC =
            "ip link add nic type veth peer name wire && ip link set wire up"
                    + " && ip addr add 10.9.8.7/24 dev nic"
                    + " && ip link set nic up && ";

    private static String addressAfter(String network) {
        String java = Path.of(System.getProperty("java.home"), "bin/java").toString();
        String program =
                java
                        + " -cp "
                        + System.getProperty("java.class.path")
                        + " "
                        + PrintAddress.class.getName();
        return Commands.run("unshare", "-n", "sh", "-c", network + program)
                .orFail()
                .output()
                .strip();
    }

    @Test
    void itIsTheSourceOfTheDefaultRouteAndNotTheFirstInterface() {
        assertThat(addressAfter(DOCKER + NIC + "ip route add default via 10.9.8.1 && "))
                .endsWith("address 10.9.8.7");
    }

    @Test
    void withoutADefaultRouteItIsTheFirstAddress() {
        assertThat(addressAfter(NIC)).endsWith("address 10.9.8.7");
        assertThat(addressAfter("")).endsWith("address 127.0.0.1");
    }
}
