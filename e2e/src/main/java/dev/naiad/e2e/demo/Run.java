package dev.naiad.e2e.demo;

/**
 * One start of the container and where its bytes came from.
 *
 * @param name what was started and how
 * @param wallSeconds from the client's first call to the program's first output
 * @param exitSeconds … to its exit
 * @param ratioToOci {@code wallSeconds} ÷ that of the plain OCI run
 * @param neededBytes bytes of the image (as stored) that were fetched until everything was quiet
 * @param bytesAtFirstOutput bytes that had come over the node's link at the first output
 * @param imageBytes bytes of the image's layers as stored
 * @param registryBytes bodies of blobs that left the registry in this run
 * @param seedBytes bytes that the seed gave to this node
 * @param peerBytes bytes that other nodes gave to this node
 * @param localPeerBytes bytes that the node's own peer took from its store
 * @param cacheBytes bytes that the container read from nydusd's cache without any request
 * @param registryRequests requests that reached the registry
 */
record Run(
        String name,
        double wallSeconds,
        double exitSeconds,
        double ratioToOci,
        long neededBytes,
        long bytesAtFirstOutput,
        long imageBytes,
        long registryBytes,
        long seedBytes,
        long peerBytes,
        long localPeerBytes,
        long cacheBytes,
        long registryRequests) {}
