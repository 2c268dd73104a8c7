# Sourced by ./bench: how long programs take to answer, and the memory of daemons.
runs=11
[ "$quick" = 0 ] || runs=3

milliseconds() { awk "BEGIN {printf \"%.0f\", $1 * 1000}"; }

version_of() { "$bin/$program" --version; }
bare_java() { "$ROOT/dist/runtime/bin/java" -Xshare:auto -XX:+UseSerialGC -version; }
for program in nydus-image nydusify nydusd nydusctl containerd-nydus-grpc dfdaemon dfget scheduler; do
  race $runs version_of bare_java
  row "$program --version, against java -version" "$(milliseconds "$ours")" "$(milliseconds "$base")" ms \
    "$(ratio "$ours" "$base")" "$([ $program = nydus-image ] && printf '≤ 100 ms' || printf -)"
done

mkdir "$work/tiny"
printf 'hello\n' >"$work/tiny/hello"
tar -c --sort=name -C "$work/tiny" . >"$work/tiny.tar"
create_tiny() {
  printf / | "$bin/nydus-image" create --log-level warn --blob "$work/tiny.blob" --whiteout-spec none --fs-version 6 \
    --type tar-rafs --blob-inline-meta --features blob-toc "$work/tiny.tar"
}
race $runs create_tiny bare_java
row "nydus-image create of a tiny layer" "$(milliseconds "$ours")" "$(milliseconds "$base")" ms "$(ratio "$ours" "$base")" "≤ 300 ms"

# daemon NAME GOAL PROBE COMMAND…: how long until PROBE (a function) succeeds; then once more, to measure its memory.
daemons=()
daemon() {
  local name=$1 goal=$2 probe=$3 start pid i
  shift 3
  : >"$work/starts"
  for ((i = 0; i < (quick ? 2 : 6); i++)); do
    start=$(now)
    "$@" >"$work/$name.log" 2>&1 </dev/null &
    pid=$!
    until $probe; do
      kill -0 $pid 2>/dev/null || { tail -n 5 "$work/$name.log" >&2; die "$name ended at its start."; }
      sleep 0.005
    done
    printf '%s\n' "$(awk "BEGIN {print ($(now) - $start) / 1e6}")" >>"$work/starts"
    [ $i = $((quick ? 1 : 5)) ] && break
    kill -TERM $pid
    wait $pid || true
  done
  daemons+=("$pid $name")
  row "$name until it answers" "$(milliseconds "$(median <"$work/starts")")" - ms - "$goal"
}

listens() { (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; }
cat >"$work/scheduler.yaml" <<C
server: {listenIP: 127.0.0.1, port: 8002, logDir: $work/log}
C
port=8002
daemon scheduler "≤ 2000 ms" listens "$bin/scheduler" --config "$work/scheduler.yaml" --dynconfig "$work/none.yaml"

cat >"$work/dfdaemon.yaml" <<C
host: {ip: 127.0.0.1, hostname: bench}
server: {pluginDir: $work/plugins, cacheDir: $work/dfcache}
storage: {dir: $work/dfdata, keep: true}
download: {server: {socketPath: $work/dfdaemon.sock}}
proxy:
  server: {port: 4001}
  registryMirror: {addr: "http://127.0.0.1:5000", enableTaskIDBasedBlobDigest: true}
  rules: [{regex: 'blobs/sha256.*'}]
C
printf 'scheduler: {addrs: ["127.0.0.1:8002"]}\n' >"$work/dynconfig.yaml"
port=4001
daemon dfdaemon "≤ 2000 ms" listens "$bin/dfdaemon" --config "$work/dfdaemon.yaml" --dynconfig "$work/dynconfig.yaml" \
  --log-dir "$work/log/dfdaemon"

printf '{"device":{"backend":{"type":"registry","config":{}},"cache":{"type":"blobcache"}},"mode":"direct"}' >"$work/template.json"
socket_is_there() { [ -S "$work/n.sock" ]; }
daemon containerd-nydus-grpc "≤ 1000 ms" socket_is_there "$bin/containerd-nydus-grpc" --nydusd-config "$work/template.json" \
  --root "$work/snapshotter" --address "$work/n.sock" --nydusd "$bin/nydusd" --nydus-image "$bin/nydus-image"

rm -f "$work/api.sock"
api_answers() { [ -S "$work/api.sock" ] && curl -s -o "$work/out" --max-time 5 --unix-socket "$work/api.sock" http://localhost/api/v1/daemon; }
mkdir -p "$work/shared"
daemon nydusd "≤ 300 ms" api_answers "$bin/nydusd" fuse --mountpoint "$work/shared" --apisock "$work/api.sock" --log-level warn

# Side by side, as on a node: they share the runtime and the ahead-of-time cache.
sleep 3
for each in "${daemons[@]}"; do
  row "${each#* } at rest beside the others, memory (PSS)" "$(pss_of "${each%% *}")" - MiB - "≤ 60"
done
for each in "${daemons[@]}"; do
  kill -TERM "${each%% *}"
  wait "${each%% *}" || true
done
