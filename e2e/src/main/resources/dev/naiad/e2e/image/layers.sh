# Continues the script of ImageCache: the layer of our own, then all layers into one OCI layout.
A="$W/app"
mkdir -p "$A/app" "$A/odd/deep/er/and/deeper" "$A/odd/replaced" "$A/etc"
cp "$W/hello.py" "$W/tree.py" "$A/app/"
head -c 9500000 /dev/urandom > "$A/odd/random.bin"          # a blob of more than two pieces, incompressible
head -c 3000000 /dev/zero > "$A/odd/zeros.bin"
head -c 5000000 /dev/urandom | base64 -w 70 > "$A/odd/text.txt"
: > "$A/odd/empty"
printf 'one byte short of a page' > "$A/odd/short"
head -c 4096 /dev/urandom > "$A/odd/page"
head -c 1048577 /dev/urandom > "$A/odd/chunk-and-a-byte"
cp "$A/odd/page" "$A/odd/same-content"
ln "$A/odd/page" "$A/odd/hard-link"
ln "$A/odd/page" "$A/odd/deep/er/hard-link-elsewhere"
ln -s ../short "$A/odd/deep/link"
ln -s /nowhere/at/all "$A/odd/dangling"
mkfifo "$A/odd/fifo"
mknod "$A/odd/null" c 1 3
mknod "$A/odd/block" b 7 200
printf x > "$A/odd/grün-ß-日本"
printf x > "$A/odd/$(head -c 255 /dev/zero | tr '\0' n)"
printf x > "$A/odd/ with spaces and 'quotes' "
printf '#!/bin/sh\nid -u\n' > "$A/odd/setuid"
for i in $(seq 1 300); do printf '%s\n' "$i" > "$A/odd/deep/er/and/deeper/file-$i"; done
printf new > "$A/odd/replaced/new"
: > "$A/odd/replaced/.wh..wh..opq"
: > "$A/etc/.wh.issue.net"                                   # a file of the lowest layer, deleted
chown -R 0:0 "$A"
chown 1234:4321 "$A/odd/short" "$A/odd/deep/link" -h
chown 4000000000:4000000001 "$A/odd/empty"
chmod 0751 "$A/odd"; chmod 0000 "$A/odd/page"; chmod 1777 "$A/odd/deep"; chmod 4755 "$A/odd/setuid"; chmod 2711 "$A/odd/deep/er"
setfattr -n user.naiad -v "some value" "$A/odd/short"
setfattr -n user.empty "$A/odd/short"
setfattr -n user.long -v "$(head -c 1000 /dev/zero | tr '\0' v)" "$A/odd/deep"
setfattr -n security.capability -v 0sAQAAAgAgAAAAAAAAAAAAAAAAAAA= "$A/odd/setuid"
find "$A" -exec touch -h -d @1700000001 {} +
(cd "$A" && tar --create --numeric-owner --xattrs --xattrs-include='*' --sort=name --format=posix --file="$W/layer-app.tar" ./app ./etc ./odd)

# What the own layer replaces: a directory of a lower layer that it declares opaque.
B="$W/below"
mkdir -p "$B/odd/replaced"; printf old > "$B/odd/replaced/old"; chown -R 0:0 "$B"; find "$B" -exec touch -h -d @1600000000 {} +
(cd "$B" && tar --create --numeric-owner --sort=name --format=posix --file="$W/layer-below.tar" ./odd)

umoci init --layout "$W/layout"
umoci new --image "$W/layout:latest"
for layer in $(ls "$W"/layer[0-9]*.tar | sort) "$W/layer-below.tar" "$W/layer-app.tar"; do
  umoci raw add-layer --image "$W/layout:latest" "$layer" >/dev/null
done
umoci config --image "$W/layout:latest" --architecture amd64 --os linux \
  --config.env PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin --config.env LC_ALL=C.UTF-8 \
  --config.cmd /usr/bin/python3 --config.cmd /app/hello.py
umoci gc --layout "$W/layout" >/dev/null
