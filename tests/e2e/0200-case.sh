#!/bin/sh
# spoolscan -c: one file that remembers.
. "${0%/*}/lib.sh"

command -v sqlite3 >/dev/null 2>&1 || skip_all 'no sqlite3'
ask() { sqlite3 -readonly "$1" "$2"; }

# All that a case says, but for times, hosts and the order of finding.
content() {
	q="SELECT entry.id, s.path, entry.path, folder, class, judged, reason,
	    kind, size, hex(sha256), sender, client, subject, gone IS NULL,
	    content FROM entry JOIN spool s ON s.spool = entry.spool
	    ORDER BY entry.path, entry.id;"
	for table in recipient hop evidence part remark report; do
		q="$q SELECT entry.path, x.* FROM $table x
		    JOIN entry ON entry.row = x.entry ORDER BY 1, 2, 3, 4;"
	done
	ask "$1" "$q"
}
is() { [ "$1" = "$2" ] || { echo "is: $1"; echo "not: $2"; return 1; }; }

"$B/scripts/make-incident" -n 600 -s 3 . >/dev/null 2>&1
scan() { spoolscan -s site.conf -c "$@"; }

# ---- what is in it ----

t 'a scan makes a case, and says what is new' '
	run 0 scan case.db Imcdata Mailroot &&
	is "$(cat errs)" "spoolscan: case.db: 600 new, 0 changed, 0 moved, 0 gone, 0 as before" &&
	[ "$(ls case.db*)" = case.db ]'
t 'and what to type next asks the case' '
	has "spoollist -c case.db --class relay --by client" &&
	has "spoolreport -c case.db report.html" && hasnt "  spoolscan "'
