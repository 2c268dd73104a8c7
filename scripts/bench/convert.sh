# Sourced by ./bench: an image of two layers, from a registry and back to it.
make_layers

cat >"$work/registry.yml" <<R
version: 0.1
log: {level: error}
storage: {filesystem: {rootdirectory: $work/registry}, delete: {enabled: true}}
http: {addr: "127.0.0.1:5000"}
R
docker-registry serve "$work/registry.yml" >"$work/registry.log" 2>&1 </dev/null &
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
  gzip -1 -n -c "$work/layer/$tree.tar" >"$work/layer.gz"
  layers+="${layers:+,}{\"mediaType\":\"application/vnd.oci.image.layer.v1.tar+gzip\",$(put "$work/layer.gz")}"
  diffs+="${diffs:+,}\"sha256:$(sha256sum "$work/layer/$tree.tar" | cut -d' ' -f1)\""
done
rm "$work/layer.gz"
printf '{"architecture":"amd64","os":"linux","config":{"Cmd":["/bin/true"]},"rootfs":{"type":"layers","diff_ids":[%s]}}' "$diffs" >"$work/config.json"
printf '{"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json","config":{"mediaType":"application/vnd.oci.image.config.v1+json",%s},"layers":[%s]}' \
  "$(put "$work/config.json")" "$layers" >"$work/manifest.json"
printf '{"schemaVersion":2,"manifests":[{"mediaType":"application/vnd.oci.image.manifest.v1+json",%s,"annotations":{"org.opencontainers.image.ref.name":"bench"}}]}' \
  "$(put "$work/manifest.json")" >"$layout/index.json"
printf '{"imageLayoutVersion":"1.0.0"}' >"$layout/oci-layout"
skopeo copy --quiet --dest-tls-verify=false "oci:$layout:bench" docker://127.0.0.1:5000/bench/source:1 >"$work/out" 2>&1 </dev/null ||
  { tail -n 5 "$work/out" >&2; die "could not push the source image."; }
rm -rf "$layout"

round=0
convert() {
  "$bin/nydusify" convert --nydus-image "$bin/nydus-image" --source 127.0.0.1:5000/bench/source:1 \
    --target "127.0.0.1:5000/bench/target$round:1" --plain-http --work-dir "$work/convert"
}
unverified() {
  "$bin/nydusify" convert --nydus-image "$bin/nydus-image" --source 127.0.0.1:5000/bench/source:1 --no-verify \
    --target "127.0.0.1:5000/bench/target$round:1" --plain-http --work-dir "$work/convert"
}
compress_layers() {
  zstd -3 -T2 -q -f -o "$work/zst" "$work/layer/large.tar"
  zstd -3 -T2 -q -f -o "$work/zst" "$work/layer/small.tar"
}
copy() { skopeo copy --quiet --src-tls-verify=false --dest-tls-verify=false "$1" "$2"; }
pull() { copy docker://127.0.0.1:5000/bench/source:1 "dir:$work/pulled"; }
push() { copy "dir:$work/pulled" "docker://127.0.0.1:5000/bench/pushed$round:1"; }
# Each round to a repository of its own: nothing is there already.
next_round() { round=$((round + 1)); rm -rf "$work/convert" "$work/pulled"; }
race 3 convert compress_layers next_round
converted=$ours compressed=$base cpu_of_convert=$cpu
next_round
convert >"$work/out" 2>&1 </dev/null
pulled=$(seconds pull)
rm -rf "$work/pulled"
# What is pushed is smaller than what is pulled: the converted image.
copy "docker://127.0.0.1:5000/bench/target$round:1" "dir:$work/pulled" >"$work/out" 2>&1
pushed=$(seconds push)
slowest=$(printf '%s\n' "$compressed" "${pulled% *}" "${pushed% *}" | sort -n | tail -n 1)
row "nydusify convert, registry to registry, against the slowest of pull (${pulled% *} s), zstd -3 -T2 ($compressed s), push (${pushed% *} s)" \
  "$converted" "$slowest" s "$(ratio "$converted" "$slowest")" "≤ 1.15" "$cpu_of_convert"
race 3 convert unverified next_round
timed "nydusify convert, with verification against --no-verify" "≤ 1.1"
rm -rf "$work/zst" "$work/convert" "$work/pulled"
kill %?docker-registry 2>/dev/null || true
wait %?docker-registry 2>/dev/null || true
rm -rf "$work/registry"
