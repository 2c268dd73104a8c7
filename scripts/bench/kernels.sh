# Sourced by ./bench: the JMH benchmarks of the benchmarks module, each in a fresh JVM.
jmh=(-f 1 -wi 3 -i 3 -w 1 -r 1)
[ "$quick" = 0 ] || jmh=(-f 1 -wi 1 -i 1 -w 1 -r 1)
need_jdk
benchmark_classes="$ROOT/benchmarks/target/lib/*:$(ls "$ROOT"/benchmarks/target/benchmarks-*.jar | head -n 1)"
"$JAVA_HOME/bin/java" -cp "$benchmark_classes" \
  org.openjdk.jmh.Main "${jmh[@]}" -e 'Open' -foe true -rf csv -rff "$work/jmh.csv" \
  -jvmArgs "-Xmx1g -XX:+UseSerialGC -XX:+UnlockDiagnosticVMOptions -XX:+IgnoreUnrecognizedVMOptions -XX:SuperWordAutomaticAlignment=0 --enable-native-access=ALL-UNNAMED --sun-misc-unsafe-memory-access=allow" \
  >"$work/jmh.log" 2>&1 || { grep -m 5 -i -E 'error|exception' "$work/jmh.log" >&2; die "the kernels' benchmarks failed."; }

# score CLASS.METHOD [PARAM]
score() {
  awk -F, -v name="$1" -v param="${2:-}" '
    {gsub(/["\r]/, "")}
    $1 ~ "[.]" name "$" && (param == "" || $8 == param || $9 == param) {print $5; exit}' "$work/jmh.csv"
}
giga() { awk "BEGIN {printf \"%.2f\", $1 * $2 / 1e9}"; }
million() { awk "BEGIN {printf \"%.2f\", $1 / 1e6}"; }

for size in 4096 65536 1048576; do
  ours=$(giga "$(score DigestBenchmark.blake3 $size)" $size)
  base=$(giga "$(score DigestBenchmark.sha256 $size)" $size)
  row "BLAKE3 of $size bytes against the JDK's SHA-256" "$ours" "$base" GB/s "$(ratio "$ours" "$base")" "$([ $size = 4096 ] && printf - || printf '≥ 1.0 GB/s')"
  ours=$(giga "$(score DigestBenchmark.blake3Batch $size)" 4194304)
  row "BLAKE3 of pieces of $size bytes in a batch, as in the builder" "$ours" "$base" GB/s "$(ratio "$ours" "$base")" "≥ 2.5 GB/s"
done
for codec in ZSTD LZ4_BLOCK; do
  for way in compress decompress; do
    row "$codec ${way}ion of chunks of 1 MiB" "$(giga "$(score ChunkCodecBenchmark.$way $codec)" 1048576)" - GB/s - -
  done
done
for way in lookup attributes chunk; do
  row "bootstrap of 20 000 files: $way" "$(million "$(score BootstrapBenchmark.$way)")" - M/s - -
done
row "blob cache: a warm chunk" "$(million "$(score CachedReadBenchmark.warm)")" - M/s - -
