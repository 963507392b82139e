#!/bin/sh
# Archiving and pruning, killed at system calls: every eleventh here, each one
# in tests/long/archive-kill.sh.
. "$(dirname "$0")/../e2e/lib.sh"

[ -x "$B/tests/kill" ] || skip_all 'no tests/kill'
KILL_STEP=${KILL_STEP:-11}

# Killed at each system call, and then run again: nothing is lost.
small() {
	mkdir -p small/a/b && printf one >small/1 && printf two >small/a/2 &&
	printf three >small/a/b/3 && ln small/1 small/a/4 && ln -s 1 small/l
}
small && cp -a small small.kept
fresh() {
	rm -rf w && mkdir w && cp -a small.kept w/t &&
	{ spoolscan -c w/case.db w/t >/dev/null 2>&1 || [ $? -eq 3 ]; }
}
# Each byte is in the tree or in an archive that verifies.
whole() {
	for f in 1 a/2 a/b/3 a/4; do
		cmp -s "small.kept/$f" "w/t/$f" && continue
		[ -e w/x.tar.zst ] || { echo "$f is nowhere"; return 1; }
		[ -e w/bag ] || { mkdir w/bag && tar -C w/bag -xf w/x.tar.zst || return 1; }
		cmp "w/bag/x/data/$f" "small.kept/$f" || return 1
	done
	rm -rf w/bag
}
# The case knows where the bytes are, and its ledger holds.
known() {
	spoollist -c w/case.db --verify >/dev/null || return 1
	sqlite3 w/case.db "SELECT verb || substr(result, 1, 8) FROM ledger ORDER BY id" >rows 2>/dev/null ||
	    return 0			# no sqlite3 here
	[ "$(tail -n 1 rows)" = archiveverified ] &&
	[ "$(sqlite3 w/case.db "SELECT inside FROM spool")" = x/data ]
}
again() {
	whole || return 1
	spoolarchive -j 1 -c w/case.db w/t w/x.tar.zst >/dev/null 2>&1
	case $? in
	0|2)	;;			# 2: all was done
	*)	return 1 ;;
	esac
	known || return 1
	spoolarchive --verify w/x.tar.zst >/dev/null 2>&1 && whole && [ -e w/t/1 ] &&
	[ "$(ls -A w | grep -v "^case" | tr "\n" " ")" = "t x.tar.zst x.tar.zst.sha256 " ]
}
gone() {
	whole || return 1
	[ ! -e w/t ] || spoolarchive -j 1 -c w/case.db --prune --commit w/t w/x.tar.zst >/dev/null 2>&1
	whole && [ ! -e w/t ] && spoollist -c w/case.db --verify >/dev/null || return 1
	command -v sqlite3 >/dev/null || return 0
	sqlite3 w/case.db "SELECT verb || \" \" || result FROM ledger" >rows &&
	tail -n 1 rows | grep -q "^prune [0-9]* removed" || { cat rows; return 1; }
}
packed() { fresh && spoolarchive -j 1 -c w/case.db w/t w/x.tar.zst >/dev/null 2>&1; }
t 'archiving killed at each system call loses nothing, and can be done again' '
		kill_each fresh "\"$B/bin/spoolarchive\" -j 1 -c w/case.db w/t w/x.tar.zst" again; r=$?
		echo "$kills kills" >&2; [ $r = 0 ] && [ "$kills" -gt 20 ]'
t 'pruning killed at each system call loses nothing, and goes on' '
		kill_each packed "\"$B/bin/spoolarchive\" -j 1 -c w/case.db --prune --commit w/t w/x.tar.zst" gone; r=$?
		echo "$kills kills" >&2; [ $r = 0 ] && [ "$kills" -gt 20 ]'

t_done
