package dev.naiad.builder;

import dev.naiad.builder.chunk.ChunkPipeline;
import dev.naiad.builder.chunk.FileFeeder;
import dev.naiad.builder.directory.DirectoryData;
import dev.naiad.builder.directory.DirectoryScanner;
import dev.naiad.builder.tree.FileTree;
import dev.naiad.builder.tree.TreeEntry;
import dev.naiad.builder.tree.WhiteoutSpec;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Consumer;

/**
 * A directory of the running system.
 *
 * @param lowest nothing lies below: what would remove something has nothing to do
 * @param change may leave files out before their data is read
 */
record DirectorySource(
        Path directory, BuildOptions options, boolean lowest, Consumer<FileTree> change)
        implements BuildSource {
    @Override
    public Content read(ChunkPipeline pipeline) {
        var tree =
                new DirectoryScanner(options.chunkSize(), options.explicitOwners()).scan(directory);
        if (lowest) {
            dropMarkers(tree, options.whiteouts());
        }
        change.accept(tree);
        var feeder = new FileFeeder(pipeline);
        var first =
                options.prefetch() == PrefetchPolicy.NONE
                        ? List.<TreeEntry>of()
                        : tree.named(options.patterns());
        new DirectoryData(directory, feeder).feed(tree, first);
        feeder.finish();
        return new Content(tree, feeder.fed());
    }

    private static void dropMarkers(FileTree tree, WhiteoutSpec spec) {
        tree.forEachDirectory(
                directory ->
                        directory.children().stream()
                                .filter(spec::isMarker)
                                .toList()
                                .forEach(child -> directory.remove(child.name())));
    }
}
