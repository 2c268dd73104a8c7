package dev.naiad.convert.conversion;

/** The version of nydusify, as it prints it and notes it in manifests. */
public final class ConverterVersion {
    public static final String TEXT = "v2.4.4-naiad-0.1.0";

    private ConverterVersion() {}
}
