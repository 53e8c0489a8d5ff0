#!/usr/bin/env bash
# tools/debootstrap_check.sh [--keep] [--folder DIR] [COMMAND...]: shows that a bare Debian 12 suffices. Makes a minimal
# tree with debootstrap, clones this repository into it, and runs each COMMAND there (default: "./run --once" "./test").
# Needs root, debootstrap, and the Debian mirror that this machine's own apt is configured for. The tree is removed
# unless --keep; with --folder an existing tree is used again.
set -euo pipefail
repository=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

keep=no folder='' commands=()
while [ $# -gt 0 ]; do
  case $1 in
    --keep) keep=yes ;;
    --folder) folder=${2:?--folder needs a directory}; keep=yes; shift ;;
    *) commands+=("$1") ;;
  esac
  shift
done
[ ${#commands[@]} -gt 0 ] || commands=("./run --once" "./test")

say() { printf 'bare Debian 12: %s\n' "$*"; }
fail() { printf 'bare Debian 12: FAILED: %s\n' "$*" >&2; exit 1; }

[ "$(id -u)" -eq 0 ] || fail "needs root, for chroot and mount"
command -v debootstrap > /dev/null || fail "debootstrap is not installed: apt-get install debootstrap"

# The mirror that apt here uses for the suite, read at run time.
mirror_of() {
  apt-get indextargets --format '$(REPO_URI) $(RELEASE) $(COMPONENT)' 2> /dev/null |
    awk -v suite="$1" '$2 == suite && $3 == "main" { print $1; exit }'
}
mirror=$(mirror_of bookworm)
security=$(mirror_of bookworm-security)
[ -n "$mirror" ] || fail "apt on this machine knows no mirror for bookworm"

folder=${folder:-$(mktemp -d "${TMPDIR:-/tmp}/rampart-bare.XXXXXX")}
clean_up() {
  local status=$? mounted
  for mounted in proc dev/pts dev; do
    ! mountpoint -q "$folder/$mounted" || umount "$folder/$mounted" || true
  done
  if [ "$keep" = no ] && ! mountpoint -q "$folder/proc" && ! mountpoint -q "$folder/dev"; then
    rm -rf --one-file-system "$folder"
  fi
  exit "$status"
}
trap clean_up EXIT

if [ ! -x "$folder/usr/bin/apt-get" ]; then
  say "debootstrap into $folder"
  debootstrap --variant=minbase bookworm "$folder" "$mirror" > "$folder.log" 2>&1 ||
    fail "debootstrap: $(tail -n 1 "$folder.log")"
  rm -f "$folder.log"
  {
    printf 'deb %s bookworm main\n' "$mirror"
    [ -z "$security" ] || printf 'deb %s bookworm-security main\n' "$security"
  } > "$folder/etc/apt/sources.list"
fi
# How this machine reaches the network goes with it: resolver and apt's proxy, if there is one.
cp /etc/resolv.conf "$folder/etc/resolv.conf"
apt-config dump | grep -E '^Acquire::(http|https)::Proxy ' > "$folder/etc/apt/apt.conf.d/90proxy" || true
mount -t proc proc "$folder/proc"
mount --bind /dev "$folder/dev"

# A fresh clone of what is committed, alone in its folder: no neighbour such as ../shared.
rm -rf "$folder/root/rampart"
git -c safe.directory='*' clone -q --no-hardlinks "$repository" "$folder/root/rampart" || fail "git clone"

failed=0
for command in "${commands[@]}"; do
  began=$SECONDS
  say "$command"
  # Nothing of this machine's environment but what reaches the network; no language set, no input.
  if env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root CI=true \
    ${http_proxy:+http_proxy="$http_proxy"} ${https_proxy:+https_proxy="$https_proxy"} \
    chroot "$folder" /bin/sh -c "cd /root/rampart && $command" < /dev/null; then
    say "OK: $command, $((SECONDS - began)) s"
  else
    say "FAILED: $command, $((SECONDS - began)) s"
    failed=1
  fi
done
[ "$failed" -eq 0 ] || fail "see above"
say "OK: ${commands[*]}"
