# Sourced by the commands at the root: finds or installs what they need, and says so.
# Everything comes from the distribution's packages and Maven Central.

say() { printf '%s\n' "$*"; }
die() { printf '%s: %s\n' "$(basename -- "$0")" "$*" >&2; exit 1; }

# need_machine: one clear sentence where the machine is not one we can set up.
need_machine() {
  [ "$(uname -s)" = Linux ] || die "needs Linux; this is $(uname -s)."
  [ "$(id -u)" = 0 ] || die "needs root (mounts, network namespaces, packages): run it again as 'sudo $0 $*'."
}

# missing_packages PROGRAM=PACKAGE…: the packages of the programs that are not on this machine, a line each.
# By program, not by package: Docker's containerd.io serves as well as Debian's containerd.
missing_packages() {
  local pair
  for pair in "$@"; do
    PATH="$PATH:/usr/local/sbin:/usr/sbin:/sbin" command -v -- "${pair%%=*}" >/dev/null || printf '%s\n' "${pair#*=}"
  done | sort -u
}

# apt_update: asks the package sources, once.
apt_updated=
apt_update() {
  [ -z "$apt_updated" ] || return 0
  local log
  log=$(mktemp)
  if ! DEBIAN_FRONTEND=noninteractive apt-get update >"$log" 2>&1 </dev/null; then
    tail -n 5 "$log" >&2
    die "'apt-get update' failed (whole log: $log). Check the package sources, then run it again."
  fi
  rm -f "$log"
  apt_updated=1
}

# apt_has PACKAGE: whether the distribution has it.
apt_has() {
  case "$(LC_ALL=C apt-cache policy -- "$1" 2>/dev/null | sed -n 's/^  Candidate: //p')" in
    '' | '(none)') return 1 ;;
  esac
}

# install PACKAGE…: installs them, named first.
install() {
  local log
  say "Installing from the distribution: $*"
  log=$(mktemp)
  if ! DEBIAN_FRONTEND=noninteractive apt-get install -y --no-remove --no-install-recommends "$@" >"$log" 2>&1 </dev/null; then
    tail -n 5 "$log" >&2
    die "could not install $* (whole log: $log). Check the package sources, then run it again."
  fi
  rm -f "$log"
}

# need_programs PROGRAM=PACKAGE…: installs what is missing; one sentence where that cannot be done.
need_programs() {
  local missing
  mapfile -t missing < <(missing_packages "$@")
  [ "${#missing[@]}" != 0 ] || return 0
  command -v apt-get >/dev/null || die "needs these packages, named as in Debian, and there is no apt-get to install them: ${missing[*]}. Install them by hand, then run it again."
  [ "$(id -u)" = 0 ] || die "needs these packages: ${missing[*]}. Run 'apt-get install ${missing[*]}' as root, then run it again."
  apt_update
  install "${missing[@]}"
}

# want_programs PROGRAM=PACKAGE…: the same, but what the distribution lacks is only named.
want_programs() {
  local package missing=() found=() lacking=()
  mapfile -t missing < <(missing_packages "$@")
  [ "${#missing[@]}" != 0 ] || return 0
  if command -v apt-get >/dev/null && [ "$(id -u)" = 0 ]; then
    apt_update
    for package in "${missing[@]}"; do
      if apt_has "$package"; then found+=("$package"); else lacking+=("$package"); fi
    done
    [ "${#found[@]}" = 0 ] || install "${found[@]}"
  else
    lacking=("${missing[@]}")
  fi
  [ "${#lacking[@]}" = 0 ] || say "NOTE: this machine's distribution lacks ${lacking[*]}: tests that need them are skipped."
}

# is_jdk DIRECTORY: whether it is a JDK 25 that runs here; one built for a newer libc does not.
is_jdk() {
  [ -n "$1" ] && [ -x "$1/bin/javac" ] && grep -q '^JAVA_VERSION="25' "$1/release" 2>/dev/null &&
    "$1/bin/java" -version >/dev/null 2>&1
}

# find_jdk: sets JAVA_HOME to a JDK 25 of this machine.
find_jdk() {
  local dir
  for dir in "${JAVA_HOME:-}" /usr/lib/jvm/*25* /opt/*25*; do
    if is_jdk "$dir"; then
      export JAVA_HOME=$dir
      return 0
    fi
  done
  return 1
}

# need_jdk: sets JAVA_HOME to a JDK 25, installed if there is none.
need_jdk() {
  local sentence="needs a JDK 25 (java, javac, jlink): install one, of any vendor, and set JAVA_HOME to it, then run it again."
  find_jdk && return 0
  command -v apt-get >/dev/null && [ "$(id -u)" = 0 ] || die "$sentence"
  apt_update
  apt_has openjdk-25-jdk-headless || die "$sentence This distribution's packages have none."
  install openjdk-25-jdk-headless
  find_jdk || die "$sentence openjdk-25-jdk-headless is installed, and there is none under /usr/lib/jvm."
}

# need_build_tools: what compiling and packing needs.
need_build_tools() {
  need_jdk
  need_programs mvn=maven objcopy=binutils
  export MAVEN_OPTS="${MAVEN_OPTS:--XX:+UseSerialGC -XX:TieredStopAtLevel=1 -Xshare:auto}"
}

# need_lab_tools: the real parts that the demo and the tests start.
need_lab_tools() {
  need_programs containerd=containerd ctr=containerd runc=runc docker-registry=docker-registry skopeo=skopeo umoci=umoci \
    mmdebstrap=mmdebstrap mount=mount nsenter=util-linux ip=iproute2 tc=iproute2 setfattr=attr curl=curl
}

# want_test_tools: what some tests need. The first is the original snapshotter: ours may stand under its name in PATH.
want_test_tools() {
  need_programs openssl=openssl htpasswd=apache2-utils mkfs.ext4=e2fsprogs ps=procps modprobe=kmod zstd=zstd
  want_programs /usr/bin/containerd-nydus-grpc=nydus-snapshotter ctr-remote=stargz-snapshotter fsck.erofs=erofs-utils
}

# run_maven ARGS…: Maven from the project's root, without a terminal.
run_maven() {
  (cd "$ROOT" && mvn -ntp -B -Dstyle.color=never "$@" </dev/null)
}

ROOT=$(cd "$(dirname -- "${BASH_SOURCE[0]}")/.." && pwd)
