#!/bin/sh
# What the machine may refuse - memory, descriptors, room on the disk, a sync -
# is refused at one call after the other while something is written: nothing is
# lost, nothing is there twice, the ledger holds, the command says so, and the
# next run does the work.  Some calls here, each one in tests/long/faults.sh.
. "${0%/*}/lib.sh"

[ -x "$B/tests/kill" ] || skip_all 'no tests/kill'
[ "$(uname -m)" = x86_64 ] || skip_all 'tests/kill -e knows x86_64 only'
command -v sqlite3 >/dev/null || skip_all 'no sqlite3'
$limit || skip_all 'a sanitizer ends the process where there is no memory'
fixtures=$top/tests/spool
FAIL_STEP=${FAIL_STEP:-37}
shm=$(mktemp -d -p /dev/shm 2>/dev/null || mktemp -d)
trap 'rm -rf "$shm" "$work"' EXIT
ln -s "$shm" box
cat >site.conf <<'END'
local_domains = example.com
END
ask() { sqlite3 "$1" "$2"; }
quick() { spoolscan -j 1 --no-magic -s site.conf -c "$1" "$2" >/dev/null 2>&1; }
fails() {
	fail_each "$1" "$2" "$3"; r=$?
	[ -z "${FAIL_REPORT-}" ] || echo "$tried points, step $FAIL_STEP, errors ${FAIL_WITH:-0}: $2" >>"$FAIL_REPORT"
	return $r
}

# ---- a case ----

