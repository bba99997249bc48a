#!/usr/bin/env bash
# Makes sure of what the tests need beside Go: a C compiler (for the race detector), and Java 17 and Maven (for the
# Cassandra that they run against). On Debian, as root, it installs what is missing; elsewhere it says what is.
set -euo pipefail

missing=()
command -v "${CC:-gcc}" >/dev/null || missing+=(gcc libc6-dev)
"$(dirname "${BASH_SOURCE[0]}")/../deploy/cassandra/node.sh" java >/dev/null 2>&1 || missing+=(openjdk-17-jre-headless)
command -v mvn >/dev/null || missing+=(maven)
[ ${#missing[@]} -gt 0 ] || exit 0

if ! command -v apt-get >/dev/null || [ "$(id -u)" != 0 ]; then
	echo "needs: please install ${missing[*]} (Debian: sudo apt-get install ${missing[*]})" >&2
	exit 1
fi
echo "needs: installing ${missing[*]}"
export DEBIAN_FRONTEND=noninteractive
apt-get update -qq
apt-get install -qq -y --no-install-recommends "${missing[@]}" >/dev/null
