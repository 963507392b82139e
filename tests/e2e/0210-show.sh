#!/bin/sh
# spoolshow FILE: one message whole, without a case.
. "$(dirname "$0")/lib.sh"

wild=$top/tests/spool/wild
cp -R "$top/tests/spool/ims55/good-imcdata" imc
cp -R "$top/tests/spool/smartermail/good-spool" sm
find imc sm -type f -exec touch -d 2004-01-05T12:00:00Z {} +

t 'each hand-made message is shown, and nothing raw of it' '
	for f in "$wild"/*.eml; do
		run 0 spoolshow -d example.org -t 192.0.2.0/24 "$f" &&
		plain out || { echo "$f"; exit 1; }
	done'

t 'the page has all that is promised' '
	cp "$wild/odd-program-as-pdf.eml" x.eml &&
	run 0 spoolshow -d example.org x.eml &&
	sed "s:^spool  .*:spool       (here):" out >page && mv page out &&
	same show-page.txt'

t 'class, reason, id and digest are those of a scan' '
	run 0 spoolscan -d example.org -t 192.0.2.0/24 -o ndjson x.eml &&
	jq -r "\"id          \(.id)\", \"sha256      \(.sha256)\",
	    \"class       \(.class), \(.reason)\"" out >want &&
	run 0 spoolshow -d example.org -t 192.0.2.0/24 x.eml &&
	grep -Fxf want out | sort >got && sort want | diff - got'

t 'the envelope comes from the companion, with its provenance' '
	run 0 spoolshow -d example.org sm/1001.eml &&
	has "^sender .* (companion)$" && has "^recipients .* (companion)$"'

t 'what spoolscan -0 prints is what spoolshow takes' '
	run 0 spoolscan -0 -d example.org imc "$top/tests/spool/mbox/good-two.mbox" sm &&
	mv out list && n=$(tr "\0" "\n" <list | wc -l) &&
	spoolshow -0 -d example.org - <list >out 2>errs &&
	[ "$(grep -c "^id  " out)" -eq "$n" ] && hasnt cannot errs'

t 'in an archive it is the same page' '
	tar -cf sm.tar sm && run 0 spoolshow -d example.org sm/1001.eml &&
	grep -v "^spool " out >plain &&
	run 0 spoolshow -d example.org sm.tar/sm/1001.eml &&
	grep -v "^spool " out | diff plain -'

t 'raw: exactly the bytes that the digest is of' '
	run 0 spoolshow --raw imc/Out/NQ1NQYQK && cmp out imc/Out/NQ1NQYQK &&
	run 0 spoolshow --raw x.eml && cmp out x.eml'

if script -qc true /dev/null >/dev/null 2>&1; then
	terminal=true
else
	terminal=false
	echo '# no terminal can be made here: raw on a terminal is not tried'
fi
t 'raw is not for a terminal' '
	$terminal || exit 0
	script -qec "spoolshow --raw x.eml" /dev/null >out </dev/null
	[ $? -eq 2 ] && has "not to a terminal" && hasnt "Received:"'

t 'one part: its text, or its bytes' '
	run 0 spoolshow --part 2 x.eml && has "^as we said$" &&
	run 4 spoolshow --part 3 x.eml && has "is no text" errs && [ ! -s out ] &&
	run 0 spoolshow --part 3 --raw x.eml && [ "$(wc -c <out)" -eq 202 ] &&
	run 0 spoolshow -d example.org x.eml &&
	has "$(spoolshow --part 3 --raw x.eml | sha256sum | cut -c 1-64)" &&
	run 4 spoolshow --part 4 x.eml && has "there is no part 4" errs'

t 'the header alone, decoded; its bytes' '
	run 0 spoolshow --headers "$wild/good-words.eml" && plain out &&
	hasnt "=?" && has "^Subject: " && hasnt "^$" &&
	run 0 spoolshow --headers --raw "$wild/good-words.eml" &&
	cmp -n "$(wc -c <out)" out "$wild/good-words.eml" && has "=?"'

t 'a part larger than what a scan reads is whole' '
	head -c 3000000 /dev/urandom >bytes &&
	{ printf "From: a@example.org\r\nMIME-Version: 1.0\r\n"
	printf "Content-Type: application/octet-stream\r\n"
	printf "Content-Transfer-Encoding: base64\r\n\r\n"
	base64 bytes; } >big.eml &&
	run 0 spoolshow --raw --part 1 big.eml && cmp out bytes &&
	run 0 spoolshow big.eml && has "$(sha256sum <bytes | cut -c 1-64)"'

printf 'Received: from x ([203.0.113.5]) by mail.example.org with SMTP; Mon, 5 Jan 2004 01:02:05 +0000
Received: from y ([198.51.100.5]) by mail.example.org with SMTP; Mon, 5 Jan 2004 01:00:00 +0000
Subject: forged hop below a stranger

.
' >way.eml
t 'hops below a stranger are not believed, delays are told' '
	run 0 spoolshow -d example.org way.eml &&
	has "^  \* 2004-01-05T01:02:05Z  +2 min 5 s$" &&
	has "^    2004-01-05T01:00:00Z$" && has "from 203.0.113.5 (stranger)"'

t 'values that attack are harmless on the page' '
	{ printf "Subject: \033]0;x\a=cmd|calc <script>\xff\xe2\x80\xae\n"
	printf "From: =?utf-8?B?G1syShtdMDt4Bw==?= <a@example.org>\n"
	printf "Content-Type: text/plain; name=\"\033[2J\"\nX-Long: "
	head -c 1000000 /dev/zero | tr "\0" a
	printf "\n\n\033[2J\x9b2J\n"; } >bad.eml &&
	bound 0 10 1000000 spoolshow -d example.org bad.eml && plain out &&
	run 0 spoolshow --headers bad.eml && plain out &&
	run 0 spoolshow --part 1 bad.eml && plain out'

t 'what cannot be shown is told, the rest is shown' '
	run 3 spoolshow x.eml none.eml && has "^id  " && has "none.eml: cannot open" errs &&
	run 4 spoolshow "$top/tests/spool" && has "not a file" errs &&
	run 2 spoolshow && has "which message" errs &&
	run 1 spoolshow -'

t 'of an archive of several messages none is shown for the others' '
	mkdir several && cp x.eml several/1.eml && cp x.eml several/2.eml &&
	tar -cf several.tar several && tar -cf one.tar several/2.eml &&
	gzip -c x.eml >alone.gz &&
	run 4 spoolshow -d example.org several.tar && has "several messages in it: name one, as archive/file" errs &&
	run 0 spoolshow -d example.org several.tar/several/2.eml && has "^path.*2.eml" &&
	run 0 spoolshow -d example.org one.tar && has "^path.*2.eml" &&
	run 0 spoolshow --raw alone.gz && cmp out x.eml'

t 'a full disk is an error' '
	[ -c /dev/full ] || { echo "no /dev/full"; exit 0; }
	spoolshow -d example.org x.eml >/dev/full 2>errs; [ $? -eq 4 ]'

t_done
