#!/bin/sh
# A hostile tree in full size: make long.  Minutes, and 4 GB of disk at most.
. "${0%/*}/../e2e/lib.sh"

esc=$(printf '\033') bell=$(printf '\007') bad=$(printf '\377\376')
nl='
'
mail() { printf 'From: a@example.net\nTo: b@example.com\nSubject: %s\nDate: Mon, 5 Jan 2004 10:00:00 +0000\n\nhi\n' "$1"; }
$limit || echo '# no memory limit: a sanitizer'

# ---- all of it in one tree ----

mkdir -p s/many
mail SECRET >secret
ln -s "$work/secret" s/link
ln -s / s/root
mkfifo s/fifo
special=3
mknod s/zero c 1 5 2>/dev/null && special=4
mail newline >"s/new${nl}line"
mail escape >"s/esc${esc}[2J${esc}]0;x${bell}"
mail bytes >"s/bad${bad}" 2>/dev/null || mail bytes >s/bad
mail sparse >s/sparse && truncate -s 3G s/sparse
perl -e '
	sub w { open my $f, ">", shift or die; print $f @_ or die; close $f or die }
	my $h = "From: MAILER-DAEMON\@example.net\nTo: b\@example.com\nReturn-Path: <>\n";
	my $r = "MIME-Version: 1.0\nContent-Type: multipart/report; " .
	    "report-type=delivery-status; boundary=b0\n\n";
	w "s/nest", $h, "Subject: nest\n", $r, map { "--b" . ($_ - 1) .
	    "\nContent-Type: multipart/mixed; boundary=b$_\n\n" } 1 .. 10000;
	w "s/fields", $h, "Subject: fields\n", (map { "X-$_: y\n" } 1 .. 1000000), "\nhi\n";
	open my $f, ">", "s/line" or die;
	print $f $h, "\n";
	print $f "a" x 1000000 or die for 1 .. 200;
	close $f;
	for (1 .. 200000) {
		w sprintf("s/many/%06d", $_), "From: u$_\@example.net\n" .
		    "To: b\@example.com\nSubject: $_\n" .
		    "Date: Mon, 5 Jan 2004 10:00:00 +0000\n\nhi\n";
	}
	mkdir "s/deep"; chdir "s/deep" or die;
	for (1 .. 5000) { mkdir "d" and chdir "d" or die }' || exit 1
closed=0
as=
if [ "$(id -u)" = 0 ] && command -v setpriv >/dev/null 2>&1; then
	mail closed >s/closed && chmod 0 s/closed
	chmod 755 "$work"
	closed=1 as='setpriv --reuid=65534 --regid=65534 --clear-groups'
fi
files=200007
lines=$((files + special + closed + 1))

# The bound is of addresses, which libraries and threads reserve freely; what
# is used stands behind the loop.
for k in '' '-v' '-l' '--explain' '-o csv' '-o ndjson' '--print-site'; do
	t "the tree is scanned in 120 s and 320 MB, and the rest is told: ${k:-summary}" '
		bound 3 120 320000 $as "$B/bin/spoolscan" -f eml -j2 $k s &&
		plain out && plain errs && hasnt SECRET &&
		[ "$(grep -c ": a link\$" errs)" -eq 2 ] &&
		[ "$(grep -c ": a fifo, socket or device\$" errs)" -eq $((special - 2)) ] &&
		[ "$(grep -c "deeper than 64 are not visited\$" errs)" -eq 1 ] &&
		[ "$(grep -c "closed: cannot open: Permission denied\$" errs)" -eq $closed ] &&
		[ "$(grep -cv "^spoolscan: \(guessed\|nothing tells\|sandbox\)" errs)" -eq $((special + 1 + closed)) ]'
	case $k in
	*ndjson)
		t 'each thing has one line, with its reason' '
			[ "$(wc -l <out)" -eq $lines ] &&
			jq -c "select(.problems != null)" out >odd && cp odd out &&
			[ "$(wc -l <odd)" -eq $((special + 1 + closed + 4)) ] &&
			record nest ".problems | index(\"MIME parts nested beyond the limit\") != null" &&
			record fields ".problems | index(\"header beyond the limit, the rest was not read\") != null" &&
			record line ".problems == [\"large: only its first part was looked at\"] and .sha256 != null" &&
			record sparse ".size == 3221225472 and .sha256 != null"'
	esac
done
# 400 bytes an entry and 64 MB, in KB.
if $limit; then
	for k in '' '-o ndjson'; do
		t "memory in use is 400 bytes an entry and 64 MB at most: ${k:-summary}" '
			peak=$("$B/tests/bench/peak" "$B/bin/spoolscan" -f eml -j2 $k s) &&
			echo "$peak KB" && [ "$peak" -le $((lines * 400 / 1024 + 65536)) ]'
	done
fi
t 'paths end in NUL, each once' '
	bound 3 120 320000 $as "$B/bin/spoolscan" -f eml -0 s &&
	[ "$(tr -cd "\0" <out | wc -c)" -eq $lines ] && plain errs'
t 'any number of threads prints the same bytes' '
	bound 3 120 320000 spoolscan -f eml -j1 -l s && mv out one &&
	bound 3 120 800000 spoolscan -f eml -j8 -l s && cmp one out'

# ---- the same tree in a tar and in a zip, with a bomb beside it ----

