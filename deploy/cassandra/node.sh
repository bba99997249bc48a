#!/usr/bin/env bash
# One real Cassandra node on this machine, without a container, from Maven's jars.
#
#   node.sh start DIR      start a node that keeps everything in DIR; return when it answers CQL; print host:port
#   node.sh again DIR      start a node that was killed once more, on the ports that it had
#   node.sh stop DIR       stop it cleanly and wait until it has gone; no error if it is not running
#   node.sh address DIR    print host:port of the running node; also in the file DIR/address
#   node.sh with CMD...    run CMD with the address of a fresh node in FARTHING_TEST_CASSANDRA (kept if set already);
#                          the node and its data are gone afterwards, however CMD ends
#   node.sh jars           only fetch the jars
#   node.sh java           print the Java 17 that a node would run on
#
# Needs Java 17 (on the PATH, in JAVA_HOME or where Debian puts it); Maven too, until the jars are there.
# The environment may set
#   CASSANDRA_JARS             folder of the jars                     (~/.cache/farthing/cassandra)
#   CASSANDRA_COMMITLOG_SYNC   batch, group or periodic; the last loses acknowledged writes in a crash     (batch)
#   CASSANDRA_HEAP             the most heap the node may take        (768m)
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
jars=${CASSANDRA_JARS:-${XDG_CACHE_HOME:-$HOME/.cache}/farthing/cassandra}
sync=${CASSANDRA_COMMITLOG_SYNC:-batch}
heap=${CASSANDRA_HEAP:-768m}
start_seconds=120
stop_seconds=30

die() { echo "cassandra: $*" >&2; exit 1; }

# The jars arrive under another name first, so that a broken download is never taken for a whole one. They are
# marked with the pom they came from: a changed pom fetches them again.
fetch_jars() {
	cmp -s "$here/pom.xml" "$jars/pom.xml" && return
	command -v mvn >/dev/null || die "the jars are not in $jars and Maven (mvn) is not installed to fetch them"
	local fresh=$jars.$$
	mkdir -p "$fresh"
	mvn --quiet --batch-mode --file "$here/pom.xml" dependency:copy-dependencies -DoutputDirectory="$fresh" \
		>"$fresh/log" 2>&1 || { cat "$fresh/log" >&2; rm -rf "$fresh"; die "Maven could not fetch the jars"; }
	rm "$fresh/log"
	cp "$here/pom.xml" "$fresh/pom.xml"
	rm -rf "$jars"
	# A second fetch at the same moment may have been first: then its jars are as good as ours.
	mv -T "$fresh" "$jars" 2>/dev/null || rm -rf "$fresh"
}

java() {
	local candidate
	for candidate in "${JAVA_HOME:-/none}/bin/java" "$(type -P java || true)" /usr/lib/jvm/java-17-*/bin/java; do
		if [ -x "$candidate" ] && "$candidate" -version 2>&1 | grep -q 'version "17'; then
			echo "$candidate"
			return
		fi
	done
	die "Cassandra 5 needs Java 17, which is not installed (Debian: apt-get install openjdk-17-jre-headless)"
}

# A free port below the range from which the kernel gives out its own, so that no outgoing connection takes it
# between here and the node's bind.
free_port() {
	local port
	for _ in {1..100}; do
		port=$((15000 + RANDOM % 15000))
		(exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null || { echo "$port"; return; }
	done
	die "found no free port"
}

sync_detail() {
	case $sync in
	batch) ;;
	group) echo 'commitlog_sync_group_window: 1ms' ;;
	periodic) echo 'commitlog_sync_period: 10000ms' ;;
	*) die "CASSANDRA_COMMITLOG_SYNC must be batch, group or periodic, not $sync" ;;
	esac
}

write_config() { # dir cql_port storage_port
	local detail
	detail=$(sync_detail)
	sed -e "s|@DIR@|$1|g; s|@CQL_PORT@|$2|g; s|@STORAGE_PORT@|$3|g" \
		-e "s|@COMMITLOG_SYNC@|$sync|; s|@COMMITLOG_SYNC_DETAIL@|$detail|" \
		"$here/cassandra.yaml.tmpl" >"$1/cassandra.yaml"
	printf 'dc=dc1\nrack=rack1\n' >"$1/cassandra-rackdc.properties"
}

