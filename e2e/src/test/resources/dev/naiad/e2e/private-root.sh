# private-root.sh WORK PROJECT SCRIPT: runs SCRIPT as root of a machine whose files are this machine's, but for what it writes: that
# goes to WORK. Started in a mount and pid namespace of its own, so that everything ends with it.
set -euo pipefail
work=$1 project=$2 script=$3
root=$work/root
mkdir -p "$work/upper" "$work/overlay" "$root"
mount -t overlay -o "lowerdir=/,upperdir=$work/upper,workdir=$work/overlay" naiad-readme "$root"
mount -t proc proc "$root/proc"
mount --rbind /sys "$root/sys"
mount --rbind /dev "$root/dev"
# As on a machine that has containerd and nothing of ours.
rm -rf "$root"/etc/{nydus,dragonfly} "$root/opt/naiad" "$root"/var/log/dragonfly "$root"/var/lib/{dragonfly,containerd,containerd-nydus}
mkdir -p "$root"/var/lib/{containerd,containerd-nydus} "$root/etc/containerd"
# overlayfs takes no overlayfs as its upper layer.
for own in run tmp var/lib/containerd var/lib/containerd-nydus; do mount -t tmpfs -o mode=0755 naiad-readme "$root/$own"; done
# After the mounts above: the project may be below /tmp.
mkdir -p "$root$project"
mount --bind -o ro "$project" "$root$project"
cat >"$root/etc/containerd/config.toml" <<'T'
version = 2

[plugins]
  [plugins."io.containerd.grpc.v1.cri"]
    [plugins."io.containerd.grpc.v1.cri".cni]
      bin_dir = "/usr/lib/cni"
      conf_dir = "/etc/cni/net.d"
T
cp "$script" "$root/run/script.sh"
exec chroot "$root" /bin/bash /run/script.sh
