package dev.naiad.dragonfly;

import java.util.List;
import java.util.stream.Stream;

/** Query parameters that sign a URL and therefore change without the content changing. */
public final class FilteredQueryParams {
    private static final List<String> S3 =
            List.of(
                    "X-Amz-Algorithm",
                    "X-Amz-Credential",
                    "X-Amz-Date",
                    "X-Amz-Expires",
                    "X-Amz-SignedHeaders",
                    "X-Amz-Signature",
                    "X-Amz-Security-Token",
                    "X-Amz-User-Agent");
    private static final List<String> GCS =
            List.of(
                    "X-Goog-Algorithm",
                    "X-Goog-Credential",
                    "X-Goog-Date",
                    "X-Goog-Expires",
                    "X-Goog-SignedHeaders",
                    "X-Goog-Signature");
    private static final List<String> OSS =
            List.of("OSSAccessKeyId", "Expires", "Signature", "SecurityToken");
    private static final List<String> OBS =
            List.of("AccessKeyId", "Signature", "Expires", "X-Obs-Date", "X-Obs-Security-Token");
    private static final List<String> COS =
            List.of(
                    "q-sign-algorithm",
                    "q-ak",
                    "q-sign-time",
                    "q-key-time",
                    "q-header-list",
                    "q-url-param-list",
                    "q-signature",
                    "x-cos-security-token");
    private static final List<String> CONTAINERD = List.of("ns");

    /** The list that command line tools and proxy rules use unless told otherwise. */
    public static final List<String> DEFAULT =
            Stream.of(S3, GCS, OSS, OBS, COS, CONTAINERD).flatMap(List::stream).distinct().toList();

    private FilteredQueryParams() {}
}
