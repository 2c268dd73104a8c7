# Sourced by ./bench: an image of two layers, from a registry and back to it.
make_layers

cat >"$work/registry.yml" <<R
version: 0.1
log: {level: error}
storage: {filesystem: {rootdirectory: $work/registry}, delete: {enabled: true}}
http: {addr: "127.0.0.1:5000"}
R
docker-registry serve "$work/registry.yml" >"$work/registry.log" 2>&1 </dev/null &
near_registry=$!
await "an answer of docker-registry" curl -sf http://127.0.0.1:5000/v2/

# An OCI image layout by hand: no tool is needed for it.
layout=$work/layout
blobs=$layout/blobs/sha256
mkdir -p "$blobs"
# put FILE: prints digest and size.
put() {
  local digest
  digest=$(sha256sum "$1" | cut -d' ' -f1)
  cp "$1" "$blobs/$digest"
  printf '"digest":"sha256:%s","size":%s' "$digest" "$(stat -c %s "$1")"
}
layers= diffs=
for tree in large small; do
  gzip -1 -n -c "$work/layer/$tree.tar" >"$work/layer/$tree.tar.gz"
  layers+="${layers:+,}{\"mediaType\":\"application/vnd.oci.image.layer.v1.tar+gzip\",$(put "$work/layer/$tree.tar.gz")}"
  diffs+="${diffs:+,}\"sha256:$(sha256sum "$work/layer/$tree.tar" | cut -d' ' -f1)\""
done
printf '{"architecture":"amd64","os":"linux","config":{"Cmd":["/bin/true"]},"rootfs":{"type":"layers","diff_ids":[%s]}}' "$diffs" >"$work/config.json"
printf '{"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json","config":{"mediaType":"application/vnd.oci.image.config.v1+json",%s},"layers":[%s]}' \
  "$(put "$work/config.json")" "$layers" >"$work/manifest.json"
printf '{"schemaVersion":2,"manifests":[{"mediaType":"application/vnd.oci.image.manifest.v1+json",%s,"annotations":{"org.opencontainers.image.ref.name":"bench"}}]}' \
  "$(put "$work/manifest.json")" >"$layout/index.json"
printf '{"imageLayoutVersion":"1.0.0"}' >"$layout/oci-layout"
skopeo copy --quiet --dest-tls-verify=false "oci:$layout:bench" docker://127.0.0.1:5000/bench/source:1 >"$work/out" 2>&1 </dev/null ||
  { tail -n 5 "$work/out" >&2; die "could not push the source image."; }
rm -rf "$layout"

round=0 registry=127.0.0.1:5000
# convert [FLAGS…]: from and to $registry, to a repository of the round.
convert() {
  "$bin/nydusify" convert --nydus-image "$bin/nydus-image" --source "$registry/bench/source:1" \
    --target "$registry/bench/target$round:1" --plain-http --work-dir "$work/convert" "$@"
}
unverified() { convert --no-verify; }
compress_layers() {
  zstd -3 -T2 -q -f -o "$work/zst" "$work/layer/large.tar"
  zstd -3 -T2 -q -f -o "$work/zst" "$work/layer/small.tar"
}
# What common tools take for the least that a conversion must do: both layers at once, as we do.
recompress_layers() {
  local tree jobs=()
  for tree in large small; do
    gzip -dc "$work/layer/$tree.tar.gz" | zstd -3 -T1 -q -f -o "$work/$tree.zst" &
    jobs+=($!)
  done
  wait "${jobs[@]}"
}
copy() { skopeo copy --quiet --src-tls-verify=false --dest-tls-verify=false "$1" "$2"; }
pull() { copy "docker://$registry/bench/source:1" "dir:$work/pulled"; }
push() { copy "dir:$work/pulled" "docker://$registry/bench/pushed$round:1"; }
# Each round uses a new, empty repository. skopeo would skip the push of blobs that it remembers from other repositories.
skopeo_memory=/var/lib/containers/cache
mkdir -p "$skopeo_memory"
mount -t tmpfs naiad-bench "$skopeo_memory"
next_round() { round=$((round + 1)); rm -rf "$work/convert" "$work/pulled" "$skopeo_memory"/*; }

# transfers: sets pulled and pushed, the seconds that moving the image and its converted form takes.
transfers() {
  next_round
  pulled=$(seconds pull) pulled=${pulled% *}
  next_round
  convert >"$work/out" 2>&1 </dev/null
  # What is pushed is smaller than what is pulled: the converted image.
  copy "docker://$registry/bench/target$round:1" "dir:$work/pulled" >"$work/out" 2>&1
  rm -rf "${skopeo_memory:?}"/*
  pushed=$(seconds push) pushed=${pushed% *}
}
# against_slowest WHERE: a row of the last race, which was with compress_layers.
against_slowest() {
  local converted=$ours compressed=$base cpu_of_convert=$cpu slowest
  transfers
  slowest=$(printf '%s\n' "$compressed" "$pulled" "$pushed" | sort -n | tail -n 1)
  row "nydusify convert, $1, against the slowest of pull ($pulled s), zstd -3 -T2 ($compressed s), push ($pushed s)" \
    "$converted" "$slowest" s "$(ratio "$converted" "$slowest")" "≤ 1.15" "$cpu_of_convert"
}

race 3 convert compress_layers next_round
against_slowest "registry to registry"
race 3 convert recompress_layers next_round
timed "nydusify convert, against gzip -dc | zstd -3 of both layers at once" -
race 3 convert unverified next_round
timed "nydusify convert, with verification against --no-verify" "≤ 1.1"

# The same registry behind a link: a network namespace, held open by its only process.
unshare --net sleep infinity &
far=$!
is_far() { [ "$(readlink /proc/self/ns/net)" != "$(readlink "/proc/$far/ns/net")" ]; }
await "a network namespace" is_far
ip link add near type veth peer name far netns "$far"
ip address add 10.99.0.1/30 dev near
ip link set near up
there() { nsenter "--net=/proc/$far/ns/net" "$@"; }
there ip address add 10.99.0.2/30 dev far
there ip link set far up
sed 's/127.0.0.1:5000/10.99.0.2:5000/' "$work/registry.yml" >"$work/far.yml"
there docker-registry serve "$work/far.yml" >"$work/far.log" 2>&1 </dev/null &
far_registry=$!
registry=10.99.0.2:5000
await "an answer of docker-registry behind the link" curl -sf "http://$registry/v2/"
for rate in 1000 250; do
  # A burst below one GSO packet of 64 KB would lose throughput: ten milliseconds' worth.
  for side in "tc qdisc replace dev near" "there tc qdisc replace dev far"; do
    $side root tbf rate "${rate}mbit" burst "$((rate * 1250))" latency 50ms
  done
  race 1 convert compress_layers next_round
  against_slowest "registry behind $rate Mbit/s"
done

rm -rf "$work"/*zst "$work/convert" "$work/pulled"
umount "$skopeo_memory"
kill "$near_registry" "$far_registry" "$far" 2>/dev/null || true
wait "$near_registry" "$far_registry" "$far" 2>/dev/null || true
rm -rf "$work/registry"
