#!/bin/sh
# A replay into a folder is killed at its system calls, while a server takes
# files away at random moments, and run again: each message once, and as the
# profile has it.  EVERY=1 kills at each call (tests/long does); by default
# at every 41st, from another one each time.
. "$(dirname "$0")/lib.sh"

[ -x "$B/tests/kill" ] || skip_all 'no tests/kill'
box=$top/tests/replay/box.pl
every=${EVERY:-41}
messages=30
t 'messages, and what each profile must make of them' '
	perl "$box" spool old "$messages" &&
	find "$work/old/In" -type f | sort >list &&
	for p in ims55 ex2007-replay; do
		mkdir "expect.$p" &&
		perl "$box" expect "$p" "expect.$p" "$messages" || return 1
	done
	[ "$(wc -l <list)" -eq "$messages" ] &&
	[ "$(ls expect.* | grep -c MSG)" -eq $((2 * messages)) ]'

fresh() {
	rm -rf srv stop taken && mkdir -p srv/root/Pickup srv/root/Replay taken
}
replay() { spoolreplay --to "$1:srv/root/$2" --rate 600000 --stall 20 --commit - <list; }
serve() {
	perl "$box" server "$1" "srv/root/$2" taken stop &
	server=$!
}
nothing() { :; }

# One kill at call $3, and all that follows.
once() {
	fresh && serve "$1" "$2" || return 1
	"$B/tests/kill" -w -n "$3" spoolreplay --to "$1:srv/root/$2" \
	    --rate 600000 --stall 20 --commit - <list >out 2>errs
	"$4" "$2" || return 1
	replay "$1" "$2" >out 2>errs
	got=$?
	touch stop && wait "$server"
	perl "$box" count taken "expect.$1" >wrong
}

calls() {
	fresh && serve "$1" "$2" &&
	"$B/tests/kill" -w -c count spoolreplay --to "$1:srv/root/$2" \
	    --rate 600000 --stall 20 --commit - <list >out 2>errs || return 1
	touch stop && wait "$server"
	perl "$box" count taken "expect.$1" >wrong
	[ ! -s wrong ] && cat count >calls || { cat wrong out count; return 1; }
}

at_each() {
	n=$(cat calls) k=$((1 + $$ % every))
	[ "$n" -gt 60 ] || return 1
	while [ "$k" -le "$n" ]; do
		once "$1" "$2" "$k" "$3" && "$4" ||
		    { echo "killed at $k of $n:"; cat wrong out; return 1; }
		k=$((k + every))
	done
}
each_once() { [ ! -s wrong ] && [ "$got" -le 1 ]; }

for p in 'ims55 Pickup' 'ex2007-replay Replay'; do
	set -- $p
	t "$1: without a kill each message arrives once, as rendered elsewhere" "
		calls $1 $2"
	t "$1: killed and run again, each message is taken once" "
		at_each $1 $2 nothing each_once"
done

# A rotation: the old generation's folder stays beside, and nobody reads it.
# (A real one refuses while files are staged; this one does not.)
rotate() {
	mv srv/root "srv/root.20260101T000000Z" &&
	mkdir -p srv/root/Pickup srv/root/Replay
}
t 'a rotation between the runs loses nothing and doubles nothing' '
	calls ims55 Pickup && at_each ims55 Pickup rotate each_once'

# The staging folder is deleted: what was staged cannot be known.
forget() { [ ! -d srv/.spoolkit-stage ] || find srv/.spoolkit-stage -mindepth 1 \
    -type d -exec rm -rf {} +; }
none_twice() {
	spoolreplay --to "ims55:srv/root/Pickup" --status >state 2>/dev/null
	awk '$2 > 1' wrong | grep . && return 1
	lost=$(awk '$2 == 0' wrong | wc -l)
	[ "$lost" -le "$(awk '$2 == "doubtful" { print $1 }' state | grep . || echo 0)" ]
}
t 'with the staging folder deleted nothing goes twice, nothing is lost silently' '
	calls ims55 Pickup && at_each ims55 Pickup forget none_twice'

# Staged files that are broken, and one whose name lies in the folder already:
# begun again, and killed as that is done.  The staging folder stays the same.
stage=srv/.spoolkit-stage
put() { "$@" spoolreplay --to ims55:srv/root/Pickup --stall 0 --commit - <list >out 2>errs; }
unpublished() {
	fresh && rm -rf saved && mkdir saved && head -n 1 list >one &&
	spoolreplay --to ims55:srv/root/Pickup --stall 0 --commit - <one >out 2>errs &&
	uuid=$(basename "$(dirname $stage/*/mark)") && rm srv/root/Pickup/* &&
	echo other >"srv/root/Pickup/$(echo "$uuid" | cut -c 1-8)-2r" && { put; [ $? -eq 4 ]; } &&
	[ "$(ls $stage/$uuid | wc -l)" -eq "$messages" ] &&
	for n in 5 6 7 8; do echo more >>"$stage/$uuid/$(echo "$uuid" | cut -c 1-8)-${n}r" || return 1; done
	: >"$stage/$uuid/$(echo "$uuid" | cut -c 1-8)-9r" &&
	cp -p $stage/$uuid/*r saved && cp -p $stage/replay.case saved && cp -p srv/root/Pickup/* saved/other
}
as_it_was() {
	rm -f srv/root/Pickup/* $stage/replay.case* $stage/$uuid/*r && cp -p saved/replay.case $stage &&
	cp -p saved/*r $stage/$uuid && cp -p saved/other "srv/root/Pickup/$(echo "$uuid" | cut -c 1-8)-2r"
}
arrived_once() {
	rm -rf taken && mkdir taken && cp srv/root/Pickup/* taken && rm "taken/$(echo "$uuid" | cut -c 1-8)-2r" &&
	perl "$box" count taken expect.ims55 | grep -v "^MSG00001 0" >wrong
	[ ! -s wrong ] && grep -q "^other" srv/root/Pickup/*-2r
}
t 'what is broken, or has its name taken, is begun again, wherever that is killed' '
	unpublished && as_it_was && put "$B/tests/kill" -w -c calls && arrived_once &&
	n=$(cat calls) k=$((1 + $$ % every)) && [ "$n" -gt 40 ] && while [ "$k" -le "$n" ]; do
		as_it_was && { put "$B/tests/kill" -w -n "$k"; put; arrived_once; } ||
		    { echo "killed at $k of $n:"; cat wrong out errs; exit 1; }
		k=$((k + (every > 1 ? 3 * every : 1)))
	done'

t_done