launch() { # dir java
	# A session of its own: Ctrl-C in the terminal reaches whoever started the node, who then stops it cleanly.
	setsid "$2" "@$here/jvm.options" -Xms256m -Xmx"$heap" \
		-Dcassandra.config="file://$1/cassandra.yaml" \
		-Dcassandra-rackdc.properties="file://$1/cassandra-rackdc.properties" \
		-Dcassandra.storagedir="$1" \
		-Dlogback.configurationFile="$here/logback.xml" \
		-cp "$jars/*" org.apache.cassandra.service.CassandraDaemon \
		>"$1/log" 2>&1 </dev/null &
	echo $! >"$1/pid"
}

running() { # dir
	[ -f "$1/pid" ] && kill -0 "$(cat "$1/pid")" 2>/dev/null
}

# A port that is open proves little. OPTIONS is the one question that CQL answers to a stranger: its answer is a
# frame of version 4 with opcode SUPPORTED.
answers_cql() { # port
	local answer
	answer=$( (
		exec 3<>"/dev/tcp/127.0.0.1/$1"
		printf '\x04\x00\x00\x00\x05\x00\x00\x00\x00' >&3
		timeout 2 head -c 5 <&3 | od -An -tx1
	) 2>/dev/null) || return 1
	[ "$answer" = ' 84 00 00 00 06' ]
}

wait_until_ready() { # dir port
	local deadline=$((SECONDS + start_seconds))
	until answers_cql "$2"; do
		running "$1" || { tail -n 20 "$1/log" >&2; return 1; }
		((SECONDS < deadline)) || { tail -n 20 "$1/log" >&2; die "no answer within $start_seconds s; log in $1/log"; }
		sleep 0.1
	done
}

start() { # dir
	mkdir -p "$1"
	local dir java port
	dir=$(cd "$1" && pwd)
	running "$dir" && die "a node is running in $dir already"
	java=$(java)
	fetch_jars
	# Between the look at a port and the bind somebody else may take it: another pair is worth one more try.
	for _ in 1 2; do
		rm -f "$dir/address"
		port=$(free_port)
		write_config "$dir" "$port" "$(free_port)"
		launch "$dir" "$java"
		if wait_until_ready "$dir" "$port"; then
			echo "127.0.0.1:$port" | tee "$dir/address"
			return
		fi
		grep -q 'in use' "$dir/log" || break
	done
	rm -f "$dir/pid"
	die "the node ended before it answered; log in $dir/log"
}

# again goes on with the configuration that is there: whoever knows the node's address finds it again.
again() { # dir
	local dir address
	dir=$(cd "$1" && pwd)
	running "$dir" && die "a node is running in $dir already"
	[ -f "$dir/address" ] || die "no node was started in $dir"
	address=$(cat "$dir/address")
	launch "$dir" "$(java)"
	wait_until_ready "$dir" "${address##*:}" || die "the node ended before it answered; log in $dir/log"
	echo "$address"
}

stop() { # dir
	running "$1" || return 0
	local pid deadline=$((SECONDS + stop_seconds))
	pid=$(cat "$1/pid")
	kill "$pid"
	while kill -0 "$pid" 2>/dev/null; do
		((SECONDS < deadline)) || { kill -9 "$pid"; die "the node in $1 did not stop within $stop_seconds s: killed"; }
		sleep 0.1
	done
	rm -f "$1/pid" "$1/address"
}

address() { # dir
	running "$1" || die "no node is running in $1"
	cat "$1/address"
}

# discard ends a node whose data nobody wants: there is nothing to flush.
discard() { # dir
	running "$1" && kill -9 "$(cat "$1/pid")"
	rm -rf "$1"
}

with() { # cmd...
	[ -z "${FARTHING_TEST_CASSANDRA:-}" ] || exec "$@" # Somebody's node is running already.
	local dir cmd status=0
	dir=$(mktemp -d "${TMPDIR:-/tmp}/farthing-cassandra.XXXXXX")
	# shellcheck disable=SC2064 # The folder's name is wanted now; in the trap the local variable has gone.
	trap "discard '$dir'" EXIT
	trap 'exit 130' INT
	trap 'exit 143' TERM HUP
	FARTHING_TEST_CASSANDRA=$(start "$dir") || exit 1
	export FARTHING_TEST_CASSANDRA
	echo "cassandra: listening on $FARTHING_TEST_CASSANDRA" >&2
	# In the background, because bash puts off a trap until its foreground command has ended.
	"$@" &
	cmd=$!
	wait "$cmd" || status=$?
	exit "$status"
}

verb=${1:-} && shift || true
case $verb:$# in
start:1 | again:1 | stop:1 | address:1) "$verb" "$1" ;;
with:[1-9]*) with "$@" ;;
jars:0) fetch_jars ;;
java:0) java ;;
*) sed -n '3,11s/^# *//p' "${BASH_SOURCE[0]}" >&2; exit 2 ;;
esac
