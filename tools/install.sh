#!/bin/sh
# tools/install.sh GROUP...: installs what the groups of packaging/debian-packages.txt name and this machine lacks.
# Asks dpkg once; calls apt only when something is missing. Group `test` also brings the npm packages of web/ and
# tests/gateway/npm/, pinned by their package-lock.json; without them some tests are skipped. Ends with one clear line
# where it cannot.
set -eu
export LC_ALL=C DEBIAN_FRONTEND=noninteractive

root=$(cd "$(dirname "$0")/.." && pwd)
list=$root/packaging/debian-packages.txt

say() { printf 'install: %s\n' "$*"; }
fail() { printf 'install: %s\n' "$*" >&2; exit 1; }

[ $# -gt 0 ] || fail "usage: tools/install.sh build|demo|test|fuzz|bench ..."

wanted=
for group in "$@"; do
  of_group=$(awk -v group="$group" '$1 == group { print $2 }' "$list")
  [ -n "$of_group" ] || fail "no group '$group' in packaging/debian-packages.txt"
  wanted="$wanted $of_group"
done
wanted=$(printf '%s\n' $wanted | sort -u)
# Who has npm from elsewhere has node with it, and Debian's npm would remove both.
if command -v npm > /dev/null; then wanted=$(printf '%s\n' $wanted | grep -vx npm); fi

# npm_folder FOLDER TESTS: what its package-lock.json names, by its hashes; no package's own scripts are run.
npm_folder() {
  lock=$root/$1/package-lock.json there=$root/$1/node_modules/.package-lock.json
  if [ -e "$there" ] && [ ! "$lock" -nt "$there" ]; then return 0; fi
  say "npm packages of $1/"
  npm ci --prefix "$root/$1" --ignore-scripts --no-audit --no-fund --fetch-retries=1 --fetch-timeout=60000 < /dev/null ||
    say "the npm packages could not be fetched: $2 will be skipped"
}
npm_packages() {
  case " $1 " in *" test "*) ;; *) return 0 ;; esac
  npm_folder web "tests of the report's page"
  npm_folder tests/gateway/npm "tests of the gateway with clients from npm"
}

command -v dpkg-query > /dev/null ||
  fail "this is not Debian: install what packaging/debian-packages.txt lists for '$*' by your own means"

# dpkg-query fails where it does not know a package at all; what it prints for the others is still right.
present=$(dpkg-query -W -f '${db:Status-Abbrev} ${Package}\n' $wanted 2> /dev/null | awk '$1 == "ii" { print $2 }') || true
missing=
for package in $wanted; do
  printf '%s\n' "$present" | grep -qxF "$package" || missing="$missing $package"
done
if [ -z "$missing" ]; then
  say "all packages are there ($*)"
  npm_packages "$*"
  exit 0
fi

by_hand="apt-get install --no-install-recommends$missing"
as_root=
if [ "$(id -u)" -ne 0 ]; then
  as_root=sudo
  command -v sudo > /dev/null || fail "missing packages and neither root nor sudo; as root run: $by_hand"
  if [ ! -t 0 ] && ! sudo -n true 2> /dev/null; then
    fail "missing packages and sudo asks for a password; run: sudo $by_hand"
  fi
fi
# sudo drops the environment: name what apt needs.
apt() { $as_root env LC_ALL=C DEBIAN_FRONTEND=noninteractive apt-get -q -o Dpkg::Use-Pty=0 -o Acquire::Retries=2 "$@" < /dev/null; }

say "installing$missing"
# One unreachable source of many is no reason to stop: the installation itself tells.
apt update || say "some package lists could not be fetched, going on with those there are"
if ! apt install -y --no-install-recommends $missing; then
  fail "could not install (is there a network and a Debian 12 mirror?); to try again as root: apt-get update && $by_hand"
fi
npm_packages "$*"
say "done"
