#!/bin/sh
# spoolscan -c: one file that remembers.
. "${0%/*}/lib.sh"

command -v sqlite3 >/dev/null 2>&1 || skip_all 'no sqlite3'
ask() { sqlite3 -readonly "$1" "$2"; }

# All that a case says, but for times, hosts and the order of finding.
content() {
	for q in 'entry.id, s.path, entry.path, folder, class, judged, reason,
	    kind, size, hex(sha256), sender, client, subject, gone IS NULL, content' \
	    'entry.path, r.* FROM recipient r' 'entry.path, h.* FROM hop h' \
	    'entry.path, v.* FROM evidence v' 'entry.path, p.* FROM part p' \
	    'entry.path, m.* FROM remark m' 'entry.path, o.* FROM report o'; do
		case $q in
		*FROM*)	q="SELECT $q JOIN entry ON entry.row = entry ORDER BY 1, 2, 3, 4" ;;
		*)	q="SELECT $q FROM entry JOIN spool s ON s.spool = entry.spool
			    ORDER BY entry.path, entry.id" ;;
		esac
		ask "$1" "$q" || return 1
	done
}
is() { [ "$1" = "$2" ] || { echo "is: $1"; echo "not: $2"; return 1; }; }

"$B/scripts/make-incident" -n 600 -s 3 . >/dev/null 2>&1
scan() { spoolscan -s site.conf -c "$@"; }

# ---- what is in it ----

t 'a scan makes a case, and says what is new' '
	run 0 scan case.db Imcdata Mailroot &&
	is "$(cat errs)" "spoolscan: case.db: 600 new, 0 changed, 0 moved, 0 gone, 0 as before" &&
	[ "$(ls case.db*)" = case.db ]'
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

t 'a copy of it opens on a read-only medium' '
	mkdir ro && cp case.db ro && chmod 444 ro/case.db && chmod 555 ro &&
	if [ "$(id -u)" = 0 ]; then
		chmod 777 . && as="setpriv --reuid=65534 --regid=65534 --clear-groups"
	fi
	[ "$($as sqlite3 -readonly ro/case.db "SELECT count(*) FROM entries")" = 600 ]'
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
t 'a second writer waits, and is told who has it' '
	cp case.db two.db &&
	perl -e "open my \$f, q(+<), q(two.db) or die;
	    flock(\$f, 2) or die;
	    open my \$g, q(>), q(held) or die; close \$g; sleep 60" &
	holder=$!
	while [ ! -e held ]; do sleep 0.1; done
	began=$(date +%s); run 4 scan two.db Imcdata; r=$?
	took=$(($(date +%s) - began)); kill $holder; wait $holder 2>/dev/null
	[ $r = 0 ] && [ $took -ge 9 ] && [ $took -le 30 ] &&
	grep -q "two.db: perl (process $holder) is writing to it; waited 10 seconds" errs'
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

# ---- kill -9 ----

mkdir few few/In few/Out
for m in $(ls Imcdata/In | head -n 12); do cp "Imcdata/In/$m" few/In; done
for m in $(ls Imcdata/Out | head -n 12); do cp "Imcdata/Out/$m" few/Out; done
scan whole.db few >/dev/null 2>&1 && content whole.db >whole
before_new() { rm -f k.db*; }
after() {
	scan k.db few >/dev/null 2>&1 || return 1
	[ "$(ask k.db 'PRAGMA integrity_check')" = ok ] || return 1
	[ ! -e k.db-wal ] && content k.db >k && cmp whole k
}
t 'killed at any call, the first scan of a case is whole after the next' '
	[ -s whole ] && kill_each before_new "spoolscan -s site.conf -c k.db few" after'

mkdir less less/In less/Out && cp few/In/* less/In && mv less/In/"$(ls less/In | head -n 1)" less/Out/moved
scan less.db less >/dev/null 2>&1
before_again() {
	rm -rf k.db* few2 && cp less.db k.db && rm -rf less.now &&
	mv less less.now 2>/dev/null; cp -R few less; return 0
}
content_of_few() { content k.db | grep -v "^$" >k; }
scan ref.db less >/dev/null 2>&1
after_again() {
	scan k.db less >/dev/null 2>&1 || return 1
	[ "$(ask k.db 'PRAGMA integrity_check')" = ok ] || return 1
	[ "$(ask k.db 'SELECT count(*) FROM entry WHERE gone IS NULL')" -eq 24 ]
}
t 'killed at any call, so is a second one' '
	kill_each before_again "spoolscan -s site.conf -c k.db less" after_again'

t_done