# A zip has no fifo and no device.  Members wait in memory until they are
# read, 256 MB of them at most, which counts here.
if command -v bsdtar >/dev/null 2>&1; then
	truncate -s 400M zeros && bsdtar --format zip -cf s/bomb.zip zeros && rm zeros
	cp s/bomb.zip .
	tar --format=gnu -S -cf s.tar s 2>/dev/null
	bsdtar --format zip --options zip:compression-level=1 -cf s.zip s 2>/dev/null
else
	echo '# skipped: the archives, no bsdtar (libarchive-tools)'
fi
for f in s.tar s.zip; do
	[ -f "$f" ] || continue
	case $f in
	*.tar)	all=$((lines + 1)) told=$((special + 2)) others=$((special - 2)) ;;
	*.zip)	all=$((lines + 3 - special)) told=4 others=0 ;;
	esac
	for k in '' '--explain' '-o ndjson'; do
		t "$f is scanned in 120 s and 600 MB, and the rest is told: ${k:-summary}" '
			bound 3 120 600000 spoolscan -f eml -j2 $k "$f" &&
			plain out && plain errs && hasnt SECRET &&
			[ "$(grep -c ": a link\$" errs)" -eq 2 ] &&
			[ "$(grep -c ": a fifo, socket or device\$" errs)" -eq $others ] &&
			[ "$(grep -c ": folders nested deeper than the limit\$" errs)" -eq 1 ] &&
			[ "$(grep -c "sparse: too large to be read within an archive\$" errs)" -eq 1 ] &&
			[ "$(grep -cv "^spoolscan: \(guessed\|nothing tells\)" errs)" -eq $told ]'
		[ "$k" != '-o ndjson' ] || t "$f: each thing has one line, with its reason" '
			[ "$(wc -l <out)" -eq $all ] &&
			jq -c "select(.problems != null)" out >odd.out && cp odd.out out &&
			[ "$(wc -l <out)" -eq $((told + 4)) ] &&
			record nest ".problems | index(\"MIME parts nested beyond the limit\") != null" &&
			record fields ".problems | index(\"header beyond the limit, the rest was not read\") != null" &&
			record line ".problems == [\"large: only its first part was looked at\"] and .sha256 != null"'
	done
	if $limit; then
		t "$f: memory in use is 400 bytes an entry and 128 MB at most" '
			peak=$("$B/tests/bench/peak" "$B/bin/spoolscan" -f eml -j2 "$f") &&
			echo "$peak KB" && [ "$peak" -le $((lines * 400 / 1024 + 131072)) ]'
	fi
	t "$f and a bomb in a zip: it is refused, once, and the rest is read" '
		bound 3 120 600000 spoolscan -f eml -j2 -o ndjson "$f" bomb.zip &&
		plain out && plain errs && [ "$(wc -l <out)" -eq $((all + 1)) ] &&
		[ "$(grep -c "zeros: unpacks to many times" errs)" -eq 1 ]'
done
rm -rf s s.tar s.zip bomb.zip

# ---- a folder of folders, far down ----

perl -e 'my $n = "d" x 250; mkdir "far"; chdir "far" or die;
	for (1 .. 15) { mkdir $n and chdir $n or die }
	for (1 .. 100000) { mkdir $_ or die }' || exit 1
t '100,000 folders behind a path of 4,000 bytes' '
	bound 1 60 131072 spoolscan -f eml far && plain out'
rm -rf far

# ---- one file of many messages, and one long one ----

perl -e 'for (1 .. 300000) { print "From u$_\@example.net Mon Jan  5 01:00:00 2004\nSubject: $_\n\nhi\n\n" }
	print "From x\@example.net Mon Jan  5 01:00:00 2004\nSubject: long\n\n";
	print "From " x 200000 for 1 .. 300' >box
t 'an mbox of 300,000 messages, and one of 300 MB behind them' '
	bound 0 120 260000 spoolscan -f mbox -j2 -o ndjson box &&
	[ "$(wc -l <out)" -eq 300001 ] &&
	[ "$(grep -c "large: only its first part" out)" -eq 1 ] && plain out'
rm box

# ---- a busy spool ----

mkdir live
i=0
while [ $i -lt 2000 ]; do mail $i >live/$i.eml; i=$((i + 1)); done
t 'files come, go, grow and change places for ten seconds' '
	perl -e "
		my \$end = time + 10;
		while (time < \$end) {
			my \$f = \"live/\" . int(rand 2000) . \".eml\";
			my \$k = int rand 4;
			if (\$k == 0) { unlink \$f }
			elsif (\$k == 1) { open F, \">>\", \$f; print F \"x\" x 5000; close F }
			elsif (\$k == 2) { rename \$f, \"live/\" . int(rand 2000) . \".eml\" }
			else { open F, \">\", \$f; print F \"From: a\\@example.net\n\nhi\n\"; close F }
		}" & writer=$!
	n=0
	while kill -0 $writer 2>/dev/null; do
		for k in "" -l "-o ndjson"; do
			bound 0 20 131072 spoolscan -f eml -j2 $k live && plain out || { kill $writer; exit 1; }
			! grep -v "guessed\|nothing tells\|went away" errs || { kill $writer; exit 1; }
			n=$((n + 1))
		done
	done
	echo "$n scans"; [ $n -ge 3 ]'
t_done
