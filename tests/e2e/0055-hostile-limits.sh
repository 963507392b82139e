#!/bin/sh
# Hostile trees and messages: bounded time and memory, each thing reported
# once with its reason, status 3, and nothing raw on the way out.  What is
# too big for every run is in tests/long/hostile.sh.
. "${0%/*}/lib.sh"

mail() { printf 'From: a@example.net\nTo: b@example.com\nSubject: %s\nDate: Mon, 5 Jan 2004 10:00:00 +0000\n\nhi\n' "$1"; }

# ---- names, and what is no file ----

esc=$(printf '\033') bell=$(printf '\007') cr=$(printf '\r') del=$(printf '\177')
tab=$(printf '\t') csi=$(printf '\302\233') bidi=$(printf '\342\200\256')
bad=$(printf '\377\376') half=$(printf '\342\202')
long=$(printf '%0250d' 0)
nl='
'
mkdir -p names
for f in "new${nl}line" "esc${esc}[2J${esc}]0;x${bell}" "cr${cr}over" \
    "del${del}" "tab${tab}" "c1${csi}31m" "turn${bidi}gpj" "bad${bad}" \
    "half${half}" "$long" '%s%n%n' '-rf' '=1+1' 'a: b: c' '"q"' '$(id)' \
    'x@12' ' blank ' '\'; do
	mail "named $f" >"names/$f" 2>/dev/null ||
	    echo "# this file system has no $(printf %s "$f" | tr -cd 'a-z0-9')"
	mkdir "names/dir$f" 2>/dev/null && mail in >"names/dir$f/x.eml"
done
secret=$work/secret
mail SECRET >"$secret"
ln -s "$secret" names/l-file
ln -s / names/l-root
ln -s .. "names/l-up${esc}[31m"
ln -s nowhere names/l-nowhere
ln -s l-self names/l-self
ln -s /dev/zero names/l-zero
mkfifo "names/fifo${nl}x"
perl -MSocket -e 'socket(S, AF_UNIX, SOCK_STREAM, 0) && bind(S, sockaddr_un("names/sock")) or exit 1'
others=2 device=false
if mknod names/zero c 1 5 2>/dev/null; then
	others=3 device=true
fi
files=$(find names -type f -print0 | tr -cd '\0' | wc -c)

t 'each link, fifo, socket and device has one line that says so' '
	bound 3 20 131072 spoolscan -f eml -o ndjson names &&
	[ "$(grep -c ": a link\$" errs)" -eq 6 ] &&
	[ "$(grep -c ": a fifo, socket or device\$" errs)" -eq $others ] &&
	[ "$(grep -vc "guessed\|nothing tells what is ours" errs)" -eq $((6 + others)) ]'
