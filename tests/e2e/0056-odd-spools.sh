#!/bin/sh
# Spools that are odd but not hostile: what the summary and the lists say.
. "${0%/*}/lib.sh"

mail() { printf 'From: a@example.net\nTo: %s\nSubject: %s\nDate: Mon, 5 Jan 2004 10:00:00 +0000\n\nhi\n' "${2:-b@example.com}" "$1"; }

# Not as root, who may read everything; $1 is the status wanted.
as_nobody() {
	want=$1
	shift
	run "$want" setpriv --reuid=65534 --regid=65534 --clear-groups \
	    "$B/bin/spoolscan" "$@"
}
drop=false
if [ "$(id -u)" = 0 ] && command -v setpriv >/dev/null 2>&1; then
	drop=true
fi

chmod 755 "$work"
mkdir -p 'dirs/a: b' dirs/c dirs/d
mail ok >dirs/c/ok.eml
chmod 0 'dirs/a: b' dirs/d
if $drop; then
	t 'a folder that may not be read is a record with its path and why' '
		as_nobody 3 -f eml -o ndjson dirs &&
		jq -r "select(.problems != null) | .path + \"|\" + .problems[0]" out | sort >got &&
		printf "%s\n" "a: b|cannot open folder: Permission denied" \
		    "d|cannot open folder: Permission denied" | diff - got &&
		has "spoolscan: dirs/a: b: cannot open folder: Permission denied" errs'
	t 'the site alone is not all there is to say of such a spool' '
		as_nobody 3 -f eml --print-site dirs && has "cannot open folder" errs'
fi
chmod 755 'dirs/a: b' dirs/d

mkdir many
for i in 1 2 3; do mail "$i" >many/$i.eml; chmod 0 many/$i.eml; done
if $drop; then
	t 'what could not be read is counted by its reason' '
		as_nobody 3 -f eml many &&
		has "^ *3  cannot open: Permission denied, first 1.eml" &&
		has "^spoolscan: many/1.eml: cannot open: Permission denied" errs'
fi

mkdir bare
printf 'X-Odd: y\n\nhi\n' >bare/a.eml
printf 'X-Odd: y\rX-More: y\r\rhi\r' >bare/b.eml
mail ok >bare/c.eml
t 'a message without a telling field is counted once, and as that' '
	run 0 spoolscan -f eml bare &&
	has "^ *2  no header field that tells anything, first a.eml" && hasnt "bare CR"'

mkdir rcpts
mail many 'a@one.example.com, b@two.example.com, c@one.example.com' >rcpts/a.eml
t 'a domain counts once for each message, in whatever order' '
	run 0 spoolscan -f eml rcpts && has "one\.example\.com .* 1\$" && hasnt "one\.example\.com .* 2\$"'

perl -e 'print "From: a\@example.net\nSubject: x\nTo: ", join(",", (map { "$_\@b" } "aaa" .. "zzz")[1 .. 10500]), "\n\n"' >rcpts/b.eml
t 'recipients of a header beyond the limit are said' '
	run 0 spoolscan -f eml -o ndjson rcpts/b.eml && has "more recipients than are kept" &&
	[ "$(jq ".recipients | length" out)" -eq 10000 ]'

perl -e 'print "From: a\@example.net\n", map { "X-" . "x" x 900 . "$_: y\n" } 1 .. 2000' >rcpts/c.eml
t 'a header that was not read to its end is not called one without an end' '
	run 0 spoolscan -f eml -o ndjson rcpts/c.eml && has "header beyond the limit" &&
	hasnt "no blank line"'

mkdir blank
printf '\n\nnote: this\nis no header\n' >blank/a.eml
printf '\n \n' >blank/b.eml
t 'any word with a colon behind blank lines is no header' '
	run 0 spoolscan -f eml -o ndjson blank && hasnt "in front of the header" &&
	[ "$(grep -c "unsure/no-header" out)" -eq 2 ]'

