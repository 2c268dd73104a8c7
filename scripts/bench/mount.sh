# Sourced by ./bench: the same tree on a mount of nydusd, everything in its cache, and on ext4 in memory.
make_trees

tree=$work/trees/both
mkdir "$tree"
cp -a "$work/trees/small" "$tree/small"
# One large file of what the large ones hold.
head -c $((quick ? 67108864 : 268435456)) <(find "$work/trees/large" -type f -exec cat {} + 2>/dev/null) >"$tree/large" || true
tar -c --sort=name --numeric-owner -C "$tree" . >"$work/both.tar"

mkdir -p "$work/blobs" "$work/cache" "$work/nydus" "$work/ext4"
printf / | "$bin/nydus-image" create --log-level warn --whiteout-spec none --fs-version 6 --type tar-rafs \
  --bootstrap "$work/bootstrap" --blob-dir "$work/blobs" --compressor zstd "$work/both.tar" >"$work/out" 2>&1 ||
  { tail -n 5 "$work/out" >&2; die "could not build the image."; }
rm "$work/both.tar"

truncate -s $(($(du -sm "$tree" | cut -f1) * 2 + 64))M "$work/ext4.img"
mkfs.ext4 -q -F -d "$tree" "$work/ext4.img" >"$work/out" 2>&1 || die "mkfs.ext4 failed: $(tail -n 1 "$work/out")"
mount -o loop,ro "$work/ext4.img" "$work/ext4" || die "no loop device for the ext4 baseline."

cat >"$work/nydusd.json" <<C
{"device":{"backend":{"type":"localfs","config":{"dir":"$work/blobs"}},
"cache":{"type":"blobcache","config":{"work_dir":"$work/cache"}}},
"mode":"direct","digest_validate":false,"enable_xattr":true,"fs_prefetch":{"enable":false}}
C
"$bin/nydusd" fuse --config "$work/nydusd.json" --bootstrap "$work/bootstrap" --mountpoint "$work/nydus" \
  --apisock "$work/nydusd.sock" --log-level warn >"$work/nydusd.log" 2>&1 </dev/null &
nydusd=$!
await "nydusd's mount" test -f "$work/nydus/large"
cmp "$tree/large" "$work/nydus/large" || die "the mount is not the tree."
diff -r --no-dereference "$tree/small" "$work/nydus/small" >"$work/out" 2>&1 || { head -n 5 "$work/out" >&2; die "the mount is not the tree."; }
rm -rf "$tree"

read_large() { dd if="$1/large" of=/dev/null bs=128k status=none; }
read_small() { find "$1/small" -type f -print0 | xargs -0 -n 1000 cat >/dev/null; }
stat_all() { find "$1" -printf '%s\n' >/dev/null; }
pair() { eval "ours_() { $1 $work/nydus; }; base_() { $1 $work/ext4; }"; }

rounds=5
pair read_large
race $rounds ours_ base_ drop_caches
timed "large file in reads of 128 KiB, kernel's cache empty" "≤ 2"
read_large "$work/nydus"; read_large "$work/ext4"
race $rounds ours_ base_
timed "large file in reads of 128 KiB, from the kernel's cache" "≤ 1.2"
pair read_small
race $rounds ours_ base_ drop_caches
timed "small files, kernel's cache empty" "≤ 3"
read_small "$work/nydus"; read_small "$work/ext4"
race $rounds ours_ base_
timed "small files, from the kernel's cache" "≤ 2"
pair stat_all
race $rounds ours_ base_ drop_caches
timed "names and sizes of all files, kernel's cache empty" "≤ 3"
stat_all "$work/nydus"; stat_all "$work/ext4"
race $rounds ours_ base_
timed "names and sizes of all files, from the kernel's cache" "≤ 1.5"
row "nydusd after these reads, memory (PSS)" "$(pss_of $nydusd)" - MiB - "≤ 120"

kill -TERM $nydusd
wait $nydusd || true
umount "$work/ext4"
rm -rf "$work/cache" "$work/blobs" "$work/ext4.img"
