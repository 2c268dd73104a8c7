# What README's commands need of systemd: reads the unit, starts its program with its environment.
set -euo pipefail
declare -A main_pid

unit_file() {
  local dir
  for dir in /etc/systemd/system /usr/lib/systemd/system /lib/systemd/system; do
    if [ -f "$dir/$1.service" ]; then echo "$dir/$1.service"; return; fi
  done
  echo "Unit $1.service not found." >&2
  return 1
}

start() {
  local unit command variables
  unit=$(unit_file "$1")
  command=$(sed -n 's/^ExecStart=//p' "$unit")
  mapfile -t variables < <(sed -n 's/^Environment=//p' "$unit")
  # shellcheck disable=SC2086 # the command is words
  env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin "${variables[@]}" $command >>"/var/log/$1.out" 2>&1 </dev/null &
  main_pid[$1]=$!
  if grep -q '^Type=notify' "$unit"; then
    for _ in $(seq 600); do ! ctr version >/dev/null 2>&1 || return 0; sleep 0.1; done
    echo "$1 does not become ready" >&2
    return 1
  fi
}

systemctl() {
  case "$1 ${2:-}" in
    'daemon-reload ') ;;
    'enable --now') start "$3" ;;
    restart*)
      if [ -n "${main_pid[$2]:-}" ]; then kill "${main_pid[$2]}"; wait "${main_pid[$2]}" || true; fi
      start "$2"
      ;;
    *) echo "systemctl: $*: not here" >&2; return 1 ;;
  esac
}

finish() {
  local code=$?
  if [ "$code" != 0 ]; then
    tail -n 30 /var/log/{dragonfly-scheduler,dfdaemon,nydus-snapshotter,containerd}.out /var/log/dragonfly/*/*.log \
      /var/lib/containerd-nydus/logs/*.log /var/lib/containerd-nydus/logs/*/*.log 2>&1 || true
  fi
  rmdir /sys/fs/cgroup/default /sys/fs/cgroup/*/default 2>/dev/null || true
  exit "$code"
}
trap finish EXIT
