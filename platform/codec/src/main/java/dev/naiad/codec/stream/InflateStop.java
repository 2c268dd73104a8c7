package dev.naiad.codec.stream;

/** What {@link Inflate#run} stopped for. */
enum InflateStop {
    /** There is output to take, and no room for more. */
    OUTPUT,
    /** There is too little input left to go on. */
    INPUT,
    /** A block ended and another follows; only if {@link Inflate#stopAtBlocks} was asked for. */
    BLOCK,
    /** The data ended; {@link Inflate#inputPosition} is just after it. */
    END
}
