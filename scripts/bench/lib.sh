# Sourced by ./bench: timing, and the table. Needs $work, $rows, $quick, $section.

now() { local t=$EPOCHREALTIME; printf %s "${t/[.,]/}"; }

# seconds CMD…: wall and CPU seconds of one run, its output discarded. A command that fails ends the benchmark with a message.
seconds() {
  local TIMEFORMAT='%R %U %S' code=0
  { time "$@" >"$work/out" 2>&1 </dev/null; } 2>"$work/time" || code=$?
  [ "$code" = 0 ] || { tail -n 5 "$work/out" >&2; die "failed: $*"; }
  tail -n 1 "$work/time" | awk '{printf "%.3f %.3f", $1, $2 + $3}'
}

median() { sort -n | awk '{v[NR] = $1} END {print NR % 2 ? v[(NR + 1) / 2] : (v[NR / 2] + v[NR / 2 + 1]) / 2}'; }

# race ROUNDS OURS BASELINE [BEFORE]: medians of two commands (functions) run in turn, each after BEFORE; sets ours and base
# (wall) and cpu (ratio of CPU seconds, which a busy machine distorts less).
race() {
  local rounds=$1 a=$2 b=$3 before=${4:-:} i
  [ "$quick" = 0 ] || rounds=2
  : >"$work/ours"
  : >"$work/base"
  for ((i = 0; i < rounds; i++)); do
    $before
    seconds $a >>"$work/ours"; echo >>"$work/ours"
    $before
    seconds $b >>"$work/base"; echo >>"$work/base"
  done
  ours=$(cut -d' ' -f1 "$work/ours" | median) base=$(cut -d' ' -f1 "$work/base" | median)
  cpu=$(ratio "$(cut -d' ' -f2 "$work/ours" | median)" "$(cut -d' ' -f2 "$work/base" | median)")
}

