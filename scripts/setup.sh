# Sourced by the commands at the root: finds or installs what they need, and says so.
# Nothing comes from anywhere but the distribution's packages and Maven Central.

say() { printf '%s\n' "$*"; }
die() { printf '%s: %s\n' "$(basename -- "$0")" "$*" >&2; exit 1; }

# need_machine: one clear sentence where the machine is not one we can set up.
need_machine() {
  [ "$(uname -s)" = Linux ] || die "needs Linux; this is $(uname -s)."
  [ "$(id -u)" = 0 ] || die "needs root (mounts, network namespaces, packages): run it again as 'sudo $0 $*'."
}

# need_packages NAME…: installs the packages that are missing, named aloud first.
need_packages() {
  local name missing=()
  for name in "$@"; do
    case "$(dpkg-query -W -f='${Status}' "$name" 2>/dev/null)" in
      *' installed') ;;
      *) missing+=("$name") ;;
    esac
  done
  [ "${#missing[@]}" = 0 ] && return 0
  command -v apt-get >/dev/null || die "needs these packages and there is no apt-get to install them: ${missing[*]}. Install them by hand, then run it again."
  [ "$(id -u)" = 0 ] || die "needs these packages: ${missing[*]}. Run 'apt-get install ${missing[*]}' as root, then run it again."
  say "Installing from the distribution: ${missing[*]}"
  local log
  log=$(mktemp)
  if ! { DEBIAN_FRONTEND=noninteractive apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "${missing[@]}"; } >"$log" 2>&1 </dev/null; then
    tail -n 5 "$log" >&2
    die "could not install ${missing[*]} (whole log: $log). Check the package sources, then run it again."
  fi
  rm -f "$log"
}

# need_jdk: sets JAVA_HOME to a JDK 25, installed if there is none.
need_jdk() {
  local dir
  for dir in "${JAVA_HOME:-}" /usr/lib/jvm/*-25-* /usr/lib/jvm/*25*; do
    if [ -n "$dir" ] && [ -x "$dir/bin/javac" ] && grep -q '^JAVA_VERSION="25' "$dir/release" 2>/dev/null; then
      export JAVA_HOME=$dir
      return 0
    fi
  done
  need_packages openjdk-25-jdk-headless
  dir=$(ls -d /usr/lib/jvm/*-25-* 2>/dev/null | head -n 1)
  [ -n "$dir" ] && [ -x "$dir/bin/javac" ] || die "no JDK 25 under /usr/lib/jvm: install openjdk-25-jdk-headless, or set JAVA_HOME to a JDK 25."
  export JAVA_HOME=$dir
}

# need_build_tools: what compiling and packing needs.
need_build_tools() {
  need_packages maven binutils
  need_jdk
  export MAVEN_OPTS="${MAVEN_OPTS:--XX:+UseSerialGC -XX:TieredStopAtLevel=1 -Xshare:auto}"
}

# need_lab_tools: the real parts that the tests and the demo start.
need_lab_tools() {
  need_packages mount containerd runc docker-registry nydus-snapshotter stargz-snapshotter skopeo umoci mmdebstrap \
    erofs-utils e2fsprogs iproute2 attr curl openssl apache2-utils procps util-linux zstd kmod
}

# run_maven ARGS…: Maven from the project's root, without a terminal.
run_maven() {
  (cd "$ROOT" && mvn -ntp -B -Dstyle.color=never "$@" </dev/null)
}

ROOT=$(cd "$(dirname -- "${BASH_SOURCE[0]}")/.." && pwd)
