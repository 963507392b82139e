#!/bin/sh
# A case that is killed at random moments, and one of a million entries.
# Minutes, and 6 GB of disk below build/; INCIDENT=DIR takes a tree that
# make-incident made before.
. "${0%/*}/../e2e/lib.sh"

command -v sqlite3 >/dev/null 2>&1 || skip_all 'no sqlite3'
SQLITE_TMPDIR=$B SEED=${SEED:-$$}
export SQLITE_TMPDIR
ask() { sqlite3 -readonly "$1" "$2"; }
# The time that a command takes, in the file took; its output goes to out.
timed() {
	perl -MTime::HiRes=time -e 'my $t = time; my $r = system @ARGV;
		open my $f, ">", "took"; printf $f "%.3f\n", time - $t;
		exit $r >> 8' "$@" >out 2>errs
}

# ---- 50 kills ----

"$B/scripts/make-incident" -n 3000 -s 3 . >/dev/null 2>&1
scan() { spoolscan -s site.conf -c "$@" >/dev/null 2>&1; }
content() {
	q="SELECT entry.id, s.path, entry.path, class, reason, content,
	    gone IS NULL FROM entry JOIN spool s ON s.spool = entry.spool
	    ORDER BY 2, 3, 1;"
	for table in recipient hop part evidence report stream remark; do
		q="$q SELECT entry.path, x.* FROM $table x
		    JOIN entry ON entry.row = x.entry ORDER BY 1, 3, 2, 4, 5;"
	done
	ask "$1" "$q" | sed 's/|[0-9]*|/|/'
}

# The second kind of scan finds a tree that changed: some came, some moved.
mkdir aside && for m in $(ls -p Imcdata/In | grep -v / | head -n 200); do mv "Imcdata/In/$m" aside; done
for m in $(ls -p Imcdata/In | grep -v / | head -n 100); do mv "Imcdata/In/$m" Imcdata/Out; echo "$m"; done >moved
scan first.db Imcdata Mailroot
while read -r m; do mv "Imcdata/Out/$m" Imcdata/In; done <moved
mv aside/* Imcdata/In
scan new.db Imcdata Mailroot && content new.db >new.whole
cp first.db again.db && scan again.db Imcdata Mailroot &&
content again.db >again.whole

# kill_after SECONDS COMMAND ...: 137 when it was killed.
kill_after() {
	perl -MTime::HiRes=sleep -e 'my $s = shift; my $pid = fork;
		if (!$pid) { open STDOUT, ">/dev/null"; open STDERR, ">/dev/null"; exec @ARGV }
		sleep $s; kill 9, $pid; waitpid $pid, 0; exit($? & 127 ? 137 : 0)' "$@"
}
one_kill() {	# new or again, after so many seconds
	rm -f k.db*
	[ "$1" = new ] || cp first.db k.db
	kill_after "$2" spoolscan -s site.conf -c k.db Imcdata Mailroot
	[ $? != 137 ] || killed=$((killed + 1))
	if [ -s k.db ]; then
		spoollist -c k.db --verify >/dev/null 2>errs ||
		    [ "$1" = new ] || { echo "verify: $2 s"; return 1; }
	fi
	scan k.db Imcdata Mailroot && spoollist -c k.db --verify >/dev/null &&
	[ ! -e k.db-wal ] && [ ! -e k.db-journal ] &&
	content k.db >k && cmp "$1.whole" k || { echo "killed after $2 s"; return 1; }
}
for how in new again; do
	t "25 kills: a scan ($how, seed $SEED) is whole after the next" '
		[ -s $how.whole ] && rm -f k.db* &&
		{ [ $how = new ] || cp first.db k.db; } &&
		timed spoolscan -s site.conf -c k.db Imcdata Mailroot &&
		perl -e "srand shift; my \$t = shift;
		    printf qq(%.4f\n), rand \$t for 1 .. 25" $SEED "$(cat took)" >moments && killed=0 &&
		while read -r at; do one_kill $how "$at" || exit 1; done <moments
		echo "$killed of 25 were killed" >$how.killed; [ $killed -ge 8 ]'
	echo "# $(cat "$how.killed")"
done

# ---- a million ----

tree=${INCIDENT-$B/incident-1m}
[ -n "${INCIDENT-}" ] || [ -f "$tree/.made" ] || {
	rm -rf "$tree"
	mkdir -p "$tree"
	"$B/scripts/make-incident" -n 1000000 -s 5 "$tree" >/dev/null 2>&1
	: >"$tree/.made"
}
entries=$(($(wc -l <"$tree/key.tsv") - 1))
large=$B/incident.db
rm -f "$large"*
peak=$("$B/tests/bench/peak" "$B/bin/spoolscan" -s "$tree/site.conf" -c "$large" \
    "$tree/Imcdata" "$tree/Mailroot")
size=$(wc -c <"$large")
echo "# $entries entries: $((peak / 1024)) MB at most, $((size / entries)) bytes of case an entry"
t 'a million entries are scanned into a case below 1 GB of memory' '
	[ "$(ask "$large" "SELECT count(*) FROM entry")" -eq "$entries" ] &&
	[ "$peak" -lt 1048576 ]'
t 'an entry takes less than 2 KB of the case' '[ $((size / entries)) -lt 2048 ]'

domain=$(ask "$large" "SELECT domain FROM entry JOIN recipient ON entry = row
    WHERE class = 'legit' GROUP BY 1 ORDER BY count(*) LIMIT 1 OFFSET 20")
condition="class='legit' and rcpt_domain='$domain'"
t 'who is asked for by class and domain is there within a second' '
	for i in 1 2 3; do	# the best: others use the machine, too
		timed spoollist -c "$large" -w "$condition" && [ "$(wc -l <out)" -ge 1 ] ||
		exit 1
		cat took
	done | sort -n | head -n 1 >best
	[ -s best ] && perl -e "exit !(shift() < 1)" "$(cat best)"'
echo "# $(cat best) s for $(wc -l <out) lines of those to $domain"
rm -f "$large"*

t_done
