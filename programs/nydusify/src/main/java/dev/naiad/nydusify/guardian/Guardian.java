package dev.naiad.nydusify.guardian;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/**
 * A shell that outlives us and cleans up. The kernel closes the pipe to it whatever becomes of us,
 * so that it sees a kill -9 as well as an orderly end.
 */
public final class Guardian {
    /**
     * Signals of the terminal go to the whole group; what they mean is for us to decide. The pipe
     * is descriptor 3: a shell gives commands in the background an empty standard input.
     */
    private static final String PRELUDE =
            """
            trap '' HUP INT QUIT TERM
            exec 3<&0
            """;

    private Guardian() {}

    /**
     * Starts one. It has our standard output and error.
     *
     * @param script what it does; it reads the pipe to us as descriptor 3 and must close it for
     *     whatever it starts
     * @param arguments $1 and so on of the script
     * @return the shell; its standard input is the pipe
     */
    public static Process start(String script, List<String> arguments) throws IOException {
        var command =
                new ArrayList<>(List.of("/bin/sh", "-c", PRELUDE + script, "nydusify-guardian"));
        command.addAll(arguments);
        return new ProcessBuilder(command)
                .redirectOutput(ProcessBuilder.Redirect.INHERIT)
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
    }
}
