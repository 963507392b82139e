#!/bin/sh
# spoolarchive --rotate: a fresh spool in the place of the old one, while a
# server works in it, and whatever stops it halfway.
. "${0%/*}/lib.sh"

made() {
	rm -rf box/* box/.I* && mkdir -p box/Imcdata/In/Archive box/Imcdata/Out \
	    box/Imcdata/Pickup box/Imcdata/Work &&
	echo one >box/Imcdata/In/ABCD1234 && echo two >box/Imcdata/Out/EFGH5678 &&
	echo queue >box/Imcdata/queue.dat
}
rotate() { spoolarchive -c box/case.db --rotate "$@" box/Imcdata; }
old() { ls -d box/Imcdata.2* 2>/dev/null | grep -v '\.new$'; }
mkdir -p box seed/In seed/Out
ledger() { sqlite3 box/case.db "$@"; }

t 'without --commit nothing is changed, and the plan is told' '
	made && run 0 spoolarchive -c box/case.db --rotate --commit box/Imcdata &&
	find box | sort >before &&
	run 0 rotate && has "would rotate to .*/Imcdata\.[0-9]\{8\}T[0-9]\{4\}Z" &&
	find box | sort | diff before -'

t 'the old tree is whole, the fresh one has folders and no file' '
	made && run 0 rotate --commit && [ "$(old | wc -l)" -eq 1 ] &&
	[ "$(cat "$(old)/In/ABCD1234" "$(old)/Out/EFGH5678" "$(old)/queue.dat")" = "one
two
queue" ] && [ -z "$(find box/Imcdata -type f)" ] &&
	for d in In/Archive Out/Archive Pickup/Archive Work Log; do
		[ -d "box/Imcdata/$d" ] || exit 1
	done'

t 'the head of the ledger is printed, and the ledger has the row' '
	has "^ledger: row 1, [0-9a-f]\{64\}$" &&
	[ "$(ledger "SELECT verb, what FROM ledger")" = \
	    "rotate|$PWD/box/Imcdata" ]'

t 'several generations of one minute live together' '
	run 0 rotate --commit && run 0 rotate --commit &&
	[ "$(old | wc -l)" -eq 3 ] && [ "$(find box -name ABCD1234)" = \
	    "$(find box/Imcdata.*Z -name ABCD1234)" ]'

t 'the name of a generation is not used again when it is gone' '
	rm -rf box/Imcdata.2* && run 0 rotate --commit &&
	[ "$(ledger "SELECT count(DISTINCT generation), count(*) FROM rotation")" = "4|4" ]'

acl=0x0200000001000700ffffffff02000700d204000004000500ffffffff10000700ffffffff20000000ffffffff
t 'owners, modes, ACLs and attributes are those of the old folders' '
	made && chmod 2751 box/Imcdata/In && chmod 1777 box/Imcdata &&
	{ [ "$(id -u)" -ne 0 ] || chown 1234:2345 box/Imcdata/Out; } &&
	(setfattr -n user.note -v x box/Imcdata/Work || :) 2>/dev/null &&
	for kind in access default; do	# user 1234 may write
		(setfattr -n system.posix_acl_$kind -v $acl box/Imcdata/Work || :)
	done 2>/dev/null &&
	(cd box/Imcdata && find . -type d ! -name Log ! -path "./*/Archive" \
	    -printf "%p %m %U %G\n" | sort) >want && run 0 rotate --commit &&
	(cd box/Imcdata && find . -type d ! -name Log ! -path "./*/Archive" \
	    -printf "%p %m %U %G\n" | sort) | diff want - &&
	[ "$(getfattr -d -m - box/Imcdata/Work 2>/dev/null | sed 1d)" = \
	    "$(getfattr -d -m - "$(old)/Work" 2>/dev/null | sed 1d)" ]'

t 'what has no safe rotation is refused, and what to do is said' '
	mkdir -p box/sm/proc box/sm/Drop && echo x >box/sm/1.eml && echo x >box/sm/1.hdr &&
	run 2 spoolarchive -c box/case.db --rotate --commit -f smartermail box/sm &&
	has "two files.*spoolclean" errs && [ -e box/sm/1.eml ] &&
	run 2 spoolarchive -c box/case.db --rotate --commit box/Imcdata/In &&
	run 2 spoolarchive -c box/case.db --rotate --commit . '

t 'another command that has the spool is named' '
	made && exec 8>box/.Imcdata.spoolkit-lock && flock 8 &&
	printf "spoolreplay, process 1" >&8 &&
	run 4 rotate --commit && has "in use by spoolreplay" errs &&
	[ -z "$(old)" ]; r=$?; exec 8>&-; [ $r -eq 0 ]'

# ---- what was replayed into it ----

# Two messages lie in Pickup, and no server takes them.
replayed() {
	made && rm box/Imcdata/*/[AE][BF]* && for m in AAAA0001 AAAA0002; do
		printf "X-Sender: a@example.org\nX-Receiver: b@example.net\nFrom: \
a@example.org\nSubject: x\nMessage-ID: <$m@example.org>\n\n$m\n" \
		    >box/Imcdata/Out/$m || return 1
	done
	spoolscan -c box/case.db -d example.org box/Imcdata >/dev/null 2>&1 &&
	rotate --commit >/dev/null && spoolmark -c box/case.db -w 1 legit &&
	run 3 spoolreplay -c box/case.db -w 1 --to "ims55:${1-box/Imcdata}/Pickup" \
	    --stall 1 --commit && [ "$(states)" = published ] &&
	[ "$(find box/Imcdata/Pickup -type f | wc -l)" -eq 2 ]
}
states() { ledger "SELECT group_concat(DISTINCT state) FROM replay"; }

t 'what lies in Pickup untaken is told, and returned by the rotation' '
	replayed && run 0 rotate && has "2 messages that were replayed" &&
	[ "$(states)" = published ] && run 0 rotate --wait 1 --commit &&
	has "2 messages .* are returned" && [ "$(states)" = returned ] &&
	run 3 spoolreplay -c box/case.db -w 1 --to ims55:box/Imcdata/Pickup \
	    --stall 1 --commit && [ "$(find box/Imcdata/Pickup -type f | wc -l)" -eq 2 ]'
t 'the rotation waits for what the server still takes' '
	replayed && { (sleep 1.5; rm box/Imcdata/Pickup/*) & } &&
	run 0 rotate --wait 30 --commit && hasnt returned &&
	[ "$(states)" = taken ]'
t 'a part is taken, a part returned' '
	replayed && rm "$(find box/Imcdata/Pickup -type f | head -n 1)" &&
	run 0 rotate --wait 0 --commit && has "1 message" &&
	[ "$(ledger "SELECT group_concat(state) FROM (SELECT state FROM replay
	    ORDER BY 1)")" = returned,taken ]'
t 'it is the same spool under another name' '
	rm -f by && ln -s "$PWD/box/Imcdata" by && replayed by &&
	run 0 rotate --wait 0 --commit && [ "$(states)" = returned ]'
t 'nothing is said of what a folder that is gone had in it' '
	replayed && mv box/Imcdata box/away && mkdir -p box/Imcdata/In \
	    box/Imcdata/Pickup && run 0 rotate --wait 0 --commit &&
	[ "$(states)" = published ]'
t 'while a replay has files ready, nothing is rotated' '
	replayed && ledger "UPDATE replay SET state = \"staged\"" &&
	run 4 rotate --commit && has "run the same spoolreplay again" errs &&
	[ "$(find box/Imcdata/Pickup -type f | wc -l)" -eq 2 ]'

# ---- a file system that cannot exchange ----

t 'without an exchange two renames do it, and it is said' '
	made && run 0 "$B/tests/noexchange" spoolarchive -c box/case.db \
	    --rotate --commit box/Imcdata && has "cannot exchange" errs &&
	[ -e "$(old)/In/ABCD1234" ] && [ -d box/Imcdata/Work ] &&
	[ ! -e "$(old).new" ] && [ -z "$(find box/Imcdata -type f)" ]'

# Whatever the kill left: the next run ends it, with one generation that has
# all files, a fresh spool, and nothing else beside them.
rotated_once() {
	[ "$(old | wc -l)" -le 1 ] || { old; return 1; }
	ls -d box/Imcdata >>states 2>/dev/null || echo none >>states
	run 0 rotate --commit || return 1
	g=$(old | head -n 1)
	[ -d box/Imcdata/In/Archive ] && [ -d box/Imcdata/Log ] &&
	[ "$(find box/Imcdata* -type f -o -name "*.new" | sort)" = \
"$g/In/ABCD1234
$g/Out/EFGH5678
$g/queue.dat" ] && [ "$(ledger 'SELECT count(*) FROM rotation WHERE state IN ("building", "swapping")')" -eq 0 ] &&
	run 0 spoollist -c box/case.db --verify --gone
}

# Each so many calls here, each one in tests/long/rotate.sh.
KILL_STEP=${KILL_STEP:-7}
if [ -x "$B/tests/kill" ]; then
	# where a sync costs nothing
	shm=$(mktemp -d -p /dev/shm 2>/dev/null || mktemp -d)
	trap 'rm -rf "$shm" "$work"' EXIT
	rm -rf box && ln -s "$shm" box
	# the case is there, so that its making is not killed again
	spoolarchive -c seed.db --rotate --commit seed >/dev/null
	seeded() { made && cp seed.db box/case.db; }
	t 'killed at any change: the next run has all files in one generation' '
	: >states && kill_each seeded "spoolarchive -c box/case.db --rotate \
	    --commit box/Imcdata" rotated_once && ! grep none states'
	t 'killed at any change and between two renames: the next run ends it' '
	: >states && [ "$KILL_STEP" -eq 1 ] || KILL_STEP=2	# two are between
	kill_each seeded "$B/tests/noexchange spoolarchive \
	    -c box/case.db --rotate --commit box/Imcdata" rotated_once &&
	grep none states'
	rm box && mkdir box
fi

# ---- a mount point ----

if [ "$(id -u)" -eq 0 ] && unshare -m true 2>/dev/null; then
	cat >mounted.sh <<'END'
mount -t tmpfs none box/Imcdata && mkdir -p box/Imcdata/In box/Imcdata/Out &&
echo one >box/Imcdata/In/ABCD1234 && echo queue >box/Imcdata/queue.dat &&
spoolarchive -c box/case.db --rotate --commit box/Imcdata &&
spoolscan -0 box/Imcdata; find box/Imcdata -type f
echo two >box/Imcdata/Out/EFGH5678 &&
spoolarchive -f ims55 box/Imcdata box/i.tar.zst &&
spoolarchive -0 --list box/i.tar.zst | tr '\0' '\n' | sed 's/^/packed: /'
END
	t 'at a mount point the folders are exchanged one by one' '
	rm -rf box && mkdir -p box/Imcdata && run 0 unshare -m sh mounted.sh &&
	has "folder by folder" &&
	has "box/Imcdata/\.spoolkit/Imcdata\.[0-9TZ]*/In/ABCD1234" &&
	has "^box/Imcdata/queue.dat" && [ "$(grep -c ABCD1234 out)" -eq 1 ]'
	t 'and what we keep there is not packed with the spool' '
	has "^packed: Out/EFGH5678" && has "^packed: queue.dat" && hasnt "^packed: .*spoolkit"'
	# the spool, and no inode left for a fresh one
	cat >full.sh <<'END'
mount -t tmpfs -o nr_inodes=12 none box && made && find box | sort >before
spoolarchive -c full.db --rotate --commit box/Imcdata
echo "status $?"; find box ! -name ".Imcdata*" | sort | diff before - || echo changed
mount -o remount,nr_inodes=100 box && spoolarchive -c full.db --rotate \
    --commit box/Imcdata && ls box/Imcdata.2*/In/ABCD1234
END
	cat >readonly.sh <<'END'
mount -t tmpfs none box && made && mount -o remount,ro box
spoolarchive -c ro.db --rotate --commit box/Imcdata
echo "status $?"; cat box/Imcdata/In/ABCD1234
END
	in_mounts() { run 0 unshare -m sh -c ". ./made.sh; . ./$1"; }
	sed -n "/^made() {/,/^}/p" "$top/tests/e2e/0300-rotate.sh" >made.sh
	t 'on a full disk nothing is changed, and with room it goes on' '
	rm -rf box && mkdir box && in_mounts full.sh && has "status 4" && hasnt changed &&
	has "No space left" errs && has "Imcdata.2.*/In/ABCD1234"'
	t 'what cannot be written is left alone, and it is said' '
	in_mounts readonly.sh && has "status 4" && has "^one" && has "Read-only" errs'
fi

# ---- under fire ----

# with a pause after each: fifty without one may be over before the writer
# has made a thousand files
t 'fifty rotations under 2,000 changes a second: no folder is ever missed' '
	rm -rf box && mkdir -p box/Imcdata/In/Archive box/Imcdata/Out/Archive \
	    box/Imcdata/Pickup/Archive box/Imcdata/Work box/Imcdata/Log &&
	{ "$B/tests/fire" box/Imcdata 2000 left >fire & } && fire=$! && i=0 &&
	while [ $i -lt 50 ]; do
		rotate --commit >/dev/null || break
		i=$((i + 1))
		sleep 0.05
	done; kill $fire; wait $fire && cat fire && [ $i -eq 50 ] &&
	grep -q " missing 0$" fire'
t 'and each file is in exactly one generation' '
	[ "$(wc -l <left)" -gt 1000 ] &&
	find box -type f -name "*.[0-9]*" ! -name "case.db*" -printf "%f\n" |
	sed "s/\..*//" | sort >found && sort left | diff - found &&
	[ "$(old | wc -l)" -eq 50 ]'
[ ! -s fire ] || sed 's/^/# /' fire

t_done