t 'a case has what ndjson prints' '
	run 0 spoolscan -s site.conf -o ndjson Imcdata Mailroot &&
	jq -r "[.id, .path, .class, .reason, .kind, .size, .sha256, .arrived,
	    (.sender.address | if . == \"\" then \"<>\" else . end), .client.ip,
	    .account, .message_id, .subject, (.recipients | length),
	    (.hops | length), (.evidence | length), (.attachments | length),
	    ([.recipients[]?.address] | join(\" \")), .report.status] |
	    map(. // \"\" | tostring) | join(\"|\")" out | sort >json &&
	ask case.db "SELECT id, path, class, reason, kind, size,
	    lower(hex(sha256)), arrived, sender, client, account, message_id,
	    subject, (SELECT count(*) FROM recipient WHERE entry = row),
	    (SELECT count(*) FROM hop WHERE entry = row AND n > 0),
	    (SELECT count(*) FROM evidence WHERE entry = row),
	    (SELECT count(*) FROM part WHERE entry = row),
	    (SELECT group_concat(address, \" \") FROM recipient WHERE entry = row),
	    (SELECT status FROM report WHERE entry = row) FROM entry" |
	    sort >rows && [ "$(wc -l <rows)" -eq 600 ] && diff json rows | head -n 20 &&
	cmp json rows'
t 'the views count what is there' '
	[ "$(ask case.db "SELECT count(*) FROM entries")" -eq 600 ] &&
	[ "$(ask case.db "SELECT sum(entries) FROM clients")" -eq \
	    "$(ask case.db "SELECT count(client) FROM entry")" ] &&
	for v in sender_domains recipient_domains timeline; do
		[ "$(ask case.db "SELECT count(*) FROM $v")" -gt 0 ] ||
		{ echo "$v"; exit 1; }
	done'
t 'a filter leaves entries out of what is shown, not of the case' '
	run 0 scan all.db --class legit Imcdata Mailroot &&
	[ "$(ask all.db "SELECT count(*) FROM entry")" -eq 600 ]'
t 'no byte of the case depends on the number of threads, but its times' '
	run 0 spoolscan -j 1 -s site.conf -c one.db Imcdata Mailroot &&
	run 0 spoolscan -j 4 -s site.conf -c four.db Imcdata Mailroot &&
	content one.db >one && content four.db >four && [ -s one ] && cmp one four &&
	is "$(ask one.db "SELECT row, id FROM entry")" \
	    "$(ask four.db "SELECT row, id FROM entry")"'

# ---- again ----

t 'a second scan finds nothing new, and the ledger has both' '
	run 0 scan case.db Imcdata Mailroot && grep -q "600 as before" errs &&
	is "$(ask case.db "SELECT id, verb, tool, result FROM ledger")" \
"1|scan|spoolscan|600 new, 0 changed, 0 moved, 0 gone, 0 as before
2|scan|spoolscan|0 new, 0 changed, 0 moved, 0 gone, 600 as before"'
t 'the ledger has the command line as it was typed' '
	ask case.db "SELECT args FROM ledger WHERE id = 2" |
	    grep -q "spoolscan -s site.conf -c case.db Imcdata Mailroot\$"'
t 'what left, came and moved is told' '
	cp -R Imcdata other && p=$(ls other/In | head -n 3 | tr "\n" " ") &&
	set -- $p && run 0 scan other.db other &&
	rm "other/In/$1" && mv "other/In/$2" "other/Out/$2" &&
	sed "s/^Subject:.*/Subject: another/" "other/In/$3" >"other/In/ZZZZZZZZ" &&
	run 0 scan other.db other && grep -q "1 new, [0-9]* changed, 1 moved, 1 gone" errs &&
	[ "$(ask other.db "SELECT path FROM entry WHERE gone IS NOT NULL")" = "In/$1" ]'
t 'a folder that cannot be read takes nothing away' '
	if [ "$(id -u)" = 0 ]; then
		chmod 777 . && chmod -R a+rwX other other.db site.conf &&
		as="setpriv --reuid=65534 --regid=65534 --clear-groups"
	fi
	chmod 000 other/In && run 3 $as spoolscan -s site.conf -c other.db other
	r=$?; chmod 755 other/In; [ $r = 0 ] && grep -q ", 0 gone" errs &&
	run 0 scan other.db other && grep -q "0 new, [0-9]* changed, 0 moved, 1 gone" errs'
t 'a spool by another name is the same spool' '
	ln -s "$PWD/Imcdata" link && run 0 scan case.db link ./Mailroot/ &&
	grep -q ": 0 new, 0 changed, 0 moved, 0 gone, 600 as before" errs'

# ---- others ----

t 'a copy of it opens where nothing can be written' '
	mkdir ro && cp case.db ro && chmod 444 ro/case.db && chmod 555 ro &&
	if [ "$(id -u)" = 0 ]; then
		chmod 777 . && as="setpriv --reuid=65534 --regid=65534 --clear-groups"
	fi
	[ "$($as sqlite3 -readonly ro/case.db "SELECT count(*) FROM entries")" = 600 ] &&
	run 0 $as spoollist -c ro/case.db -0 -w 1 &&
	[ "$(tr -dc "\\000" <out | wc -c)" -eq 600 ] && [ "$(ls ro)" = case.db ]'
if [ "$(id -u)" = 0 ] && mkdir medium && mount -t tmpfs -o size=9m none medium 2>/dev/null; then
	cp case.db medium
	sqlite3 case.db 'PRAGMA journal_mode = WAL' >/dev/null
	cp case.db medium/cut.db
	sqlite3 case.db 'PRAGMA journal_mode = DELETE' >/dev/null
	mount -o remount,ro medium
	t 'from a read-only medium every reader reads it' '
		for c in case.db cut.db; do
			run 0 spoollist -c medium/$c -0 -w 1 &&
			[ "$(tr -dc "\\000" <out | wc -c)" -eq 600 ] &&
			run 0 spoollist -c medium/$c --verify &&
			run 0 spoolshow -c medium/$c "$(ask case.db "SELECT id FROM entry LIMIT 1")" ||
			exit 1
		done &&
		run 4 spoolscan -s site.conf -c medium/case.db Imcdata &&
		grep -q "medium/case.db: Read-only file system" errs'
	umount medium
else
	t 'a read-only medium # SKIP only root may mount one' true
fi
t 'what is no case is said to be none, and stays as it is' '
	echo "dear diary" >diary && cp diary diary.was &&
	sqlite3 theirs.db "CREATE TABLE x (y)" && cp theirs.db theirs.was &&
	sqlite3 newer.db "PRAGMA application_id = 0x73706b63;
	    PRAGMA user_version = 99; CREATE TABLE x (y)" && cp newer.db newer.was &&
	run 4 scan diary Imcdata && grep -q "diary: not a case: no SQLite file" errs &&
	run 4 scan theirs.db Imcdata && grep -q "of another program" errs &&
	run 4 scan newer.db Imcdata && grep -q "newer version" errs &&
	run 4 scan no/such/dir.db Imcdata && grep -q "No such file" errs &&
	cmp diary diary.was && cmp theirs.db theirs.was && cmp newer.db newer.was'
t 'a file that may not be written is left alone' '
	cp case.db locked.db && chmod 444 locked.db && before=$(cksum <locked.db) &&
	if [ "$(id -u)" = 0 ]; then
		chmod 777 . && as="setpriv --reuid=65534 --regid=65534 --clear-groups"
	fi
	run 4 $as spoolscan -s site.conf -c locked.db Imcdata &&
	grep -q "locked.db: Permission denied" errs && [ "$(cksum <locked.db)" = "$before" ]'
# It waits for ten seconds: meanwhile the other tests go on.
cp case.db two.db
perl -e "open my \$f, q(+<), q(two.db) or die; flock(\$f, 2) or die;
    open my \$g, q(>), q(held) or die; close \$g; sleep 60" &
holder=$!
while [ ! -e held ]; do sleep 0.1; done
began=$(date +%s)
(scan two.db Imcdata >/dev/null 2>two.errs; echo "$? $(date +%s)" >two.status) &
second=$!
t 'two scans into one case at the same time are both in it' '
	rm -f both.db; scan both.db Imcdata >/dev/null 2>&1 & first=$!
	run 0 scan both.db Mailroot; r=$?; wait $first && [ $r = 0 ] &&
	[ "$(ask both.db "SELECT count(*) FROM entry")" -eq 600 ] &&
	[ "$(ask both.db "SELECT count(*) FROM ledger")" -eq 2 ]'
mkdir single single/In single/Out && cp Imcdata/In/"$(ls Imcdata/In | head -n 1)" single/In
if [ "$(id -u)" = 0 ] && mkdir small && mount -t tmpfs -o size=900k none small 2>/dev/null; then
	t 'a full disk is told, and what was there stays' '
		head -c 300000 /dev/zero >small/fill &&
		run 4 scan small/a.db Imcdata Mailroot &&
		grep -q "small/a.db: no room on the disk" errs &&
		rm small/* && run 0 scan small/a.db single &&
		content small/a.db >was &&
		run 4 scan small/a.db Imcdata Mailroot &&
		content small/a.db >is && cmp was is &&
		[ "$(ask small/a.db "PRAGMA integrity_check")" = ok ]'
	umount small
else
	t 'a full disk # SKIP only root may mount a small one' true
fi

# ---- kill -9: KILL_STEP=1 at each call, otherwise at some of them ----

KILL_STEP=${KILL_STEP:-13}
quick() { scan "$1" --no-magic "$2" >/dev/null 2>&1; }
mkdir few few/In few/Out
for m in $(ls Imcdata/In | head -n 4); do cp "Imcdata/In/$m" few/In; done
for m in $(ls Imcdata/Out | head -n 4); do cp "Imcdata/Out/$m" few/Out; done
quick whole.db few && content whole.db >whole
before_new() { rm -f k.db*; }
after() {	# a reader undoes what was begun, or says that it is no case yet
	spoollist -c k.db --verify >out 2>errs ||
	    grep -q -e "an empty file" -e "no such case" -e "without its UUID" errs ||
	    { cat errs; return 1; }
	quick k.db few && [ ! -e k.db-wal ] &&
	[ "$(ask k.db 'PRAGMA integrity_check')" = ok ] &&
	content k.db >k && cmp whole k
}
t 'killed at any call, the first scan of a case is whole after the next' '
	[ -s whole ] && kill_each before_new \
	    "spoolscan --no-magic -s site.conf -c k.db few" after'

# The second scan finds one message in another folder and one more.
cp -R few less && mv less/In/"$(ls less/In | head -n 1)" less/Out/moved &&
rm less/In/"$(ls less/In | head -n 1)" && quick less.db less && rm -rf less &&
cp -R few less && cp less.db ref.db && quick ref.db less && content ref.db >whole2
before_again() { rm -f k.db*; cp less.db k.db; }
after_again() {
	quick k.db less && [ ! -e k.db-wal ] &&
	[ "$(ask k.db 'PRAGMA integrity_check')" = ok ] &&
	content k.db >k && cmp whole2 k
}
t 'killed at any call, so is a second one' '
	[ "$(ask ref.db "SELECT count(*) FROM entry WHERE gone IS NULL")" = 8 ] &&
	kill_each before_again "spoolscan --no-magic -s site.conf -c k.db less" \
	    after_again'

# A case is a file that somebody else may have written.
mkdir odd && printf 'Subject: a\n\n' >odd/a.eml && cp -R odd odd2
spoolscan -c odd.db odd odd2 >/dev/null 2>&1
t 'numbers of spools that none of ours has do no harm' '
	for n in -100000000 9223372036854775807; do
		cp odd.db k.db && sqlite3 k.db "PRAGMA foreign_keys = OFF;
		    UPDATE spool SET spool = $n WHERE spool = 1" &&
		run 0 spoolscan -c k.db odd odd2 || exit 1
	done'

wait $second
kill $holder
t 'a second writer waits, and is told who has it' '
	read -r status ended <two.status && [ "$status" = 4 ] &&
	took=$((ended - began)) && [ $took -ge 9 ] && [ $took -le 30 ] &&
	cp two.errs errs &&
	grep -q "two.db: perl (process $holder) is writing to it; waited 10 seconds" errs'

t_done
