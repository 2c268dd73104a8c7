package dev.naiad.blobcache;

/** For whom a fetch is. Readers' fetches and prefetch never queue behind each other. */
enum Lane {
    READ,
    PREFETCH
}
