package dev.naiad.linux;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/**
 * Starts programs that outlive us: in a session of their own, with files instead of pipes as
 * standard streams, with default signal handling and no blocked signal, and with exactly the
 * descriptors given. ProcessBuilder closes all descriptors and always makes pipes or files of its
 * own choice; here a descriptor can be handed down. The child stays ours until {@link
 * Processes#reap} takes its exit code.
 */
public final class Spawn {
    // glibc's structs are 80 and 336 bytes; room is free.
    private static final int ACTIONS_SIZE = 256;
    private static final int ATTRIBUTES_SIZE = 512;
    private static final short SETSIGDEF = 0x04;
    private static final short SETSIGMASK = 0x08;
    private static final short SETSID = 0x80;

    private Spawn() {}

    /**
     * What to start.
     *
     * @param program an absolute path
     * @param arguments with the program's name first
     * @param environment all of it
     * @param output file that standard output and error are appended to
     * @param inherited descriptors that become 3, 4, … in the child, in this order; they stay ours
     */
    public record Command(
            Path program,
            List<String> arguments,
            Map<String, String> environment,
            Path output,
            List<Fd> inherited) {
        /** Copies. */
        public Command {
            arguments = List.copyOf(arguments);
            environment = Map.copyOf(environment);
            inherited = List.copyOf(inherited);
        }
    }

    /** Linked when the first program is started. */
    private static final class Libc {
        static final MethodHandle SPAWN =
                Kernel.plainFunction(
                        "posix_spawn",
                        FunctionDescriptor.of(
                                JAVA_INT, ADDRESS, ADDRESS, ADDRESS, ADDRESS, ADDRESS, ADDRESS));
        static final MethodHandle ACTIONS_INIT = one("posix_spawn_file_actions_init");
        static final MethodHandle ACTIONS_DESTROY = one("posix_spawn_file_actions_destroy");
        static final MethodHandle ADD_DUP2 =
                Kernel.plainFunction(
                        "posix_spawn_file_actions_adddup2",
                        FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_INT, JAVA_INT));
        static final MethodHandle ADD_OPEN =
                Kernel.plainFunction(
                        "posix_spawn_file_actions_addopen",
                        FunctionDescriptor.of(
                                JAVA_INT, ADDRESS, JAVA_INT, ADDRESS, JAVA_INT, JAVA_INT));
        static final MethodHandle ADD_CLOSE_FROM =
                Kernel.plainFunction(
                        "posix_spawn_file_actions_addclosefrom_np",
                        FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_INT));
        static final MethodHandle ATTR_INIT = one("posix_spawnattr_init");
        static final MethodHandle ATTR_DESTROY = one("posix_spawnattr_destroy");
        static final MethodHandle SET_FLAGS =
                Kernel.plainFunction(
                        "posix_spawnattr_setflags",
                        FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_SHORT));
        static final MethodHandle SET_MASK = two("posix_spawnattr_setsigmask");
        static final MethodHandle SET_DEFAULT = two("posix_spawnattr_setsigdefault");

        private static MethodHandle one(String name) {
            return Kernel.plainFunction(name, FunctionDescriptor.of(JAVA_INT, ADDRESS));
        }

        private static MethodHandle two(String name) {
            return Kernel.plainFunction(name, FunctionDescriptor.of(JAVA_INT, ADDRESS, ADDRESS));
        }
    }

    /** Starts a program and answers its pid. */
    public static long detached(Command command) {
        try (var arena = Arena.ofConfined()) {
            MemorySegment actions = arena.allocate(ACTIONS_SIZE, 16);
            MemorySegment attributes = arena.allocate(ATTRIBUTES_SIZE, 16);
            check((int) Libc.ACTIONS_INIT.invokeExact(actions), "posix_spawn_file_actions_init");
            check((int) Libc.ATTR_INIT.invokeExact(attributes), "posix_spawnattr_init");
            try {
                files(arena, actions, command);
                signals(arena, attributes);
                MemorySegment pid = arena.allocate(JAVA_INT);
                int failure =
                        (int)
                                Libc.SPAWN.invokeExact(
                                        pid,
                                        RawPath.of(command.program()).allocate(arena),
                                        actions,
                                        attributes,
                                        strings(arena, command.arguments()),
                                        strings(
                                                arena,
                                                command.environment().entrySet().stream()
                                                        .map(e -> e.getKey() + "=" + e.getValue())
                                                        .toList()));
                check(failure, "start " + command.program());
                return pid.get(JAVA_INT, 0);
            } finally {
                int ignored = (int) Libc.ACTIONS_DESTROY.invokeExact(actions);
                ignored += (int) Libc.ATTR_DESTROY.invokeExact(attributes);
            }
        } catch (Throwable t) {
            throw Kernel.unexpected(t);
        }
    }

    private static void files(Arena arena, MemorySegment actions, Command command)
            throws Throwable {
        MemorySegment nothing = arena.allocateFrom("/dev/null");
        MemorySegment output = RawPath.of(command.output()).allocate(arena);
        List<Fd> inherited = command.inherited();
        // First out of the way of the small numbers, then to their places: a source may have the
        // number of another's place.
        int high = 500;
        for (int i = 0; i < inherited.size(); i++) {
            check(
                    (int) Libc.ADD_DUP2.invokeExact(actions, inherited.get(i).number(), high + i),
                    "adddup2");
        }
        check((int) Libc.ADD_OPEN.invokeExact(actions, 0, nothing, Open.O_RDONLY, 0), "addopen");
        int append = Open.O_WRONLY | Open.O_CREAT | Open.O_APPEND;
        check((int) Libc.ADD_OPEN.invokeExact(actions, 1, output, append, 0600), "addopen");
        check((int) Libc.ADD_DUP2.invokeExact(actions, 1, 2), "adddup2");
        for (int i = 0; i < inherited.size(); i++) {
            check((int) Libc.ADD_DUP2.invokeExact(actions, high + i, 3 + i), "adddup2");
        }
        check((int) Libc.ADD_CLOSE_FROM.invokeExact(actions, 3 + inherited.size()), "addclosefrom");
    }

    private static void signals(Arena arena, MemorySegment attributes) throws Throwable {
        check(
                (int)
                        Libc.SET_FLAGS.invokeExact(
                                attributes, (short) (SETSIGDEF | SETSIGMASK | SETSID)),
                "setflags");
        MemorySegment none = arena.allocate(128, 8);
        check((int) Libc.SET_MASK.invokeExact(attributes, none), "setsigmask");
        MemorySegment all = arena.allocate(128, 8);
        all.set(
                JAVA_LONG,
                0,
                0x7fff_ffffL & ~(1L << 8) & ~(1L << 18)); // 1..31 but SIGKILL and SIGSTOP
        check((int) Libc.SET_DEFAULT.invokeExact(attributes, all), "setsigdefault");
    }

    private static MemorySegment strings(Arena arena, List<String> texts) {
        MemorySegment array = arena.allocate(ADDRESS, texts.size() + 1L);
        for (int i = 0; i < texts.size(); i++) {
            array.setAtIndex(ADDRESS, i, arena.allocateFrom(texts.get(i)));
        }
        array.setAtIndex(ADDRESS, texts.size(), MemorySegment.NULL);
        return array;
    }

    private static void check(int errno, String what) {
        if (errno != 0) {
            throw ErrnoException.of(errno, what);
        }
    }
}
