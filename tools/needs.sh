#!/usr/bin/env bash
# Makes sure of what the tests need beside Go: a C compiler (for the race detector), Java 17 and Maven (for the Cassandra
# that they run against), curl and jq (for docs/api.md, whose commands are run), and Python 3.11 to 3.13 (for
# schemathesis, which is installed into .bin/venv, pinned by hashes). On Debian, as root, it installs what is missing;
# elsewhere it says what is.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

missing=()
command -v "${CC:-gcc}" >/dev/null || missing+=(gcc libc6-dev)
deploy/cassandra/node.sh java >/dev/null 2>&1 || missing+=(openjdk-17-jre-headless)
command -v mvn >/dev/null || missing+=(maven)
for each in curl jq; do
	command -v "$each" >/dev/null || missing+=("$each")
done
python3 -c 'import ensurepip, venv' 2>/dev/null || missing+=(python3 python3-venv)

if [ ${#missing[@]} -gt 0 ]; then
	if ! command -v apt-get >/dev/null || [ "$(id -u)" != 0 ]; then
		echo "needs: please install ${missing[*]} (Debian: sudo apt-get install ${missing[*]})" >&2
		exit 1
	fi
	echo "needs: installing ${missing[*]}"
	export DEBIAN_FRONTEND=noninteractive
	apt-get update -qq
	apt-get install -qq -y --no-install-recommends "${missing[@]}" >/dev/null
fi

# The copy of the list beside the programs is written last: an installation that was cut short begins again.
pins=tools/schemathesis.txt
cmp -s "$pins" .bin/venv/pins.txt && exit 0
python3 -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' || {
	echo "needs: python3 is $(python3 -V); schemathesis is pinned for Python 3.11 to 3.13" >&2
	exit 1
}
echo 'needs: installing schemathesis into .bin/venv'
rm -rf .bin/venv
python3 -m venv .bin/venv
.bin/venv/bin/pip install --quiet --disable-pip-version-check --require-hashes --only-binary :all: --no-deps -r "$pins"
cp "$pins" .bin/venv/pins.txt
