package dev.naiad.codec.digest;

/** Chooses the kernel of new hashers. */
public final class Blake3Kernels {
    private static volatile boolean vectors;

    private Blake3Kernels() {}

    static Blake3Kernel best() {
        return vectors ? VectorKernels.create() : new Blake3Lanes();
    }

    /**
     * Lets hashers made from now on use the Vector API, once its code has proved fast: without C2
     * or AVX it is a hundred times slower than plain code. Without the module {@code
     * jdk.incubator.vector} this does nothing. For programs that hash gigabytes. Answers whether
     * the module is there.
     */
    public static boolean enableVectors() {
        if (ModuleLayer.boot().findModule("jdk.incubator.vector").isEmpty()) {
            return false;
        }
        VectorKernels.prove(() -> vectors = true);
        return true;
    }

    /** Whether hashers made now use the Vector API. */
    public static boolean usesVectors() {
        return vectors;
    }
}
