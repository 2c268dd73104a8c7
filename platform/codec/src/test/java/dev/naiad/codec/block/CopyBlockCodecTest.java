package dev.naiad.codec.block;

/** The contract, and what a second implementation says. */
final class CopyBlockCodecTest extends BlockCodecContract {
    private final BlockCodec codec = BlockCodecs.of(Compression.NONE);

    @Override
    BlockCodec codec() {
        return codec;
    }
}