$device || echo "# no device: only root makes one"
t 'and one record; every file has one, too' '
	[ "$(wc -l <out)" -eq $((files + 6 + others)) ] &&
	[ "$(jq -s "map(select(.reason == \"unsure/unreadable\")) | length" out)" -eq $((6 + others)) ] &&
	[ "$(jq -s "map(.path) | unique | length" out)" -eq "$(wc -l <out)" ]'
t 'nothing outside is read' 'hasnt SECRET && hasnt root:'

kinds='| -v | -l | --explain | -o table | -o csv | -o ndjson | --print-site'
(IFS='|'; for k in $kinds; do echo "$k"; done) >kinds
t 'what is printed is plain text: every kind, both outputs' '
	while read -r k; do
		spoolscan -f eml $k names >out 2>errs </dev/null
		[ $? -eq 3 ] && plain out && plain errs && [ -s out ] && [ -s errs ] ||
		    { echo "kind: $k"; exit 1; }
	done <kinds'
t 'the same when a folder of that name is the spool' '
	for d in names/dir*; do
		[ "$d" = "names/dir-rf" ] || while read -r k; do
			spoolscan -f eml $k "$d" >out 2>errs </dev/null
			[ $? -eq 0 ] && plain out && plain errs ||
			    { echo "kind: $k"; exit 1; }
		done <kinds || exit 1
	done'
t 'a spool that is not there is named in plain text' '
	bound 4 5 131072 spoolscan "no${esc}[2J${nl}where" && plain errs'
if command -v script >/dev/null 2>&1 && script -qc true /dev/null >/dev/null 2>&1; then
	t 'on a terminal there are colours, and no other escape' '
		for k in "" -l --explain; do
			TERM=xterm script -qec "spoolscan -f eml $k names" /dev/null >tty </dev/null
			[ $? -eq 3 ] && grep -q "${esc}\[" tty &&
			perl -pi -e "s/\e\[[0-9;]*m//g; s/\r+\n/\n/" tty && plain tty ||
			    { echo "kind: $k"; exit 1; }
		done'
fi
t 'a formula in a name is none in CSV' '
	spoolscan -f eml -o csv names >out 2>errs; has "\(,\|^\|\"\)'\''=1+1" && hasnt "\(,\|^\)=1+1"'
t 'paths for the next command open what they name' '
	spoolscan -f eml -0 names >list 2>errs; [ $? -eq 3 ] &&
	perl -0ne "chomp; print \$_ if ! -l && ! -e" list >gone && [ ! -s gone ] &&
	[ "$(tr -cd "\0" <list | wc -c)" -eq $((files + 6 + others)) ]'

for f in ims55 iis ex2007 maildir mbox; do
	t "$f: the same tree is walked to its end" '
		bound 3 20 131072 spoolscan -f '$f' -o ndjson names || [ "$got" -le 1 ] &&
		plain out && plain errs && hasnt SECRET'
done

# ---- not as root ----

if [ "$(id -u)" = 0 ] && command -v setpriv >/dev/null 2>&1; then
	mkdir "closed${esc}" && mail a >"closed${esc}/a.eml"
	mkdir -p locked/in && mail b >locked/b.eml && mail c >"locked/c${esc}[2J"
	chmod 755 "$work"
	chmod 0 "closed${esc}" "locked/c${esc}[2J" locked/in
	mv "closed${esc}" locked/
	nobody='setpriv --reuid=65534 --regid=65534 --clear-groups'
	t 'what may not be read is told once each, folders too' '
		bound 3 10 131072 $nobody "$B/bin/spoolscan" -f eml -o ndjson locked &&
		[ "$(grep -c "ermission denied" errs)" -eq 3 ] && plain errs && plain out &&
		[ "$(wc -l <out)" -eq 4 ]'
	chmod -R u+rwx locked
fi

# ---- between the list and the read ----

# The file with the lowest inode is read first, and for long: 400 MB to digest.
# While it is open the others have been listed, and are changed.
mkdir live
for i in 01 02 03 04 05 06 07 08 09 10; do mail "$i" >live/$i.eml; done
first=$(ls -i live | sort -n | sed -n '1s/.* //p')
truncate -s 400M "live/$first"
set -- $(ls live | grep -v "^$first\$")
gone=$1 grown=$2 shrunk=$3 link=$4 fifo=$5 dir=$6 anew=$7
while_read() {
	spoolscan -f eml -j1 -o ndjson live >out 2>errs &
	pid=$!
	i=0
	until ls -l /proc/$pid/fd 2>/dev/null | grep -q "live/$first\$"; do
		i=$((i + 1))
		[ $i -lt 200 ] && kill -0 $pid 2>/dev/null || return 1
		sleep 0.02
	done
	rm "live/$gone"
	perl -e 'print "x" x 100000' >>"live/$grown"
	: >"live/$shrunk"
	rm "live/$link" && ln -s "$secret" "live/$link"
	rm "live/$fifo" && mkfifo "live/$fifo"
	rm "live/$dir" && mkdir "live/$dir"
	mail changed >"live/new" && mv live/new "live/$anew"
	perl -e 'print "x"' >>"live/$first"
	wait $pid
	[ $? -eq 3 ]
}
[ -d /proc/self/fd ] && t 'files that change between the list and the read' '
	while_read &&
	[ "$(wc -l <out)" -eq 9 ] && hasnt SECRET && hasnt "\"$gone\"" &&
	has "^spoolscan: 1 files went away while we looked: the spool is live" errs &&
	[ "$(grep -c "^spoolscan: live/$link: a link, not followed\$" errs)" -eq 1 ] &&
	[ "$(grep -c "^spoolscan: live/$fifo: not a regular file\$" errs)" -eq 1 ] &&
	[ "$(grep -c "^spoolscan: live/$dir: not a regular file\$" errs)" -eq 1 ] &&
	[ "$(grep -c "^spoolscan: live/" errs)" -eq 3 ]'
[ -d /proc/self/fd ] && t 'what grew is read as it is then, what is empty is said' '
	record "$grown" ".size > 100000 and .subject == \"${grown%.eml}\"" &&
	record "$anew" ".subject == \"changed\"" &&
	record "$shrunk" ".problems | index(\"the file is empty\")" &&
	record "$first" ".size == 419430400 and .sha256 != null"'
rm -rf live

# ---- messages ----

mkdir bombs
perl -e '
	sub w { open my $f, ">", "bombs/" . shift or die; print $f @_ }
	my $h = "From: MAILER-DAEMON\@example.net\nTo: b\@example.com\n" .
	    "Subject: Undelivered mail\nReturn-Path: <>\nMIME-Version: 1.0\n";
	my $r = "Content-Type: multipart/report; report-type=delivery-status; boundary=b0\n\n";
	w "nest.eml", $h, $r, map { "--b" . ($_ - 1) .
	    "\nContent-Type: multipart/mixed; boundary=b$_\n\n" } 1 .. 10000;
	w "same.eml", $h, $r =~ s/b0/b/r,
	    "--b\nContent-Type: multipart/mixed; boundary=b\n\n" x 20000;
	w "rfc822.eml", $h, $r, "--b0\n", "Content-Type: message/rfc822\n\n" x 10000;
	w "base64.eml", $h, "Content-Type: message/rfc822\n",
	    "Content-Transfer-Encoding: base64\n\n", "RnJvbTogYQo=\n" x 70000;
	w "parts.eml", $h, $r, "--b0\n\nx\n" x 100000;
	w "dashes.eml", $h, $r, (map { "--b" . ($_ - 1) .
	    "\nContent-Type: multipart/mixed; boundary=b$_\n\n" } 1 .. 99),
	    "--x\n" x 200000;
	w "status.eml", $h, $r, "--b0\nContent-Type: message/delivery-status\n\n",
	    "Final-Recipient: rfc822; a\@example.com\nAction: failed\n\n" x 18000;
	w "fields.eml", $h, (map { "X-$_: y\n" } 1 .. 1000000), "\nhi\n";
	w "names.eml", "From: a\@example.net\n", "To: b\@example.com\n" x 100000, "\n";
	w "hops.eml", $h, "Received: from a by b; Mon, 5 Jan 2004 10:00:00 +0000\n" x 200000, "\n";
	w "folds.eml", "From: a\@example.net\nSubject: a", "\n " x 400000, "\n\n";
	w "line.eml", $h =~ s/(Subject: )/$1 . "a" x 20000000/er, "\nhi\n";
	w "comments.eml", "From: ", "(" x 90000, "\nTo: ", "<" x 9000, "\n\n";
	w "groups.eml", "From: a\@example.net\nTo: ", ";a:" x 30000, "\n\n";
	w "quotes.eml", "From: \"", "\\\"" x 45000, "\n\n";
	w "words.eml", "From: a\@example.net\nSubject: ", "=?iso-2022-jp?b?GyRC?= " x 4000, "\n\n";
	w "open-words.eml", "From: a\@example.net\nSubject: ", "=?" x 40000, "\n\n";
	w "params.eml", $h, "Content-Type: multipart/report", (map { "; boundary*$_=x" } 0 .. 5000), "\n\n";
	w "uu.eml", $h, "\n", "begin 644 a\n" x 80000;
	w "notice.eml", $h, "\n<", "a\@" x 400000;
	w "html.eml", $h, "Content-Type: text/html\n\n", "<a" x 500000;
	w "quoted.eml", $h, $r, "--b0\nContent-Type: message/delivery-status\n",
	    "Content-Transfer-Encoding: quoted-printable\n\n", "=0A=" x 200000;
	w "nul.eml", "\0" x 1000000;
	w "cr.eml", "\r" x 1000000;
	w "blank.eml", "\n" x 1000000;
	w "colons.eml", ":" x 1000000;
	w "from.eml", "From " x 200000;
	w "high.eml", $h, "Content-Type: text/plain; charset=iso-2022-jp\n\n", "\377" x 900000;
'
mail sparse >bombs/sparse.eml && truncate -s 3G bombs/sparse.eml
bombs=$(ls bombs | wc -l)
t "$bombs messages made to hurt are read in 64 MB, and quickly" '
	bound 0 20 131072 spoolscan -f eml -j2 --explain bombs &&
	[ "$(wc -l <out)" -gt $bombs ] && plain out && plain errs'
rm bombs/sparse.eml		# its digest takes seconds
t 'and give a line of JSON each' '
	bound 0 20 131072 spoolscan -f eml -j2 -o ndjson bombs &&
	[ "$(wc -l <out)" -eq $((bombs - 1)) ] && jq -es "all(.v == 1)" out >/dev/null && plain out'
said() { record "$1" ".problems | index(\"$2\") != null"; }
t 'reaching a limit is said, once' '
	said nest.eml "MIME parts nested beyond the limit" &&
	said same.eml "more MIME parts than the limit" &&
	said parts.eml "more MIME parts than the limit" &&
	said fields.eml "header beyond the limit, the rest was not read" &&
	said names.eml "header beyond the limit, the rest was not read" &&
	said line.eml "header beyond the limit, the rest was not read" &&
	said line.eml "large: only its first part was looked at" &&
	jq -es "all((.problems // []) | length == (unique | length))" out'
for f in ims55 iis ex2007 mbox; do
	t "$f: the same messages, in the same bounds" '
		bound 0 20 131072 spoolscan -f '$f' -j2 -o ndjson bombs && plain out && plain errs &&
		jq -es "all(.v == 1)" out >/dev/null'
done
t 'no time is lost on one of them' '
	for f in bombs/*; do
		bound 0 2 131072 spoolscan -f eml -j1 "$f" || { echo "$f"; exit 1; }
	done'
rm -rf bombs

# ---- trees ----

perl -e 'mkdir "deep"; chdir "deep" or die;
	for (1 .. 5000) { mkdir "d" and chdir "d" or die; }
	open F, ">x.eml"; print F "From: a\@example.net\n\n"'
mail top >deep/x.eml
t '5,000 folders one in the other are left where the limit is, said once' '
	bound 3 5 131072 spoolscan -f eml -o ndjson deep &&
	[ "$(wc -l <out)" -eq 2 ] && [ "$(grep -c "deeper than" errs)" -eq 1 ]'
perl -e 'my $n = "d" x 250; mkdir "longpath"; chdir "longpath" or die;
	for (1 .. 40) { mkdir $n and chdir $n or die; open F, ">x"; print F "From: a\@example.net\n\n"; close F }
	for (1 .. 50) { mkdir $_ or die }'
t 'a path of 10,000 bytes is left at the limit, said once with its reason' '
	bound 3 5 131072 spoolscan -f eml -o ndjson longpath &&
	[ "$(grep -c "folders with a path of more than 4096 bytes are not visited\$" errs)" -eq 1 ] &&
	[ "$(grep -c "unsure/nothing-decides" out)" -eq 16 ]'
perl -e 'mkdir "flat"; my $s = "From: a\@example.net\nTo: b\@example.com\nSubject: ";
	for (1 .. 10000) { open F, ">flat/$_" or die; print F $s, $_, "\n\nhi\n" or die }
	for (1 .. 1000) { mkdir "flat/d$_" or die }'
mkfifo flat/fifo
t '10,000 files and 1,000 folders in one folder' '
	bound 3 20 131072 spoolscan -f eml -j2 -o ndjson flat && [ "$(wc -l <out)" -eq 10001 ] &&
	[ "$(grep -c "flat/fifo: a fifo" errs)" -eq 1 ]'
t 'with few files allowed to be open' '
	(ulimit -n 40; bound 3 20 131072 spoolscan -f eml -j2 flat)'
t_done