mkdir order
for f in 'a@9' 'a@10' 'a@10x' 'a@9x' 'a@' 'a@x' 'a@10@2' 'a@10@10'; do mail x >"order/$f"; done
t 'paths with numbers behind @ have one order' '
	run 0 spoolscan -f eml -o ndjson order && jq -r .path out >got &&
	printf "%s\n" a@ a@9 a@9x a@10 a@10@2 a@10@10 a@10x a@x | diff - got'

mkdir old
mail new | sed 's/2004/2026/' >old/new.eml
mail old | sed 's/2004/1971/' >old/old.eml
touch -d 1971-01-05 old/old.eml
t 'half a century is shown by the year' '
	run 0 spoolscan -f eml old && has " 365 d a column"'
if touch -d @9223372036854775807 old/last.eml 2>/dev/null; then
	rm old/*
	for s in '' -; do touch -d "@${s}9223372036854775807" "old/x$s.eml"; done
	for f in old/*; do
		touch -r "$f" keep && printf 'Subject: x\n\nhi\n' >"$f" && touch -r keep "$f"
	done
	t 'a time that no date can be is none' '
		run 0 spoolscan -f eml -o ndjson old && jq -se "length > 1 and all(.arrived == null)" out'
fi

# A tree of users, each with a maildir.
i=0
while [ $i -lt 300 ]; do
	mkdir -p "users/u$i/Maildir/new" "users/u$i/Maildir/cur" "users/u$i/Maildir/tmp"
	mail "$i" >"users/u$i/Maildir/new/1073264400.M1P$i.h"
	i=$((i + 1))
done
t 'more spools than files may be open by default are one scan' '
	ulimit -Sn 256 && run 0 spoolscan -o ndjson users && [ $(wc -l <out) -eq 300 ]'
t 'the commands of the summary name the operands, not what was found there' '
	run 0 spoolscan users && has "^  spoolscan -c case.db users\$" &&
	hasnt "^  spoolscan .*Maildir"'
t 'an operand that begins with a dash can be typed again' '
	mkdir -p -- -odd && mail x >-odd/x.eml && run 0 spoolscan -f eml -- -odd &&
	has "^  spoolscan .* -- -odd\$"'

# Reports to one address: ten about mail that entered elsewhere, one without
# its original, and two that are true; only their names tell them apart.
report() {	# original's header, or nothing
	printf 'Return-Path: <>\nReceived: from mail.example.net (mail.example.net [203.0.113.9])\n\tby mx.example.com with ESMTP id A%s\n\tfor <ann@example.com>; Mon, 5 Jan 2004 10:00:00 +0000\n' "$i"
	printf 'From: MAILER-DAEMON@example.net\nTo: ann@example.com\nSubject: Undelivered mail\nMessage-ID: <r%s@example.net>\nMIME-Version: 1.0\nContent-Type: multipart/report; report-type=delivery-status; boundary=b\n\n--b\n\nfailed\n\n--b\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; mail.example.net\n\nFinal-Recipient: rfc822; x@example.net\nAction: failed\nStatus: 5.1.1\n\n' "$i"
	[ -z "$1" ] || printf -- '--b\nContent-Type: message/rfc822\n\n%s\nFrom: ann@example.com\nTo: x@example.net\nSubject: x\nMessage-ID: <o%s@%s>\n\nx\n' "$1" "$i" "$2"
	printf -- '--b--\n'
}
false_hop='Received: from bot.example.org (bot.example.org [198.51.100.66]) by mail.example.net with SMTP; Mon, 5 Jan 2004 09:00:00 +0000'
true_hop='Received: from pc.example.com (pc.example.com [192.0.2.77]) by mx.example.com with ESMTP; Mon, 5 Jan 2004 09:00:00 +0000'
mkdir storm
i=10
while [ $i -lt 20 ]; do report "$false_hop" example.org >storm/f$i.eml; i=$((i + 1)); done
report '' >storm/a.eml
i=20 && report '' >storm/m.eml
i=21 && report "$true_hop" example.com >storm/s1.eml
i=22 && report "$true_hop" example.com >storm/s2.eml
i=23 && report '' >storm/z.eml
scan='spoolscan -f eml -d example.com -t 192.0.2.0/24 -o ndjson'
t 'a storm is told from all reports, whatever the order of their names' '
	run 0 $scan storm && jq -r "[.path, .reason] | @tsv" out >got &&
	[ $(grep -c "^f.*backscatter/inbound" got) -eq 10 ] &&
	[ $(grep -c "^s.*legit/own-bounce" got) -eq 2 ] &&
	[ $(grep -c "^[amz]\.eml	unsure/nothing-decides" got) -eq 3 ] || { cat got; false; }'
rm storm/s?.eml
t 'and is one for all of them when nothing speaks for the address' '
	run 0 $scan storm && jq -r "[.path, .reason] | @tsv" out >got &&
	[ $(grep -c "^[amz]\.eml	backscatter/storm" got) -eq 3 ] || { cat got; false; }'

# A content filter on the host itself passes on what its clients said.
for client in 127.0.0.1 ::1 10.1.0.9; do
	mkdir "from-$client"
	for i in $(seq 60); do
		printf 'Received: from pc%d.example.net ([%s])\n\tby mail.example.com with ESMTP;\n\tMon, 5 Jan 2004 10:00:00 +0000\n' $i $client |
		    cat - dirs/c/ok.eml >"from-$client/$i.eml"
	done
done
t 'the host itself is no gateway and no client to trust, whatever it says' '
	for client in 127.0.0.1 ::1; do
		run 0 spoolscan -f eml from-$client &&
		hasnt "gateways\|trusted" errs && has "guessed: hosts" errs || exit 1
	done'
t 'but another inside address with so many names is one' '
	run 0 spoolscan -f eml from-10.1.0.9 && has "gateways = 10.1.0.9" errs'
rm -rf from-*

# as /var/mail is: mailboxes, and what else was left there
mkdir boxes
mbox() { printf 'From a@example.net Mon Jan  5 10:00:00 2004\n'; mail "$1"; echo; }
for u in ann bob cy; do { mbox 1; mbox 2; } >boxes/$u; done
echo 'who has what' >boxes/README
t 'a note among mailboxes does not make each of them one message' '
	run 0 spoolscan boxes && has "^boxes: mbox, 7 messages"'
rm boxes/ann boxes/bob boxes/cy
mbox 1 >boxes/ann
for u in bob cy; do mail 2 >boxes/$u; done
t 'nor does a From_ line on one message make mailboxes of others' '
	run 0 spoolscan boxes && has "^boxes: eml, 4 messages"'

t 'a local domain that no message knows is told' '
	run 0 spoolscan -d exmaple.com rcpts && has "no address in it is of a local domain" errs &&
	run 0 spoolscan -d two.example.com rcpts && hasnt "no address in it" errs'

mkdir nothing
t 'where nothing is there is nothing to type next' '
	run 1 spoolscan nothing && hasnt "^next"'

t 'no place for the temporary file fails before anything is read' '
	TMPDIR=/nonexistent run 4 spoolscan -o ndjson bare && has "TMPDIR" errs && [ ! -s out ]'
mkdir -p server/mqueue server/old/deep server/conf
cp -r "$top/tests/spool/sendmail/good-mqueue/"* server/mqueue
mail old >server/old/1 && mail old >server/old/2 && mail older >server/old/deep/3
echo 'O QueueDirectory=/var/spool/mqueue' >server/conf/sendmail.cf
t 'mail that lies beside the spools of an operand is named' '
	spoolscan -l server >out 2>errs
	has "^spoolscan: server: beside the spools in it, and not read: old/[12] and 2 more; name their folders, too$" errs'
rm server/old/* 2>/dev/null; rm -r server/old
t 'other files beside them are not' '
	spoolscan -l server >out 2>errs; [ -s out ] && hasnt "beside" errs'
t_done