content() {
	ask "$1" 'SELECT s.path, e.path, e.id, e.class FROM entry e
	    JOIN spool s USING (spool) WHERE e.gone IS NULL ORDER BY 1, 2'
}
cp -R "$fixtures/smartermail/good-spool" few
quick whole.db few; content whole.db >whole
new() { rm -f box/*; }
scanned() {
	spoollist -c box/k.db --verify >said 2>&1 ||
	    grep -q -e "an empty file" -e "no such case" -e "without its UUID" said ||
	    { cat said; return 1; }
	quick box/k.db few
	[ "$(ls box)" = k.db ] && [ "$(ask box/k.db 'PRAGMA integrity_check')" = ok ] &&
	content box/k.db | cmp - whole && spoollist -c box/k.db --verify >/dev/null
}
t 'a first scan of a case' '[ -s whole ] &&
	fails new "spoolscan -j 1 --no-magic -s site.conf -c box/k.db few" scanned'
before_again() { rm -f box/*; cp whole.db box/k.db; }
t 'a second one' '
	fails before_again "spoolscan -j 1 --no-magic -s site.conf -c box/k.db few" scanned'
marked() {
	[ "$(ask box/k.db "SELECT count(DISTINCT class) FROM mark")" -le 1 ] &&
	{ [ "$got" -ne 0 ] || [ "$(ask box/k.db "SELECT count(*) FROM mark")" -gt 0 ]; } &&
	run 0 spoolmark -c box/k.db -w 1 relay && run 0 spoollist -c box/k.db --verify
}
t 'a mark' 'fails before_again "spoolmark -c box/k.db -w 1 relay" marked'

# ---- turf and back ----

clean() { spoolclean -c box/case.db "$@"; }
ledger() { ask box/case.db "$1"; }
new; mkdir box/Spool && cp -R "$fixtures/smartermail/good-spool/." box/Spool
quick box/case.db box/Spool
keep() { rm -rf "$1" && mkdir "$1" && cp -pR box/. "$1"; }
bring() { rm -rf box/* box/.S* && cp -pR "$1/." box; }
sums() { find box/Spool* -type f -exec md5sum {} + | cut -c 1-32 | sort; }
files() { (cd box/Spool && find . -type f | sort); }
sums >all; files >names
keep scanned.d; clean -w 1 --commit box/Spool >/dev/null 2>&1; keep aside.d
bring scanned.d; spoolarchive -j 1 -c box/case.db box/Spool box/kept.tar.zst >/dev/null 2>&1
keep archived.d
settled() {
	[ "$(ledger 'SELECT count(*) FROM turf_entry WHERE state IN
	    ("going", "returning", "deleting")')" -eq 0 ] &&
	run 0 spoollist -c box/case.db --verify
}
all_back() {
	sums | diff all - && { run 0 clean --undo --commit box/Spool ||
	    [ $got -eq 1 ]; } && sums | diff all - && files | diff names - && settled
}
from_scanned() { bring scanned.d; }
from_aside() { bring aside.d; }
from_archived() { bring archived.d; }
t 'turf' 'fails from_scanned "spoolclean -c box/case.db -w 1 --commit box/Spool" all_back'
t 'undo' 'fails from_aside "spoolclean -c box/case.db --undo --commit box/Spool" all_back'
all_gone() {
	cmp box/kept.tar.zst archived.d/kept.tar.zst &&
	[ -z "$(sums | comm -13 all -)" ] && {
	run 0 clean -w 1 --delete --commit box/Spool || [ $got -eq 1 ]; } &&
	[ -z "$(files)" ] && settled
}
t 'delete' 'fails from_archived "spoolclean -c box/case.db -w 1 --delete --commit box/Spool" all_gone'

# ---- archive and prune ----

to_pack() {
	bring empty.d && mkdir -p box/t/a/b && printf one >box/t/1 &&
	printf two >box/t/a/2 && printf three >box/t/a/b/3 && ln box/t/1 box/t/a/4 &&
	ln -s 1 box/t/l && cp pack.db box/case.db
}
mkdir empty.d; : >pack.db; to_pack; quick box/case.db box/t; cp box/case.db pack.db
cp -a box/t t.kept
whole_tree() {
	for f in 1 a/2 a/b/3 a/4; do
		cmp -s "t.kept/$f" "box/t/$f" && continue
		[ -e box/x.tar.zst ] || { echo "$f is nowhere"; return 1; }
		[ -e bag ] || { mkdir bag && tar -C bag -xf box/x.tar.zst || return 1; }
		cmp "bag/x/data/$f" "t.kept/$f" || return 1
	done
	rm -rf bag
}
packed() {
	whole_tree || return 1
	{ [ "$got" -ne 0 ] || [ -e box/x.tar.zst ]; } || { echo "no archive"; return 1; }
	spoolarchive -j 1 -c box/case.db box/t box/x.tar.zst >said 2>&1
	case $? in
	0)	;;
	2|4)	[ -e box/x.tar.zst ] || { cat said; return 1; } ;;	# all was done
	*)	cat said; return 1 ;;
	esac
	run 0 spoollist -c box/case.db --verify &&
	run 0 spoolarchive --verify box/x.tar.zst && whole_tree && [ -e box/t/1 ] &&
	[ "$(ls -A box | tr "\n" " ")" = "case.db t x.tar.zst x.tar.zst.sha256 " ] ||
	    { ls -A box; return 1; }
}
t 'archive' 'fails to_pack "spoolarchive -j 1 -c box/case.db box/t box/x.tar.zst" packed'
to_prune() { to_pack && spoolarchive -j 1 -c box/case.db box/t box/x.tar.zst >/dev/null 2>&1; }
pruned() {
	whole_tree || return 1
	[ ! -e box/t ] || run 0 spoolarchive -j 1 -c box/case.db --prune --commit box/t box/x.tar.zst || return 1
	whole_tree && [ ! -e box/t ] && run 0 spoollist -c box/case.db --verify
}
t 'prune' 'fails to_prune "spoolarchive -j 1 -c box/case.db --prune --commit box/t box/x.tar.zst" pruned'

# ---- rotate ----

to_rotate() {
	bring empty.d && mkdir -p box/Imcdata/In/Archive box/Imcdata/Out box/Imcdata/Log &&
	printf 'X-Sender: a@example.org\nX-Receiver: b@example.net\nFrom: a@example.org\n\na\n' >box/Imcdata/In/ABCD1234 &&
	cp box/Imcdata/In/ABCD1234 box/Imcdata/Out/EFGH5678 && : >box/Imcdata/queue.dat
}
old() { ls -d box/Imcdata.2* 2>/dev/null; }
rotated() {
	[ "$(old | wc -l)" -le 1 ] && [ -d box/Imcdata ] || { ls -A box; return 1; }
	[ "$got" -ne 0 ] || [ "$(old | wc -l)" -eq 1 ] || { echo "no old tree"; return 1; }
	[ "$(old | wc -l)" -eq 1 ] && [ "$got" -eq 0 ] ||
	    run 0 spoolarchive -c box/case.db --rotate --wait 0 --commit box/Imcdata || return 1
	g=$(old | head -n 1)
	[ -d box/Imcdata/In/Archive ] && [ -d box/Imcdata/Log ] &&
	[ "$(find box/Imcdata* -type f -o -name "*.new" | sort)" = \
"$g/In/ABCD1234
$g/Out/EFGH5678
$g/queue.dat" ] && [ "$(ledger 'SELECT count(*) FROM rotation WHERE state IN ("building", "swapping")')" -eq 0 ] &&
	run 0 spoollist -c box/case.db --verify --gone
}
t 'rotate' 'fails to_rotate "spoolarchive -c box/case.db --rotate --wait 0 --commit box/Imcdata" rotated'

# ---- replay ----

mkdir -p mail/Out
for i in 1 2 3 4; do
	printf 'X-Sender: a@example.org\nX-Receiver: b@example.com\nFrom: a@example.org\nMessage-ID: <%d@example.org>\nSubject: %d\n\nseal %d\n' \
	    $i $i $i >"mail/Out/0000000$i"
	touch -d 2004-01-05T01:00:00Z "mail/Out/0000000$i"
done
to_replay() { bring empty.d && mkdir box/Pickup && cp mail.db box/case.db; }
quick mail.db mail
again="spoolreplay -c box/case.db -w 1 --to ims55:box/Pickup --rate 600000 --stall 0 --commit"
replayed() {
	find box/Pickup -type f | wc -l >there
	[ "$(cat there)" -le 4 ] || { echo "too many: $(cat there)"; return 1; }
	[ "$got" -ne 0 ] || [ "$(cat there)" -eq 4 ] || { echo "status 0, and $(cat there) are there"; return 1; }
	$again >said 2>&1
	[ "$(grep -h seal box/Pickup/* 2>/dev/null | sort -u | wc -l)" -eq 4 ] &&
	[ "$(find box/Pickup -type f | wc -l)" -eq 4 ] && run 0 spoollist -c box/case.db --verify ||
	    { cat said; ls box/Pickup; return 1; }
}
spoolmark -c mail.db -w 1 legit >/dev/null 2>&1
t 'replay into a folder' 'fails to_replay "$again" replayed'

# A server, and a command, that keep what they got: each message once or, when
# its fate is not known, not again.  The calls of the command count as well.
kept() { cat sent/* 2>/dev/null | grep "^seal" | tr -d "\r" | sort; }
to_send() { bring empty.d && cp mail.db box/case.db && rm -rf sent/*; }
once() {
	[ "$(kept | uniq -d | wc -l)" -eq 0 ] || { echo twice; kept; return 1; }
	[ "$got" -ne 0 ] || [ "$(kept | wc -l)" -eq 4 ] || { echo "status 0: $(kept)"; return 1; }
	$sends >said 2>&1
	spoolreplay -c box/case.db --status >states
	[ "$(kept | uniq -d | wc -l)" -eq 0 ] &&
	[ $(($(kept | wc -l) + $(grep -c doubtful states))) -ge 4 ] &&
	run 0 spoollist -c box/case.db --verify || { cat said; kept; cat states; return 1; }
}
mkdir sent; step=$FAIL_STEP
[ "$step" -eq 1 ] || FAIL_STEP=$((4 * step))	# they have many points
perl "$top/tests/replay/sink.pl" good port sent &
sink=$!
until [ -s port ]; do sleep 0.1; done
sends="spoolreplay -c box/case.db -w 1 --to smtp://127.0.0.1:$(cat port) --rate 600000 --stall 5 --tries 1 --commit"
t 'replay to a server' 'fails to_send "$sends" once'
kill $sink
sends="spoolreplay -c box/case.db -w 1 --to maildrop-command:$B/tests/take --rate 600000 --stall 5 --tries 1 --commit"
t 'replay to a command' 'export TAKE="$work/sent"; fails to_send "$sends" once'
FAIL_STEP=$step

# ---- what is written beside the spool ----

to_extract() { bring empty.d && cp -p whole.tar.zst box/x.tar.zst; }
to_pack; spoolarchive -j 1 box/t whole.tar.zst >/dev/null 2>&1
extracted() {
	for f in $(cd t.kept && find . -type f); do
		[ ! -e "box/out/$f" ] || cmp "t.kept/$f" "box/out/$f" || return 1
		[ "$got" -ne 0 ] || [ -e "box/out/$f" ] || { echo "no $f"; return 1; }
	done
	rm -rf box/out && run 0 spoolarchive --extract box/x.tar.zst box/out &&
	diff -r t.kept box/out
}
t 'extract' 'fails to_extract "spoolarchive -j 1 --extract box/x.tar.zst box/out" extracted'

cat >mail.log <<'END'
Jan  5 01:00:00 mx postfix/smtpd[1]: 3F9A2: client=c[203.0.113.9], sasl_method=PLAIN, sasl_username=bob
Jan  5 01:00:00 mx postfix/cleanup[2]: 3F9A2: message-id=<1@example.org>
Jan  5 01:00:00 mx postfix/qmgr[3]: 3F9A2: from=<a@example.org>, size=100, nrcpt=1 (queue active)
Jan  5 01:00:01 mx postfix/smtp[4]: 3F9A2: to=<b@example.com>, relay=m[192.0.2.1]:25, delay=1, dsn=2.0.0, status=sent (ok)
END
joins="spoollog -c box/case.db -s site.conf --year 2004 mail.log"
account() { ask box/case.db "SELECT account FROM log_join"; }
to_join() { bring empty.d && rm -rf box/.I* && cp mail.db box/case.db; }
joined() {
	{ [ "$(account)" = bob ] || { [ "$got" -ne 0 ] && [ -z "$(account)" ]; }; } &&
	run 0 $joins && [ "$(account)" = bob ] && run 0 spoollist -c box/case.db --verify
}
t 'what logs say' 'fails to_join "$joins" joined'

in_box() { [ "$(ls -A box | tr "\n" " ")" = "$1 " ] || { ls -A box; return 1; }; }
to_write() { to_join && echo old >box/r.html && echo old >box/gauge; }
reported() {
	{ has "^</html>" box/r.html || { [ "$got" -ne 0 ] && grep -qx old box/r.html; }; } &&
	run 0 spoolreport -c box/case.db box/r.html && has "^</html>" box/r.html &&
	in_box "case.db gauge r.html"
}
t 'a report' 'fails to_write "spoolreport -c box/case.db box/r.html" reported'
counts="spoolstat -j 1 --write box/gauge --baseline box/normal mail"
counted() {
	{ has "^total" box/gauge || { [ "$got" -ne 0 ] && grep -qx old box/gauge; }; } &&
	{ [ "$(grep -c ^total box/normal 2>/dev/null)" = 1 ] ||
	    { [ "$got" -ne 0 ] && [ ! -e box/normal ]; }; } &&
	run 0 $counts && has "^total" box/gauge && in_box "case.db gauge normal r.html"
}
t 'a gauge and a baseline' 'fails to_write "$counts" counted'

# ---- memory, whoever asks for it ----

if [ -z "${FAIL_BY-}" ] && [ -e "$B/tests/nomem.so" ]; then
	FAIL_BY=memory FAIL_STEP=1999
	t 'no memory for a scan' '
		fails new "spoolscan -j 1 --no-magic -s site.conf -c box/k.db few" scanned'
	t 'no memory for a turf' '
		fails from_scanned "spoolclean -c box/case.db -w 1 --commit box/Spool" all_back'
	t 'no memory for a replay' 'fails to_replay "$again" replayed'
fi

t_done
