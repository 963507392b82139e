#!/bin/sh
# What lies in a live spool: figures, baseline, alarms, metrics.
. "$(dirname "$0")/lib.sh"

# spool N: N old messages in new/, and M of just now in cur/.
at=2026-11-23T10:00:00Z
spool() {
	rm -rf q && mkdir -p q/new q/cur q/tmp
	i=0
	while [ $i -lt "$1" ]; do
		i=$((i + 1)); printf 'Subject: x\n\nx\n' >q/new/m$i
	done
	find q/new -type f -exec touch -d 2026-11-20T10:00:00Z {} +
	i=0
	while [ $i -lt "${2:-0}" ]; do
		i=$((i + 1)); printf 'Subject: x\n\nx\n' >q/cur/m$i
	done
	[ $i = 0 ] || touch -d 2026-11-23T09:58:00Z q/cur/*
}
row() { jq -es "map(select(.folder == \"$1\")) | length == 1 and (.[0] | $2)" out; }

t 'entries, bytes and ages by folder are those of the files' '
	spool 7 3 && touch -d 2026-11-23T09:53:00Z q/cur/m1 &&
	run 0 spoolstat --at $at -o ndjson q && cat out &&
	row new ".entries == 7 and .bytes == 98 and .older == 7 and .oldest == 259200" &&
	row cur ".entries == 3 and .\"5m\" == 2 and .\"10m\" == 1 and .oldest == 420" &&
	row total ".entries == 10 and .\"5m\" == 2 and has(\"spool\") == false"'
t 'a name tells when a message came, where its format says so' '
	spool 0 && echo x >q/new/1795427880.M1P2.host &&
	run 0 spoolstat --at $at -o ndjson q && row new ".oldest == 120"'
t 'the figures are those of find, on a made incident' '
	"$B/scripts/make-incident" -n 3000 -s 4 inc >/dev/null 2>&1 &&
	run 0 spoolstat -o ndjson inc/Imcdata inc/Mailroot &&
	files=$(($(wc -l <inc/key.tsv) - 1)) &&
	bytes=$(find inc/Imcdata inc/Mailroot -type f -printf "%s\n" | awk "{ n += \$1 } END { print n }") &&
	jq -es ".[-1].folder == \"total\" and .[-1].entries == $files and
	    (map(.entries) | add) == 2 * .[-1].entries" out &&
	jq -es ".[-1].bytes <= $bytes and .[-1].bytes > $bytes * 0.98" out'
t 'each thing that is counted by adds up to the scan of the same' '
	run 0 spoolscan -s inc/site.conf -o ndjson inc/Imcdata && mv out scan &&
	run 0 spoolstat -s inc/site.conf --by class -o ndjson inc/Imcdata && mv out class &&
	jq -rs "group_by(.class)[] | \"\(.[0].class) \(length)\"" scan | sort >want &&
	jq -r "select(.class != \"total\") | \"\(.class) \(.entries)\"" class | sort | diff want - &&
	run 0 spoolstat -s inc/site.conf --by client -n 0 -o ndjson inc/Imcdata &&
	jq -rs "group_by(.client.ip)[] | \"\(.[0].client.ip // \"(none)\") \(length)\"" scan | sort >want &&
	jq -r "select(.client != \"total\") | \"\(.client) \(.entries)\"" out | sort | diff want -'
t 'rows beyond those wanted are one row, and the sum stays' '
	run 0 spoolstat --by domain -n 3 -o ndjson inc/Imcdata && cat out &&
	jq -es "length == 5 and .[3].domain == \"(others)\" and
	    (.[0:4] | map(.recipients) | add) == .[4].recipients" out'
t 'a mailbox is counted by its messages' '
	mkdir box && printf "From a@b Mon Jan  5 12:00:00 2004\nSubject: 1\n\nx\n\nFrom a@b Mon Jan  5 12:00:00 2004\nSubject: 2\n\ny\n" >box/m.mbox &&
	run 0 spoolstat -f mbox --at 2004-01-05T12:04:00Z -o ndjson box &&
	jq -es ".[-1] | .entries == 2 and .\"5m\" == 2" out'
t 'a hostile name stays on its line, in each form' '
	mkdir -p evil/cur evil/new "evil/.a\"}
x 1\\/cur" && echo x >"evil/.a\"}
x 1\\/cur/1" && echo x >evil/cur/1 &&
	run 0 spoolstat -f maildir evil && plain out && [ "$(wc -l <out)" -eq 4 ] &&
	run 0 spoolstat -f maildir -o ndjson evil && [ "$(wc -l <out)" -eq 3 ] && jq -es "length == 3" out &&
	run 0 spoolstat -f maildir -o prometheus evil &&
	! grep -v -e "^#" -e "^spoolkit_[a-z_]*\({.*}\)\? [-0-9.]*\$" out'
t 'a link is counted as one and never followed, what cannot be read is told' '
	spool 1 && ln -s /etc/passwd q/new/link && run 0 spoolstat -o ndjson q &&
	row new ".entries == 2 and .bytes < 60" &&
	run 4 spoolstat missing && has missing errs &&
	tar -cf q.tar q && run 3 spoolstat q.tar && has "no live queue" errs'

t 'an alarm is told on stderr, and by the status' '
	spool 12 3 &&
	run 1 spoolstat --at $at --alarm "entries>14" q && has "entries>14: the total has 15" errs &&
	run 0 spoolstat --at $at --alarm "entries>15" q && [ ! -s errs ] &&
	run 1 spoolstat --at $at --alarm "n*:oldest>2d" q && has "new has 259200" errs &&
	run 1 spoolstat --at $at --alarm "cur:young>2" q &&
	run 1 spoolstat --at $at --alarm "cur:entries<4" q &&
	run 0 spoolstat --at $at --alarm "bytes>1K" --alarm "off>1" q'
t 'an alarm that makes no sense is told before anything is counted' '
	for a in "" x "x>1" "entries>" "entries>x" "entries>1h" "entries=3" "off>1.5"; do
		run 2 spoolstat --alarm "$a" missing || exit 1
	done'
t 'the watch ends at an alarm' '
	spool 3 && { (sleep 2; echo x >q/new/late) & } &&
	bound 1 60 400000 spoolstat --watch 1 --alarm "entries>3" q &&
	[ "$(grep -c total out)" -ge 2 ] && has change'
t 'the watch ends at a signal' '
	timeout -s TERM 2 spoolstat --watch 1 q >out 2>errs; [ $? -eq 124 ] &&
	[ "$(grep -c total out)" -ge 1 ]'

t 'an output file is replaced whole, and can be read by others' '
	echo old >m.prom && run 0 spoolstat --at $at -o prometheus --write m.prom q &&
	[ ! -s out ] && head -n 3 m.prom && has "^spoolkit_entries{" m.prom && hasnt "^old" m.prom &&
	[ "$(stat -c %a m.prom)" = 644 ] && [ "$(ls -A | grep -c partial)" = 0 ] &&
	[ -s m.prom ] && run 4 spoolstat --write missing/m.prom q'
t 'the metrics are well formed: each has its type once, and no sample twice' '
	grep "^# TYPE" m.prom | sort | uniq -d >twice && [ ! -s twice ] &&
	grep -v "^#" m.prom | sed "s/ [^ ]*\$//" | sort | uniq -d >twice && [ ! -s twice ] &&
	! command -v promtool >/dev/null || promtool check metrics <m.prom'

# Weeks of a company: busy at noon, quiet at night and on Sundays.
normal() {
	many=$((10 + 30 * (12 - (${1} % 24 > 12 ? ${1} % 24 - 12 : 12 - ${1} % 24)) / 12 + (${1} * 7919 + ${2} * 104729) % 7))
	[ $(($1 / 24)) -lt 6 ] || many=$((many / 4))
	echo $many
}
at_hour() { perl -MPOSIX -e 'print strftime("%Y-%m-%dT%H:%M:00Z", gmtime(1795996800 + 3600 * $ARGV[0] + 60 * $ARGV[1]))' "$1" "${2:-30}"; }
mkdir pool && for many in $(seq 0 60); do
	mkdir -p pool/$many/new pool/$many/cur pool/$many/tmp
	for i in $(seq $many); do : >pool/$many/new/m$i; done
	find pool/$many/new -type f -exec touch -d 2026-11-20T10:00:00Z {} +
done
mv pool/0 q.empty; cp -R q.empty pool/0
week() {	# week N: its alarms, one a line
	perl -MPOSIX -e 'for (my $h = 0; $h < 168; $h += 6) {
	    print "$h ", strftime("%Y-%m-%dT%H:30:00Z", gmtime(1795996800 + 3600 * ($h + 168 * $ARGV[0]))), "\n" }' "$1" |
	while read -r hour when; do
		rm -f live && ln -s "pool/$(normal "$hour" "$1")" live
		spoolstat --baseline base --at "$when" --alarm 'off>6' live/ >/dev/null 2>>errs ||
		    echo "week $1 hour $hour: $?, $(normal "$hour" "$1") messages"
	done
}
t 'three normal weeks are learned, and the fourth rings no alarm' '
	: >errs && week 0 >alarms0 && week 1 >alarms1 && week 2 >alarms2 &&
	week 3 >alarms3 && cat alarms? errs | head -n 20 && [ ! -s alarms1 ] && [ ! -s alarms2 ] && [ ! -s alarms3 ]'
flood() {	# on HOUR: 80 messages within five minutes
	rm -rf live && cp -R pool/$(normal $1 4) live && rm -rf live/cur && mkdir live/cur
	when=$(at_hour $((4 * 168 + $1)) 28)
	for i in $(seq 80); do : >live/cur/f$i; done
	touch -d "$when" live/cur/f*
	run 1 spoolstat --no-learn --baseline base --at "$(at_hour $((4 * 168 + $1)) 30)" --alarm 'off>6' live
}
t 'a flood rings within one interval, at noon, at night and on Sunday' '
	flood 12 && has "off>6" errs && flood 0 && flood $((6 * 24 + 12))'
t 'a queue that stays empty on a Monday noon is off, too' '
	rm -rf live && cp -R q.empty live &&
	run 1 spoolstat --no-learn --baseline base --at "$(at_hour $((4 * 168 + 12)))" --alarm "off<1" live'
t 'what is far off does not become normal in a day' '
	cp base base.was && for h in 12 18 24 30; do flood $h; spoolstat --baseline base --at "$(at_hour $((4 * 168 + h)))" live >/dev/null; done;
	flood 36'
t 'a file that is no baseline is told, and left alone' '
	echo hello >base2 && run 4 spoolstat --baseline base2 q && [ "$(cat base2)" = hello ] &&
	printf "spoolkit-baseline 1\nx 168 1 1 1 1 1\n" >base2 && run 4 spoolstat --baseline base2 q && has "line 2" errs &&
	printf "spoolkit-baseline 1\nx 1 1 nan 1 1 1\n" >base2 && run 4 spoolstat --baseline base2 q'
t 'a baseline is read as it was written' '
	cp base was && run 0 spoolstat --no-learn --baseline base q && cmp base was'

t 'the example files are about what there is' '
	command -v systemd-analyze >/dev/null || exit 0
	mkdir units && for u in service timer; do
		sed "s:/usr/local/bin/spoolstat:$(command -v spoolstat):" "$top/scripts/systemd/spoolkit-stat@.$u" >"units/spoolkit-stat@.$u"
	done
	systemd-analyze verify units/spoolkit-stat@x.service units/spoolkit-stat@x.timer 2>&1 | grep spoolkit-stat | grep -v "Command .man" >said; cat said; [ ! -s said ]'
t 'each metric of the alert rules is one that is printed' '
	run 0 spoolstat -o prometheus --no-learn --baseline base --at "$(at_hour 12)" --alarm "off>6" live; run 0 spoolstat -o prometheus --no-learn --baseline base --at "$(at_hour 12)" q || [ $got = 1 ];
	grep -o "spoolkit_[a-z_]*" "$top/scripts/spoolstat.rules.yml" | sort -u | while read -r m; do
		grep -q "^$m[{ ]" out || { echo "$m"; exit 1; }
	done'
t 'a spool that takes the place of the one that is watched is counted' '
	mkdir w next && echo a >w/1.eml && cp w/1.eml next/1.eml && cp w/1.eml next/2.eml &&
	{ (sleep 1.5; mv w before && mv next w) & } &&
	run 1 timeout 20 spoolstat --watch 1 --alarm "entries>1" w'

t_done
