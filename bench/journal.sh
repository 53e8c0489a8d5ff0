#!/bin/sh
# bench/journal.sh [FOLDER]: what the journal costs, beside the disk and SHA-256 alone; the tables of docs/benchmarks.md.
# Needs the release build and 8 GB of disk under FOLDER (default: build/release/bench), which it empties afterwards.
set -eu
cd "$(dirname "$0")/.."
folder=${1:-build/release/bench}/journal
programs=build/release
tools/build.sh release journal_write journal_verify journal_day > /dev/null
mkdir -p "$folder"
trap 'rm -rf "$folder"' EXIT

echo "## Writing"
"$programs/journal_write" --folder "$folder/write" --rounds 5 --seconds 2
echo "## Opening"
"$programs/journal_write" --folder "$folder/open" --rounds 3 --open 10000000
rm -rf "$folder/write" "$folder/open"
echo "## Verifying"
"$programs/journal_verify" --dir "$folder/verify"
rm -rf "$folder/verify"
echo "## What a record costs the sensor"
"$programs/journal_day" cost
echo "## A flood"
"$programs/journal_day" flood
echo "## A day"
"$programs/journal_day" day
"$programs/journal_day" day --most-octets 4294967296
