package dev.naiad.nydusify.main;

import dev.naiad.base.cli.ProgramLauncher;
import dev.naiad.nydusimage.main.EmbeddedNydusImage;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** nydusify as a process of its own. */
final class NydusifyMain {
    private NydusifyMain() {}

    public static void main(String[] args) {
        ProgramLauncher.launch(new NydusifyProgram(new EmbeddedNydusImage()), List.of(args));
    }

    /** The command line that runs it on this class path. */
    static List<String> command(List<String> arguments) {
        var command =
                new ArrayList<>(
                        List.of(
                                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                                "-XX:+UseSerialGC",
                                "-XX:TieredStopAtLevel=1",
                                "--enable-native-access=ALL-UNNAMED",
                                "-cp",
                                System.getProperty("java.class.path"),
                                NydusifyMain.class.getName()));
        command.addAll(arguments);
        return command;
    }
}
