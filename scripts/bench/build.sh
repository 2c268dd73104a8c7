# Sourced by ./bench: one layer, built and compressed.
make_layers

# create COMPRESSOR TAR [BOOTSTRAP]
create() {
  rm -f "$work/blob"
  printf / | "$bin/nydus-image" create --log-level warn --prefetch-policy fs --blob "$work/blob" --whiteout-spec none \
    --fs-version 6 --type tar-rafs --features blob-toc --compressor "$1" --chunk-size 0x100000 \
    $(if [ $# = 3 ]; then printf -- '--bootstrap %s' "$3"; else printf -- --blob-inline-meta; fi) "$2"
}
compress() { zstd -3 -T2 -q -f -o "$work/zst" "$1"; }
erofs() {
  rm -rf "$work/extracted" "$work/erofs"
  mkdir "$work/extracted"
  tar -x -C "$work/extracted" -f "$1"
  mkfs.erofs --quiet -zlz4 "$work/erofs" "$work/extracted"
}

for layer in small large; do
  tar=$work/layer/$layer.tar
  create_zstd() { create zstd "$tar"; }
  create_lz4() { create lz4_block "$tar"; }
  compress_layer() { compress "$tar"; }
  erofs_layer() { erofs "$tar"; }
  race 3 create_zstd compress_layer
  timed "nydus-image create, $layer files, against zstd -3 -T2" "≤ 1.25"
  race 3 create_lz4 erofs_layer
  timed "nydus-image create lz4_block, $layer files, against tar -x + mkfs.erofs -zlz4" "≤ 1.2"
  rm -rf "$work/extracted" "$work/erofs" "$work/zst"
  peak nydus-image create_zstd
  row "nydus-image create, $layer files, peak memory (RSS)" "$high" - MiB - "≤ 300"
done

# A million files of a few bytes.
benchmark_classes="$ROOT/benchmarks/target/lib/*:$(ls "$ROOT"/benchmarks/target/benchmarks-*.jar | head -n 1)"
need_jdk
files=1000000
[ "$quick" = 0 ] || files=20000
"$JAVA_HOME/bin/java" -XX:TieredStopAtLevel=1 -cp "$benchmark_classes" dev.naiad.benchmarks.LayerOfFiles $files "$work/layer/million.tar"
create_million() { create zstd "$work/layer/million.tar" "$work/million.boot"; }
compress_million() { compress "$work/layer/million.tar"; }
race 1 create_million compress_million
timed "nydus-image create, a million files of a few bytes, against zstd -3 -T2" -
peak nydus-image create_million
row "nydus-image create, a million files, peak memory (RSS)" "$high" - MiB - -
"$JAVA_HOME/bin/java" -cp "$benchmark_classes" org.openjdk.jmh.Main -f 1 -wi 2 -i 2 -w 1 -r 1 -p file="$work/million.boot" -prof gc \
  -foe true -rf csv -rff "$work/open.csv" \
  -jvmArgs "-Xmx64m -XX:+UseSerialGC --enable-native-access=ALL-UNNAMED --sun-misc-unsafe-memory-access=allow" Open \
  >"$work/jmh.log" 2>&1 || { tail -n 5 "$work/jmh.log" >&2; die "opening the bootstrap failed."; }
# opened SUFFIX: the score of OpenBenchmark.open or of a profiler beside it.
opened() { awk -F, -v name="OpenBenchmark.open$1" '{gsub(/"/, "")} $1 ~ name "$" {print $5; exit}' "$work/open.csv"; }
row "opening the bootstrap of a million files ($(($(stat -c %s "$work/million.boot") >> 20)) MiB)" \
  "$(awk "BEGIN {printf \"%.2f\", $(opened '') * 1000}")" - µs - "≤ 10 ms"
row "heap that opening it takes" "$(awk "BEGIN {printf \"%.1f\", $(opened ':.*gc.alloc.rate.norm') / 1024}")" - KiB - "≤ 100 KiB"
rm -f "$work/blob" "$work/zst" "$work/million.boot" "$work/layer/million.tar"
