#!/bin/sh
# spoolclean: entries go out of a live spool and come back, whole.
. "${0%/*}/lib.sh"

fixtures=$top/tests/spool
mkdir box
cat >site.conf <<'END'
[site]
local_domains = example.org
END
clean() { spoolclean -c box/case.db "$@"; }
ledger() { sqlite3 box/case.db "$@"; }
tree() { (cd "$1" && find . -printf '%p %m %s %T@ %i\n' | sort); }

# message FILE SENDER CLIENT
message() {
	mkdir -p "${1%/*}" && cat >"$1" <<END
X-Sender: $2
X-Receiver: bob@example.net
Received: from there ([$3]) by mail.example.org; Mon, 5 Jan 2004 01:00:00 +0000
From: a@example.org
Subject: $1
Message-ID: <$2.$3@example.org>

$1
END
}
imcdata() {
	rm -rf box/* box/.I* && mkdir -p box/Imcdata/In box/Imcdata/Out &&
	message box/Imcdata/Out/AAAA0001 x@example.com 192.0.2.1 &&
	message box/Imcdata/Out/AAAA0002 y@sub.example.com 192.0.2.2 &&
	message box/Imcdata/Out/AAAA0003 z@notexample.com 198.51.100.3 &&
	message box/Imcdata/In/AAAA0004 "<>" 203.0.113.4 &&
	spoolscan -s site.conf -c box/case.db box/Imcdata >/dev/null
}
lie() { (cd "$1" && find . -type f | sed 's/.*AAAA000//' | sort | tr -d '\n'); }

t 'without --commit the plan is told by class, and nothing is changed' '
	imcdata && tree box/Imcdata >before && run 0 clean -w 1 box/Imcdata &&
	has "4 entries, .* would be moved aside" && has "unsure \|relay \|legit " &&
	tree box/Imcdata | diff before - && [ ! -e box/Imcdata.turf ]'

t 'entries go aside, and come back as they were' '
	run 0 clean -w 1 --commit box/Imcdata && [ -z "$(lie box/Imcdata)" ] &&
	[ "$(lie box/Imcdata.turf)" = 1234 ] && has "^ledger: row" &&
	run 0 clean --undo box/Imcdata && has "4 entries, .* would come back" &&
	run 0 clean --undo --commit box/Imcdata &&
	tree box/Imcdata | grep -v "^[^ ]* [^ ]* [^ ]* .* .*/$" >after &&
	grep AAAA before >want && grep AAAA after | diff want - &&
	[ "$(lie box/Imcdata)" = 1234 ] && [ -z "$(lie box/Imcdata.turf)" ]'

t 'the case knows where an entry is, and a scan finds it back' '
	run 0 clean -w 1 --commit box/Imcdata &&
	[ "$(ledger "SELECT count(*) FROM entries WHERE spool LIKE \"%/Imcdata.turf/%\"
	    AND gone IS NULL")" -eq 4 ] && run 0 clean --undo --commit box/Imcdata &&
	run 0 spoolscan -s site.conf -c box/case.db box/Imcdata &&
	[ "$(ledger "SELECT count(*) FROM entries WHERE gone IS NULL AND
	    spool LIKE \"%/Imcdata\"")" -eq 4 ] && [ "$(ledger \
	    "SELECT count(*) FROM entry")" -eq 4 ]'

while read -r left options; do
	t "$options takes what it says" "
		imcdata && run 0 clean $options --commit box/Imcdata &&
		lie box/Imcdata && [ \"\$(lie box/Imcdata)\" = '$left' ]"
done <<'END'
234 --sender x@example.com
234 --sender-domain example.com
34 --sender-domain .example.com
123 --null-sender
34 --client 192.0.2.0/24
124 --client 198.51.100.3
24 --sender-domain example.com --sender-domain notexample.com
4 -w "sender <> '<>'"
123 --folder in
END

t 'without a choice it is refused; and nothing to do is told' '
	imcdata && run 2 clean box/Imcdata && run 2 clean -w "nonsense(" box/Imcdata;
	run 1 clean --sender nobody@example.com --commit box/Imcdata &&
	run 1 clean --undo --commit box/Imcdata && [ "$(lie box/Imcdata)" = 1234 ]'

t 'a spool that the case does not know is told' '
	mkdir -p box/Other/In box/Other/Out && run 1 clean -w 1 box/Other &&
	has "box/Other: the case knows nothing of it" errs &&
	run 1 clean --undo --commit box/Other && has "nothing of it was moved" errs'
t 'a signal ends it between two entries, with one line for the rest' '
	rm -rf box/* && mkdir -p box/Imcdata/In && i=0 && while [ $i -lt 3000 ]; do
		printf "From: a@example.org\n\n$i\n" >box/Imcdata/In/M$i; i=$((i + 1))
	done; mkdir box/Imcdata/Out && spoolscan -f ims55 -s site.conf -c box/case.db box/Imcdata >/dev/null
	n=3000; for wait in 4 2 1 05; do	# the machine may be slow, or quick
		timeout -s INT 0.$wait spoolclean -f ims55 -c box/case.db -w 1 \
		    --commit box/Imcdata >out 2>errs; got=$?
		n=$(find box/Imcdata -type f | wc -l) && [ $got -eq 124 ] &&
		[ "$n" -gt 0 ] || { clean --undo -f ims55 --commit box/Imcdata; continue; }
		[ "$(wc -l <errs)" -le 1 ] && run 0 spoollist -c box/case.db --verify -w 1 || exit 1
		break
	done; [ "$n" -gt 0 ] && { run 0 clean --undo -f ims55 --commit box/Imcdata || [ $got -eq 1 ]; } &&
	[ "$(find box/Imcdata -type f | wc -l)" -eq 3000 ]'

# ---- what is not touched ----

t 'another message under the same name stays' '
	imcdata && message box/Imcdata/Out/AAAA0002 y@sub.example.com 192.0.2.9 &&
	run 3 clean -w 1 --commit box/Imcdata &&
	has "AAAA0002: left where it is: it is not the message" errs &&
	[ "$(lie box/Imcdata)" = 2 ]'
t 'what its server has locked stays' '
	imcdata && exec 8<box/Imcdata/Out/AAAA0001 && flock 8 &&
	run 3 clean -w 1 --commit box/Imcdata; r=$?; exec 8<&-
	[ $r -eq 0 ] && has "AAAA0001: .*locked" errs && [ "$(lie box/Imcdata)" = 1 ]'
t 'what somebody is still writing stays' '
	imcdata && exec 8>>box/Imcdata/Out/AAAA0003 &&
	run 3 clean -w 1 --commit box/Imcdata; r=$?; exec 8>&-
	[ $r -eq 0 ] && has "AAAA0003: .*being written" errs && [ "$(lie box/Imcdata)" = 3 ]'
t 'what went away is told' '
	imcdata && rm box/Imcdata/In/AAAA0004 && run 3 clean -w 1 --commit box/Imcdata &&
	has "AAAA0004: .*not there any more" errs && [ -z "$(lie box/Imcdata)" ]'
t 'a link in the place of a folder is not followed' '
	imcdata && mv box/Imcdata/Out box/else && ln -s ../else box/Imcdata/Out &&
	run 3 clean -w 1 --commit box/Imcdata && [ "$(ls box/else | wc -l)" -eq 3 ]'
t 'nothing more goes aside than the quota' '
	imcdata && head -c 1500000 /dev/zero | tr "\0" x >>box/Imcdata/Out/AAAA0001 &&
	spoolscan -s site.conf -c box/case.db box/Imcdata >/dev/null &&
	run 3 clean -w 1 --quota 1 --commit box/Imcdata &&
	has "AAAA0001: .*quota" errs && [ "$(lie box/Imcdata)" = 1 ]'
t 'a name that is taken again is not overwritten by --undo' '
	imcdata && run 0 clean -w 1 --commit box/Imcdata &&
	echo new >box/Imcdata/Out/AAAA0001 && run 3 clean --undo --commit box/Imcdata &&
	has "AAAA0001: .*another file has its name" errs &&
	[ "$(cat box/Imcdata/Out/AAAA0001)" = new ] && [ "$(lie box/Imcdata.turf)" = 1 ]'

# ---- delete ----

t '--delete wants an archive, or a word that there is none' '
	imcdata && run 2 clean -w 1 --delete --commit box/Imcdata &&
	has "no archive of .* is known" errs && [ "$(lie box/Imcdata)" = 1234 ] &&
	run 0 clean -w 1 --delete --no-archive-i-know --commit box/Imcdata &&
	[ -z "$(lie box/Imcdata)" ] && [ ! -e box/Imcdata.turf ] &&
	[ "$(ledger "SELECT verb FROM ledger ORDER BY id DESC LIMIT 1")" = delete ] &&
	[ "$(ledger "SELECT count(*) FROM entry WHERE gone IS NULL")" -eq 0 ]'

t 'only what a verified archive holds is deleted' '
	imcdata && spoolarchive -c box/case.db box/Imcdata box/kept.tar.zst >/dev/null &&
	message box/Imcdata/Out/AAAA0005 new@example.com 192.0.2.5 &&
	spoolscan -s site.conf -c box/case.db box/Imcdata >/dev/null &&
	run 3 clean -w 1 --delete --commit box/Imcdata &&
	has "AAAA0005: .*the archive does not hold it" errs && [ "$(lie box/Imcdata)" = 5 ]'
t 'nothing is deleted when the archive is damaged' '
	imcdata && rm -f box/kept* && spoolarchive -c box/case.db box/Imcdata box/kept.tar.zst >/dev/null &&
	printf X | dd of=box/kept.tar.zst bs=1 seek=700 conv=notrunc 2>/dev/null &&
	run 4 clean -w 1 --delete --commit box/Imcdata && [ "$(lie box/Imcdata)" = 1234 ] &&
	has "does not verify" errs'
t 'what parts and selections hold is deleted, and nothing else' '
	imcdata && rm -f box/kept* && spoolarchive -c box/case.db --only "path IN (\"Out/AAAA0001\", \"In/AAAA0004\")" \
	    box/Imcdata box/some.tar.zst >/dev/null &&
	run 3 clean -w 1 --delete --commit box/Imcdata && [ "$(lie box/Imcdata)" = 23 ] &&
	has "AAAA0003: .*the archive does not hold it" errs &&
	run 0 spoolarchive -c box/case.db --split 3000 box/Imcdata box/part.tar.zst && [ -e box/part-002.tar.zst ] &&
	run 0 clean -w 1 --delete --commit box/Imcdata && [ -z "$(lie box/Imcdata)" ]'
t 'of several archives one that is damaged holds nothing' '
	imcdata && rm -f box/some* box/part* && spoolarchive -c box/case.db --only "path = \"Out/AAAA0001\"" \
	    box/Imcdata box/one.tar.zst >/dev/null &&
	spoolarchive -c box/case.db --only "path = \"Out/AAAA0002\"" box/Imcdata box/two.tar.zst >/dev/null &&
	printf X | dd of=box/two.tar.zst bs=1 seek=700 conv=notrunc 2>/dev/null &&
	run 3 clean -w 1 --delete --commit box/Imcdata && [ "$(lie box/Imcdata)" = 234 ] &&
	has "two.tar.zst: does not verify" errs'

# ---- formats ----

t 'companions and streams go along, and come back' '
	rm -rf box/* && cp -R "$fixtures/iis/good-mailroot" box/Mailroot &&
	spoolscan -f iis -s site.conf -c box/case.db box/Mailroot >/dev/null &&
	f=$(cd box/Mailroot && find . -iname "*.bdr" | head -n 1) && [ -n "$f" ] &&
	echo s >"box/Mailroot/${f%.*}.BAD:note" && tree box/Mailroot >before &&
	run 0 clean -f iis -w "folder = \"badmail\"" --commit box/Mailroot &&
	[ -z "$(find box/Mailroot -iname "*.b*" -type f)" ] &&
	run 0 clean -f iis --undo --commit box/Mailroot &&
	grep -i "badmail/" before >want && tree box/Mailroot | grep -i "badmail/" | diff want -'
t 'of a pair the envelope goes first' '
	rm -rf box/* && cp -R "$fixtures/smartermail/good-spool" box/Spool &&
	spoolscan -s site.conf -c box/case.db box/Spool >/dev/null &&
	run 0 clean -w 1 --commit box/Spool && [ -z "$(find box/Spool -iname "*.hdr")" ] &&
	[ "$(find box/Spool.turf -iname "*.hdr" | wc -l)" = \
	    "$(find "$fixtures/smartermail/good-spool" -iname "*.hdr" | wc -l)" ] &&
	[ "$(ledger "SELECT min(path LIKE \"%.hdr\") FROM turf_file WHERE n = 0 AND
	    EXISTS (SELECT 1 FROM turf_file f WHERE f.entry = turf_file.entry AND f.n = 1)")" -eq 1 ]'
t 'a format that has no way is refused, with another way' '
	rm -rf box/* && cp -R "$fixtures/mbox" box/mbox && rm -f box/mbox/README &&
	f=$(find box/mbox -type f | head -n 1) && mkdir box/m && cp "$f" box/m/inbox &&
	spoolscan -f mbox -s site.conf -c box/case.db box/m >/dev/null;
	run 2 clean -f mbox -w 1 --commit box/m && has "mail reader" errs'

# ---- with rotation ----

# 12 relayed by one client, and 2 from it for us.
gang() {
	rm -rf box/* box/.I* && for i in 10 11 12 13 14 15 16 17 18 19 20 21; do
		message box/Imcdata/Out/AAAA00$i s$i@example.com 192.0.2.66
	done
	for i in 31 32; do
		message box/Imcdata/In/AAAA00$i s$i@example.com 192.0.2.66 &&
		sed -i "s/bob@example.net/alice@example.org/" box/Imcdata/In/AAAA00$i
	done
	spoolscan -s site.conf -c box/case.db box/Imcdata >/dev/null 2>&1
}
spam() { ledger "SELECT group_concat(reason) FROM entry WHERE gone IS NULL AND path LIKE '%/AAAA003_'"; }
t 'what went out speaks still: what stays is judged as it was, and what comes is too' '
	for how in "" "--delete --no-archive-i-know"; do
		gang && [ "$(spam)" = spam/relay-client,spam/relay-client ] || exit 1
		run 0 clean --class relay --commit $how box/Imcdata &&
		run 0 spoolscan -s site.conf -c box/case.db box/Imcdata && has "spam  *2 " &&
		has "0 new, 0 changed, 0 moved, 0 gone, 2 as before" errs &&
		cp box/Imcdata/In/AAAA0031 box/Imcdata/In/AAAA0033 && echo more >>box/Imcdata/In/AAAA0033 &&
		run 0 spoolscan -s site.conf -c box/case.db box/Imcdata && has "spam  *3 " &&
		spam && [ "$(spam)" = spam/relay-client,spam/relay-client,spam/relay-client ] &&
		run 0 spoolscan -s site.conf box/Imcdata && has "spam  *0 " || exit 1
	done
	gang; rm box/Imcdata/Out/*; run 0 spoolscan -s site.conf -c box/case.db box/Imcdata &&
	has "12 gone, 2 as before" errs && [ "$(spam)" = spam/relay-client,spam/relay-client ]'
t 'what a person called legit speaks for nobody, and what came back is met once' '
	gang && run 0 clean --class relay --commit box/Imcdata &&
	spoolmark -c box/case.db -w "path LIKE '"'%/AAAA001_'"'" --because test legit >/dev/null &&
	run 0 spoolscan -s site.conf -c box/case.db box/Imcdata && has "spam  *0 " &&
	gang && run 0 clean --class relay --commit box/Imcdata &&
	run 0 spoolscan -s site.conf -c box/case.db box/Imcdata &&
	run 0 clean --undo --commit box/Imcdata &&
	run 0 spoolscan -s site.conf -c box/case.db box/Imcdata &&
	has "14 as before" errs &&
	ledger "SELECT DISTINCT fact FROM evidence WHERE rule = '"'spam/relay-client'"'" >facts &&
	[ "$(wc -l <facts)" -eq 1 ] && has "12 messages for strangers, 2 for us" facts &&
	gang && mv box/Imcdata/Out/AAAA0010 box/Imcdata/In &&
	run 0 spoolscan -s site.conf -c box/case.db box/Imcdata && has "1 moved" errs &&
	ledger "SELECT DISTINCT fact FROM evidence WHERE rule = '"'spam/relay-client'"'" | diff facts -'

t 'what was moved aside before a rotation comes back into the live spool' '
	imcdata && run 0 clean -w "path = \"Out/AAAA0001\"" --commit box/Imcdata &&
	run 0 spoolarchive -c box/case.db --rotate --commit box/Imcdata &&
	run 0 clean --undo --commit box/Imcdata && [ "$(lie box/Imcdata)" = 1 ] &&
	[ "$(ledger "SELECT count(DISTINCT spool) FROM entries WHERE gone IS NULL")" -eq 2 ]'

# ---- a full disk ----

if [ "$(id -u)" -eq 0 ] && unshare -m true 2>/dev/null; then
	cat >full.sh <<'END'
mount -t tmpfs -o nr_inodes=$1 none box && cp -pR plain box/Spool && cp plain.db case.db
find box -type f -exec md5sum {} + | cut -c 1-32 | sort >before
spoolclean -c case.db -w 1 --commit box/Spool
echo "status $?"
find box -type f ! -name '.*' -exec md5sum {} + | cut -c 1-32 | sort | cmp before - || exit 1
mount -o remount,nr_inodes=100 box
spoolclean -c case.db -w 1 --commit box/Spool >/dev/null
[ -z "$(find box/Spool -type f)" ] || { echo 'some stay'; exit 1; }
spoolclean -c case.db --undo --commit box/Spool >/dev/null
[ "$(find box/Spool -type f | wc -l)" -eq "$(wc -l <before)" ]
END
	t 'on a full disk nothing is lost, and with room the next run goes on' '
	rm -rf box && mkdir box && rm -rf plain && cp -R "$fixtures/smartermail/good-spool" plain &&
	cp -pR plain box/Spool && spoolscan -s site.conf -c plain.db box/Spool >/dev/null &&
	rm -rf box/Spool && n=13 && failed=0 && while [ $n -lt 24 ]; do
		run 0 unshare -m sh full.sh $n || exit 1
		! has "status 4" || ! has "No space left" errs || failed=$((failed + 1))
		n=$((n + 1))
	done; [ $failed -ge 3 ] && has "status 0"'
fi

# ---- what may not be written, or not be read ----

if [ "$(id -u)" -eq 0 ] && unshare -m true 2>/dev/null; then
	cat >readonly.sh <<'END'
mount --bind box/Imcdata box/Imcdata && mount -o remount,bind,ro box/Imcdata
spoolclean -c box/case.db $1 --commit box/Imcdata
echo "status $?"
END
	for how in '-w 1' '-w 1 --delete --no-archive-i-know' --undo; do
		t "what cannot be written is left alone, and it is said: $how" "
		imcdata && { [ '$how' != --undo ] || clean -w 1 --commit box/Imcdata; } &&
		tree box >before && run 0 unshare -m sh readonly.sh '$how' &&
		has 'status 4' && has 'Read-only file system' errs &&
		tree box | grep -v case.db >after && grep -v case.db before | diff - after"
	done
fi
if [ "$(id -u)" -eq 0 ] && setpriv --reuid 65534 --clear-groups true 2>/dev/null; then
	t 'what cannot be read stays, and is named; the rest goes' '
	imcdata && chmod 0 box/Imcdata/Out/AAAA0002 && chmod 755 . &&
	chown -R 65534 box && run 3 setpriv --reuid 65534 --clear-groups \
	    spoolclean -c box/case.db -w 1 --commit box/Imcdata; r=$?
	chown -R 0 box; [ $r -eq 0 ] && has "AAAA0002: .*cannot be read" errs &&
	[ "$(lie box/Imcdata)" = 2 ]'
fi

# ---- killed ----

# Each so many calls here, each one in tests/long/clean.sh.
KILL_STEP=${KILL_STEP:-9}
if [ -x "$B/tests/kill" ]; then
	shm=$(mktemp -d -p /dev/shm 2>/dev/null || mktemp -d)
	trap 'rm -rf "$shm" "$work"' EXIT
	rm -rf box && ln -s "$shm" box
	mkdir box/Spool && cp -R "$fixtures/smartermail/good-spool/." box/Spool
	spoolscan -s site.conf -c box/case.db box/Spool >/dev/null 2>&1
	keep() { rm -rf "$1" && mkdir "$1" && cp -pR box/. "$1"; }
	bring() { rm -rf box/* box/.S* && cp -pR "$1/." box; }
	sums() { find box/Spool* -type f -exec md5sum {} + | cut -c 1-32 | sort; }
	files() { (cd box/Spool && find . -type f | sort); }
	sums >all && files >names
	keep scanned && clean -w 1 --commit box/Spool >/dev/null && keep aside &&
	    bring scanned && spoolarchive -c box/case.db box/Spool \
	    box/kept.tar.zst >/dev/null && keep archived
	settled() {
		[ "$(ledger 'SELECT count(*) FROM turf_entry WHERE state IN
		    ("going", "returning", "deleting")')" -eq 0 ] &&
		run "$1" spoollist -c box/case.db --verify
	}
	# no file is lost or doubled, no pair is torn, and the ledger holds
	all_back() {
		sums | diff all - && { run 0 clean --undo --commit box/Spool ||
		    [ $got -eq 1 ]; } && sums | diff all - &&
		files | diff names - && settled 0
	}
	t 'killed at any change: no file is lost, and --undo brings all back' '
	begin() { bring scanned; } && kill_each begin \
	    "spoolclean -c box/case.db -w 1 --commit box/Spool" all_back'
	t '--undo killed at any change: no file is lost, and the next brings all back' '
	begin() { bring aside; } && kill_each begin \
	    "spoolclean -c box/case.db --undo --commit box/Spool" all_back'
	# what is there is whole, what is not is in the archive; then all is gone
	all_gone() {
		cmp box/kept.tar.zst archived/kept.tar.zst &&
		[ -z "$(sums | comm -13 all -)" ] && {
		run 0 clean -w 1 --delete --commit box/Spool || [ $got -eq 1 ]; } &&
		[ -z "$(files)" ] && settled 0
	}
	t '--delete killed at any change: the next run ends it' '
	begin() { bring archived; } && kill_each begin \
	    "spoolclean -c box/case.db -w 1 --delete --commit box/Spool" all_gone'
fi

t_done
