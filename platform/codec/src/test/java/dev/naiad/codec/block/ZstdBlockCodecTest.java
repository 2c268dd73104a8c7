package dev.naiad.codec.block;

/** The contract, and what a second implementation says. */
final class ZstdBlockCodecTest extends BlockCodecContract {
    private final BlockCodec codec = BlockCodecs.of(Compression.ZSTD);

    @Override
    BlockCodec codec() {
        return codec;
    }
}