# row WHAT OURS BASELINE UNIT RATIO GOAL [CPU-RATIO]: "-" where there is nothing to say.
row() {
  [ $# = 7 ] || set -- "$@" -
  printf '%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n' "$section" "$@" >>"$rows"
  say "   $1: $2 $4$([ "$3" = - ] || printf ' against %s %s' "$3" "$4")$([ "$5" = - ] || printf ', ratio %s' "$5")"
}

ratio() { awk "BEGIN {if ($2 > 0) printf \"%.2f\", $1 / $2; else printf \"-\"}"; }

# timed WHAT GOAL: a row of the last race: time of ours through time of the baseline.
timed() { row "$1" "$ours" "$base" s "$(ratio "$ours" "$base")" "$2" "$cpu"; }

await() {
  local what=$1 tries
  shift
  for ((tries = 0; tries < 600; tries++)); do
    "$@" >/dev/null 2>&1 && return 0
    sleep 0.1
  done
  die "$what did not happen within a minute."
}

# In MiB; without mapped pages of files in memory: the cache directory is in memory in these runs.
pss_of() { awk '/^Pss:/ {sum += $2} /^Pss_Shmem:/ {sum -= $2} END {printf "%.0f", sum / 1024}' "/proc/$1/smaps_rollup"; }

drop_caches() { sync; echo 3 >/proc/sys/vm/drop_caches; }

print_table() {
  say
  if [ "$markdown" = 1 ]; then
    say "| section | what | ours | baseline | unit | ratio | ratio of CPU | goal |"
    say "| --- | --- | --- | --- | --- | --- | --- | --- |"
    awk -F'\t' '{printf "| %s | %s | %s | %s | %s | %s | %s | %s |\n", $1, $2, $3, $4, $5, $6, $8, $7}' "$rows"
  else
    awk -F'\t' 'BEGIN {printf "%-8s %-76s %8s %8s %-5s %6s %6s  %s\n", "section", "what", "ours", "baseline", "unit", "ratio", "CPU", "goal"}
      {printf "%-8s %-76s %8s %8s %-5s %6s %6s  %s\n", $1, $2, $3, $4, $5, $6, $8, $7}' "$rows"
  fi
  say
  say "$(date -u +%F), $(nproc) cores, Linux $(uname -r), load $(cut -d' ' -f1 /proc/loadavg)"
}

rows_as_json() {
  awk -F'\t' 'BEGIN {print "["}
    function q(s) {gsub(/["\\]/, "\\\\&", s); return "\"" s "\""}
    {printf "%s {\"section\":%s,\"what\":%s,\"ours\":%s,\"baseline\":%s,\"unit\":%s,\"ratio\":%s,\"cpuRatio\":%s,\"goal\":%s}", (NR > 1 ? ",\n" : ""), q($1), q($2), q($3), q($4), q($5), q($6), q($8), q($7)}
    END {print "\n]"}' "$rows"
}

# make_trees: $work/small (many small files) and $work/large (few large ones) with their tars, once; real files of this machine.
make_trees() {
  [ ! -d "$work/trees" ] || return 0
  local files=20000 bytes=402653184
  [ "$quick" = 0 ] || { files=2000 bytes=67108864; }
  say "   gathering files of this machine"
  mkdir -p "$work/trees/small" "$work/trees/large"
  (
    # head ends its writers early, and files may vanish while they are read: neither is a failure.
    set +e +o pipefail
    for place in /usr/share /usr/lib /usr/include /usr/bin; do
      find "$place" -xdev -type f -size -65k -size +0 -print 2>/dev/null | LC_ALL=C sort | head -n $((files / 2))
    done | head -n "$files" | tar -c --files-from=- --ignore-failed-read 2>/dev/null | tar -x -C "$work/trees/small" 2>/dev/null
    find /usr/lib /usr/bin "$ROOT/dist" -xdev -type f -size +1M -printf '%s\t%p\n' 2>/dev/null | LC_ALL=C sort -k2 |
      awk -F'\t' -v most="$bytes" 'sum + $1 <= most {sum += $1; print $2}' |
      tar -c --files-from=- --ignore-failed-read 2>/dev/null | tar -x -C "$work/trees/large" 2>/dev/null
  )
  local tree
  for tree in small large; do
    tar -c --sort=name --numeric-owner -C "$work/trees/$tree" . >"$work/$tree.tar"
    say "   $tree: $(find "$work/trees/$tree" -type f | wc -l) files, $(($(stat -c %s "$work/$tree.tar") >> 20)) MiB"
  done
}

# make_layers: $work/layer/small.tar and large.tar of 1 GiB each, of files of this machine: small ones up to 64 KiB, filled up
# with slices of large ones of 3 to 45 KiB, since few machines have that many; and large ones over 1 MiB.
make_layers() {
  [ ! -d "$work/layer" ] || return 0
  local bytes=$((1 << 30)) free
  free=$(($(awk '/^MemAvailable/ {print $2}' /proc/meminfo) * 1024 / 10))
  [ "$bytes" -le "$free" ] || bytes=$free
  [ "$quick" = 0 ] || bytes=$((64 << 20))
  say "   gathering layers of $((bytes >> 20)) MiB from files of this machine"
  mkdir -p "$work/layer" "$work/slices"
  (
    set +e +o pipefail
    most() { LC_ALL=C sort -k2 | awk -F'\t' -v most="$1" 'sum + $1 <= most {sum += $1; print $2}'; }
    find /usr /opt -xdev -type f -size +1M -size -200M -printf '%s\t%p\n' 2>/dev/null >"$work/large.list"
    most "$bytes" <"$work/large.list" | tar -c --files-from=- --ignore-failed-read >"$work/layer/large.tar" 2>/dev/null
    find /usr /opt -xdev -type f -size -65k -size +0 -printf '%s\t%p\n' 2>/dev/null |
      most "$bytes" | tar -c --files-from=- --ignore-failed-read >"$work/layer/small.tar" 2>/dev/null
    sizes=(3k 7k 12k 20k 45k) n=0
    LC_ALL=C sort -k2 "$work/large.list" | cut -f2 | while read -r file; do
      [ "$(stat -c %s "$work/layer/small.tar")" -lt "$bytes" ] || break
      mkdir "$work/slices/$n"
      split -a 5 -b "${sizes[n++ % 5]}" "$file" "$work/slices/$((n - 1))/"
      tar -r -f "$work/layer/small.tar" -C "$work" "slices/$((n - 1))"
      rm -rf "$work/slices/$((n - 1))"
    done
  )
  rm -rf "$work/slices" "$work/large.list"
  local layer
  for layer in small large; do
    say "   $layer: $(tar -t -f "$work/layer/$layer.tar" | wc -l) entries, $(($(stat -c %s "$work/layer/$layer.tar") >> 20)) MiB"
  done
}

# peak NAME CMD…: the peak memory (MiB) of the process NAME while CMD runs, in $high.
peak() {
  local name=$1 most=0 pid kib job
  shift
  "$@" >"$work/out" 2>&1 </dev/null &
  job=$!
  while kill -0 $job 2>/dev/null; do
    for pid in $(pgrep -x "$name" || true); do
      kib=$(awk '/^VmHWM/ {print $2}' "/proc/$pid/status" 2>/dev/null || true)
      [ "${kib:-0}" -le "$most" ] || most=$kib
    done
    sleep 0.02
  done
  wait $job || { tail -n 5 "$work/out" >&2; die "failed: $*"; }
  high=$((most / 1024))
}
