# Sourced by ./bench: one file to many nodes at once, each a dfdaemon in a network namespace behind a link of its own, against
# the fluid bound: what perfect sharing of these links would take (the file once over one link).
rounds=5
[ "$quick" = 0 ] || rounds=1
size=$((256 << 20))
[ "$quick" = 0 ] || size=$((64 << 20))
# 1448 of the 1514 bytes of a full frame are content.
payload=0.956

holders=()
# hold NAME ADDRESS MBIT: a namespace on the bridge, behind a link of MBIT each way; its pid in $held.
hold() {
  local name=$1 address=$2 rate=$3
  unshare --net sleep infinity &
  held=$!
  holders+=("$held")
  is_apart() { [ "$(readlink /proc/self/ns/net)" != "$(readlink "/proc/$held/ns/net")" ]; }
  await "the network namespace of $name" is_apart
  ip link add "$name" type veth peer name link0 netns "$held"
  ip link set "$name" master hub up
  inside ip link set lo up
  inside ip address add "$address/16" dev link0
  inside ip link set link0 up
  # A burst below one GSO packet of 64 KB would lose throughput: ten milliseconds' worth.
  local burst=$((rate * 1250 > 65536 ? rate * 1250 : 65536))
  tc qdisc replace dev "$name" root tbf rate "${rate}mbit" burst "$burst" latency 50ms
  inside tc qdisc replace dev link0 root tbf rate "${rate}mbit" burst "$burst" latency 50ms
}
inside() { nsenter "--net=/proc/$held/ns/net" "$@"; }
in_node() { local pid=$1; shift; nsenter "--net=/proc/$pid/ns/net" "$@"; }

ip link add hub type bridge
ip address add 10.97.0.1/16 dev hub
ip link set hub up

# peer NAME ADDRESS SEED: a dfdaemon in the namespace $held.
peer() {
  local name=$1 address=$2 seed=$3 home=$work/swarm/$1
  mkdir -p "$home"
  cat >"$home/dfdaemon.yaml" <<C
host: {ip: $address, hostname: $name}
server: {pluginDir: $home/plugins, cacheDir: $home/dfcache}
storage: {dir: $home/data}
download: {server: {socketPath: $home/dfdaemon.sock}}
seedPeer: {enable: $seed}
proxy: {server: {port: 4001}}
C
  printf 'scheduler: {addrs: ["10.97.0.1:8002"]}\n' >"$home/dynconfig.yaml"
  inside "$bin/dfdaemon" --config "$home/dfdaemon.yaml" --dynconfig "$home/dynconfig.yaml" --log-dir "$home/log" \
    >"$home/out" 2>&1 </dev/null &
  printf '%s %s\n' "$!" "$held" >"$home/pids"
  await "the socket of $name" test -S "$home/dfdaemon.sock"
}

# swarm_of SEEDS RATE…: origin, seeds and one node per rate.
swarm_of() {
  local seeds=$1 i=0 rate
  shift
  mkdir -p "$work/swarm/origin/logs"
  cat >"$work/swarm/scheduler.yaml" <<C
server: {listenIP: 10.97.0.1, advertiseIP: 10.97.0.1, port: 8002, logDir: $work/swarm/log}
C
  "$bin/scheduler" --config "$work/swarm/scheduler.yaml" --dynconfig "$work/none.yaml" >"$work/swarm/scheduler.out" 2>&1 </dev/null &
  scheduler=$!
  hold origin 10.97.1.1 100
  cat >"$work/swarm/nginx.conf" <<C
daemon off; worker_processes 1; pid $work/swarm/origin/pid; error_log $work/swarm/origin/error.log;
events { worker_connections 512; }
http { log_format sent '\$status \$body_bytes_sent'; access_log $work/swarm/origin/access.log sent; sendfile on;
  client_body_temp_path $work/swarm/origin/t1; proxy_temp_path $work/swarm/origin/t2; fastcgi_temp_path $work/swarm/origin/t3;
  uwsgi_temp_path $work/swarm/origin/t4; scgi_temp_path $work/swarm/origin/t5;
  server { listen 10.97.1.1:80; root $work/swarm/origin/files; } }
C
  mkdir -p "$work/swarm/origin/files"
  inside nginx -c "$work/swarm/nginx.conf" >"$work/swarm/nginx.out" 2>&1 </dev/null &
  nginx=$!
  for ((i = 1; i <= seeds; i++)); do
    hold "seed$i" "10.97.2.$i" 100
    peer "seed$i" "10.97.2.$i" true
  done
  i=0
  nodes=()
  for rate in "$@"; do
    i=$((i + 1))
    hold "node$i" "10.97.3.$i" "$rate"
    peer "node$i" "10.97.3.$i" false
    nodes+=("node$i")
  done
  sleep 3 # announcements
}

