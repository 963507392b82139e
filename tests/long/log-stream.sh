#!/bin/sh
# spoollog reads GB=10 of log as a stream, in flat memory: made days of three
# kinds repeated on stdin, beside the same days once.
. "$(dirname "$0")/../e2e/lib.sh"

gb=${GB:-10}
peak() { "$B/tests/bench/peak" "$B/bin/spoollog" --year 2004 "$@" -; }
# "all" in fed: it was read to the end
repeated() {
	perl -e 'local $/; my $days = <STDIN>; print $days or die for 1 .. $ARGV[0];
		close STDOUT and print STDERR "all"' "$1" 2>fed
}

for kind in postfix ims55 exim; do
	"$B/tests/makelog" $kind 50 >days.log 2>/dev/null
	times=$((gb * 1000000000 / $(wc -c <days.log)))
	t "$kind: $gb GB take no more memory than one part in $times of it" '
		few=$(peak <days.log) && began=$(date +%s) &&
		much=$(repeated $times <days.log | peak) &&
		echo "$kind, $gb GB: $(($(date +%s) - began)) s, $much KB; once: $few KB" >figures &&
		has all fed &&
		[ "$much" -le $((few * 5 / 4 + 2048)) ] && [ "$much" -le 65536 ]'
	sed 's/^/# /' figures
done
t_done
