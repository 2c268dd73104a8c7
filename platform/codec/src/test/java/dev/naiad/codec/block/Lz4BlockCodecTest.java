package dev.naiad.codec.block;

/** The contract, and what a second implementation says. */
final class Lz4BlockCodecTest extends BlockCodecContract {
    private final BlockCodec codec = BlockCodecs.of(Compression.LZ4_BLOCK);

    @Override
    BlockCodec codec() {
        return codec;
    }
}
