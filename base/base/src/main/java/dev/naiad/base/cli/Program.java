package dev.naiad.base.cli;

import java.util.List;

/** A program: a class with a public constructor without parameters, started by name. */
@FunctionalInterface
public interface Program {
    /**
     * Runs until it is done or asked to stop.
     *
     * @param args the words after the program's name
     * @return the exit code
     * @throws Exception what nothing below handled; {@link ProgramLauncher} prints it on one line
     *     and ends with 1
     */
    int run(ProgramContext context, List<String> args) throws Exception;
}
