# Process 1 of the cluster: what follows is seen in here alone, and is gone with it. $1 is the folder of the cluster.
set -eu
trap 'exit 0' TERM
folder=$1
cd "$folder"
# Where kubelet, containerd and CNI write, whatever they are told.
for place in /run /var/run /var/lib /var/log; do
  [ -d "$place" ] && [ ! -L "$place" ] || continue
  mount -t tmpfs -o mode=755 stemcell-kubernetes "$place"
done
# The folder may be below one of them.
mkdir -p "$folder"
mount -c --bind . "$folder"
cd "$folder"
# Its own paths are short, as unix sockets need them, and what is in them is on the disk.
for place in kubelet containerd; do
  mkdir -p "root/$place" "/var/lib/$place"
  mount --bind "root/$place" "/var/lib/$place"
done
# What the kubelet wants of the kernel it finds so, and does not set it for the whole machine.
while read -r name value; do
  [ -e "/proc/sys/$name" ] || continue
  file=sysctl/$(echo "$name" | tr / .)
  mkdir -p sysctl
  echo "$value" >"$file"
  mount --bind "$file" "/proc/sys/$name"
done <<'SYSCTL'
vm/overcommit_memory 1
vm/panic_on_oom 0
kernel/panic 10
kernel/panic_on_oops 1
kernel/keys/root_maxkeys 1000000
kernel/keys/root_maxbytes 25000000
SYSCTL
ip link set lo up
echo 1 >/proc/sys/net/ipv4/ip_forward
touch sandbox-is-ready
# Waiting reaps what the cluster's own processes leave.
while :; do
  sleep 86400 &
  wait $! || :
done
