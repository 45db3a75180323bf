# Prepares the namespaces of a containerd; "$1" is where the id of this process is written to, as
# it is seen from outside: /proc is still that of the parent here.
read -r outside _ </proc/self/stat
echo "$outside" >"$1"
shift
# The shims put their sockets below /run/containerd, wherever containerd's own folders are. What
# /etc/resolv.conf points to is often in /run as well.
resolver=$(readlink -f /etc/resolv.conf)
addresses=$(cat "$resolver" 2>/dev/null)
mount -t tmpfs tmpfs /run || exit
mount -t proc proc /proc || exit
[ -e "$resolver" ] || { mkdir -p "${resolver%/*}" && echo "$addresses" >"$resolver"; } || exit
