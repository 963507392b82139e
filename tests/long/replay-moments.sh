#!/bin/sh
# A replay of MESSAGES is killed KILLS times at random moments, from its
# first to its last, while a server takes files away; after each tenth kill
# the spool is rotated.  Whenever all have been taken it begins anew.
. "$(dirname "$0")/../e2e/lib.sh"

if [ -w /dev/shm ] && fast=$(mktemp -d -p /dev/shm); then
	rmdir "$work"
	work=$fast
	cd "$work" || exit 1
fi

box=$top/tests/replay/box.pl
messages=${MESSAGES:-5000}
kills=${KILLS:-200}
perl "$box" spool old "$messages"
find "$work/old/In" -type f | sort >list
mkdir expect && perl "$box" expect ims55 expect "$messages"

now() { date +%s%N; }
replay() {
	exec spoolreplay -c case.db --to ims55:srv/Imcdata/Pickup --stall 60 \
	    --max-waiting 0 --commit - <list >out 2>errs
}
fresh() {
	rm -rf srv case.db* taken stop
	mkdir -p srv/Imcdata/In srv/Imcdata/Out srv/Imcdata/Pickup taken
	perl "$box" server ims55 srv/Imcdata/Pickup taken stop &
	server=$!
}
# All is taken: once, and as it must be.
ended() {
	touch stop && wait "$server"
	perl "$box" count taken expect >wrong
	[ ! -s wrong ] || { head wrong; cat errs; return 1; }
	runs=$((runs + 1))
}

# How long one takes, in ms.
whole() {
	fresh && began=$(now) && (replay) && ms=$((($(now) - began) / 1000000))
	ended
}
# 0: it was killed; 1: it ended before
kill_once() {
	(replay) &
	pid=$!
	sleep "$(perl -e 'printf "%.3f", rand() * $ARGV[0] / 1000' "$ms")"
	kill -9 "$pid" 2>/dev/null
	wait "$pid" 2>/dev/null
	[ $? -eq 137 ]
}
rotate() {
	if spoolarchive -c case.db --rotate --commit -f ims55 srv/Imcdata \
	    >rotated 2>&1; then
		rotations=$((rotations + 1))
	else			# it has to wait until a replay has settled
		has 'a replay into it was stopped' rotated || { cat rotated; return 1; }
	fi
}
all() {
	runs=0 rotations=0 k=0 ms=0
	whole && fresh || return 1
	while [ "$k" -lt "$kills" ]; do
		if kill_once; then
			k=$((k + 1))
			[ $((k % 10)) -ne 0 ] || rotate || return 1
		else
			(replay)
			ended && fresh || return 1
		fi
	done
	(replay)
	ended && echo "# $k kills within $ms ms, $rotations rotations, $runs" \
	    "times $messages messages, each taken once" >figures
}
t "$kills kills at random moments: each of $messages messages is taken once" all
cat figures 2>/dev/null
t_done
