# Sourced by ./bench: one layer, built and compressed.
make_trees

create() {
  rm -f "$work/blob"
  printf / | "$bin/nydus-image" create --log-level warn --prefetch-policy fs --blob "$work/blob" --whiteout-spec none \
    --fs-version 6 --type tar-rafs --blob-inline-meta --features blob-toc --compressor "$1" --chunk-size 0x100000 "$work/$2.tar"
}
compress() { zstd -3 -T2 -q -f -o "$work/zst" "$work/$1.tar"; }
erofs() {
  rm -rf "$work/extracted" "$work/erofs"
  mkdir "$work/extracted"
  tar -x -C "$work/extracted" -f "$work/$1.tar"
  mkfs.erofs --quiet -zlz4 "$work/erofs" "$work/extracted"
}

for tree in small large; do
  create_zstd() { create zstd "$tree"; }
  create_lz4() { create lz4_block "$tree"; }
  compress_tree() { compress "$tree"; }
  erofs_tree() { erofs "$tree"; }
  race 3 create_zstd compress_tree
  timed "nydus-image create, $tree files, against zstd -3 -T2" "≤ 1.25"
  race 3 create_lz4 erofs_tree
  timed "nydus-image create lz4_block, $tree files, against tar -x + mkfs.erofs -zlz4" "≤ 1.2"
done
rm -rf "$work/extracted" "$work/erofs" "$work/blob" "$work/zst"

# Peak memory of one build.
create zstd large >/dev/null 2>&1 &
peak=0
while rss=$(pgrep -x nydus-image | head -n 1) && [ -n "$rss" ] || jobs -pr | grep -q .; do
  high=$(awk '/^VmHWM/ {print $2}' "/proc/${rss:-0}/status" 2>/dev/null || true)
  [ "${high:-0}" -le "$peak" ] || peak=$high
  sleep 0.02
done
wait $!
row "nydus-image create, large files, peak memory (RSS)" "$((peak / 1024))" - MiB - "≤ 300"
rm -f "$work/blob"