end_swarm() {
  local name pid
  for name in "$work"/swarm/*/pids; do
    read -r pid _ <"$name"
    kill -TERM "$pid" 2>/dev/null || true
  done
  kill -TERM "$scheduler" "$nginx" 2>/dev/null || true
  for pid in "${holders[@]}"; do kill "$pid" 2>/dev/null || true; done
  wait "$scheduler" "$nginx" "${holders[@]}" 2>/dev/null || true
  holders=()
  sleep 1
  rm -rf "$work/swarm"
}

# download ROUND NODE: in the node, timed from the common start.
download() {
  local home=$work/swarm/$2 pid holder code=0
  read -r pid holder <"$home/pids"
  in_node "$holder" "$bin/dfget" "http://10.97.1.1/file$1" --output "$home/file$1" --endpoint "$home/dfdaemon.sock" --no-progress \
    >"$home/dfget" 2>&1 </dev/null || code=$?
  printf '%s %s\n' "$(awk "BEGIN {print ($(now) - $began) / 1e6}")" "$code" >"$home/took"
}

# swarm_round ROUND: all nodes at once; sets took (the last), middle (the median) and copies (bytes from the origin over the size).
swarm_round() {
  local round=$1 name jobs=() size=${2:-$size}
  head -c "$size" /dev/urandom >"$work/swarm/origin/files/file$round"
  : >"$work/swarm/origin/access.log"
  began=$(now)
  for name in "${nodes[@]}"; do
    download "$round" "$name" &
    jobs+=($!)
  done
  wait "${jobs[@]}"
  for name in "${nodes[@]}"; do
    read -r took code <"$work/swarm/$name/took"
    [ "$code" = 0 ] || { cat "$work/swarm/$name/dfget" >&2; die "the download on $name failed."; }
    cmp "$work/swarm/origin/files/file$round" "$work/swarm/$name/file$round" || die "$name got something else."
    printf '%s\n' "$took"
    rm "$work/swarm/$name/file$round"
  done >"$work/took"
  took=$(sort -n "$work/took" | tail -n 1) middle=$(median <"$work/took")
  copies=$(awk -v size="$size" '{sum += $2} END {printf "%.3f", sum / size}' "$work/swarm/origin/access.log")
  rm "$work/swarm/origin/files/file$round"
}

# efficiency WHAT GOAL BOUND: the worst of the rounds against the bound in seconds.
efficiency() {
  local what=$1 goal=$2 bound=$3 i worst=0 most=0 spread=0
  swarm_round 0 $((16 << 20)) # fresh daemons are slow ones
  for ((i = 1; i <= rounds; i++)); do
    swarm_round "$i"
    worst=$(printf '%s\n' "$worst" "$took" | sort -n | tail -n 1)
    most=$(printf '%s\n' "$most" "$copies" | sort -n | tail -n 1)
    spread=$(printf '%s\n' "$spread" "$(ratio "$took" "$middle")" | sort -n | tail -n 1)
    say "   $what: round $i: $took s, origin $copies copies"
  done
  row "$what, worst of $rounds: the bound's share, origin $most copies, slowest ÷ median $spread" \
    "$worst" "$bound" s "$(ratio "$bound" "$worst")" "$goal"
}
fluid() { awk "BEGIN {printf \"%.2f\", $size * 8 / ($1 * 1e6 * $payload)}"; }

swarm_of 1 100 100 100 100 100 100 100 100
efficiency "8 nodes, one seed, links of 100 Mbit/s, $((size >> 20)) MiB" "≥ 0.85" "$(fluid 100)"
end_swarm
