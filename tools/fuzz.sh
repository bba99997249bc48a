#!/usr/bin/env bash
# fuzz.sh TIME PACKAGES...: runs every fuzz test of the packages for TIME each. Go runs one fuzz test at a time.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
each=$1
shift

for pkg in $(go list "$@"); do
	for target in $(go test -list '^Fuzz' "$pkg" | grep '^Fuzz' || true); do
		echo "fuzzing $pkg $target"
		go test -run '^$' -fuzz "^$target\$" -fuzztime "$each" "$pkg"
	done
done
