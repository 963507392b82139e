#!/bin/sh
# What a replay sends, what it leaves out and says, and what it sees.
. "$(dirname "$0")/lib.sh"

box=$top/tests/replay/box.pl
perl "$box" spool old 6
mkdir -p srv/Imcdata/Pickup srv/Mailroot/Pickup srv/Mailroot/Badmail srv/TR/Replay
find "$work/old/In" -type f | sort >list
put() { spoolreplay --stall 0 --commit --to "$@"; }
plan() { spoolreplay --to "$@"; }
again() { rm -rf srv/.spoolkit-stage && find srv -type f -exec rm {} +; }

t 'the plan says what goes, and does nothing' '
	plan ims55:srv/Imcdata/Pickup - <list >out 2>errs &&
	has "6  of 6 messages go, to 12 recipients" && has "12  example.net" &&
	has "nothing was done" && [ -z "$(find srv -type f)" ] &&
	[ ! -e srv/.spoolkit-stage ]'

for p in iis:Mailroot/Pickup ex2007-replay:TR/Replay ims55:Imcdata/Pickup; do
	t "${p%%:*}: each file is what the tables say, byte for byte" "
		again; rm -rf expect && mkdir expect &&
		perl $box expect ${p%%:*} expect 6 &&
		put ${p%%:*}:srv/${p#*:} --rate 60000 - <list >out 2>errs &&
		perl $box count srv/${p#*:} expect >wrong; cat wrong errs; [ ! -s wrong ]"
done

[ ! -x "$B/tests/noexchange" ] ||
t 'the same on a file system that cannot rename without overwriting' '
	again; "$B/tests/noexchange" -a spoolreplay --to ims55:srv/Imcdata/Pickup --stall 0 --commit $(cat list) \
	    >out 2>errs && perl "$box" count srv/Imcdata/Pickup expect >wrong; cat wrong errs; [ ! -s wrong ]'
t 'the same command again sends nothing' '
	put ims55:srv/Imcdata/Pickup - <list >out 2>errs; [ $? = 1 ] &&
	has "6  replayed before" && [ "$(ls srv/Imcdata/Pickup | wc -l)" = 6 ]'

t 'a Bcc in the envelope gets it and is not shown; one in the header only does not' '
	again; printf "X-Sender: a@example.com\nX-Receiver: seen@example.net\nX-Receiver: hidden@example.net\nTo: seen@example.net\nBcc: other@example.org\nSubject: x\n\ny\n" >bcc.eml &&
	put iis:srv/Mailroot/Pickup bcc.eml >out 2>errs &&
	grep -h "^X-Receiver" srv/Mailroot/Pickup/* | tr -d "\r" | sort >got &&
	printf "X-Receiver: %s@example.net\n" hidden seen >want && diff want got &&
	! grep -q -i -e other -e "^bcc" srv/Mailroot/Pickup/*'

# As SmtpClient of .NET writes it: display names, folds, no Bcc in the header.
mkdir -p net/Pickup net/Queue net/Drop net/Badmail
printf 'X-Sender: "Alice, A." <alice@example.org>\r\nX-Receiver: "Bob\r\n the <builder>" <bob@example.net>\r\nX-Receiver: =?utf-8?B?Q2Fyb2w=?=\r\n <carol@example.net>\r\nX-Receiver: hidden@example.com\r\nMIME-Version: 1.0\r\nFrom: "Alice, A." <alice@example.org>\r\nTo: "Bob" <bob@example.net>\r\nCc: carol@example.net\r\nDate: 5 Jan 2004 01:00:00 +0000\r\nSubject: net\r\n\r\n.dot\r\n' >net/Pickup/0a1b.eml
t 'of display names and folds in X-lines the addresses are left, one a line' '
	again; put iis:srv/Mailroot/Pickup net/Pickup/0a1b.eml >out 2>errs &&
	{ printf "X-Sender: alice@example.org\r\n"
	    printf "X-Receiver: %s\r\n" bob@example.net carol@example.net hidden@example.com
	    sed -n "/^MIME/,\$p" net/Pickup/0a1b.eml | sed "s/^\./../"; } >want.iis &&
	cmp want.iis srv/Mailroot/Pickup/* && again &&
	put ex2007-replay:srv/TR/Replay net/Pickup/0a1b.eml >out 2>errs &&
	sed "s/^\(X-[a-zA-Z]*: \)\(.*\)\r/\1<\2>\r/; s/^\.\././" want.iis >want.ex &&
	cmp want.ex srv/TR/Replay/* && again &&
	run 3 spoolreplay --to ex2007-pickup:srv/TR net/Pickup/0a1b.eml &&
	has "not those of To and Cc" errs'

# CR, NUL and LF in the addresses of a block.
printf 'X-Sender: a@example.com\nX-Receiver: b\rX-Receiver: evil@example.org\nX-Receiver: c@example.net\nSubject: 1\n\nx\n' >torn1.eml
printf 'X-Sender: a\0@example.com\nX-Receiver: c@example.net\nSubject: 2\n\nx\n' >torn2.eml
printf 'X-Sender: a@example.com\nX-Receiver: "b\nX-Receiver: evil@example.org"@example.net\nX-Receiver: c@example.net\nSubject: 3\n\nx\n' >torn3.eml
t 'a recipient who cannot be read keeps the message back: nobody is left out in silence' '
	again; run 1 spoolreplay --to iis:srv/Mailroot/Pickup --stall 0 --commit torn1.eml torn2.eml torn3.eml
	r=$?; cat out; [ $r = 0 ] && has "2  a recipient of it cannot be read" && has "1  its envelope is a guess" &&
	[ -z "$(ls srv/Mailroot/Pickup)" ]'
t '--dots says which leading dots are doubled' '
	again; printf "X-Sender: a@example.com\nX-Receiver: b@example.net\nSubject: x\n\n.\n.y\n" >dot1.eml
	put iis:srv/Mailroot/Pickup --dots none dot1.eml >out 2>errs && tail -n 2 srv/Mailroot/Pickup/* | tr -d "\r" >got &&
	printf ".\n.y\n" | cmp - got && again && put ims55:srv/Imcdata/Pickup --dots all dot1.eml >out 2>errs &&
	tail -n 2 srv/Imcdata/Pickup/* | tr -d "\r" >got && printf "..\n..y\n" | cmp - got && again &&
	put iis:srv/Mailroot/Pickup --dots lone dot1.eml >out 2>errs && tail -n 2 srv/Mailroot/Pickup/* | tr -d "\r" >got &&
	printf "..\n.y\n" | cmp - got'

t 'the same mail in two folders goes once, and the plan says so' '
	again; cp -R old two && mkdir two/Archive && cp two/In/MSG00001 two/Out/MSG90001 &&
	find "$work/two/In" "$work/two/Out" -type f | sort >l2 &&
	put ims55:srv/Imcdata/Pickup - <l2 >out 2>errs &&
	has "1  the same mail is in the plan already" && has "MSG90001 is .*MSG00001" &&
	[ "$(ls srv/Imcdata/Pickup | wc -l)" = 6 ]'

t 'reports, null senders, archives and guesses stay, unless forced one by one' '
	again; rm -rf odd && mkdir -p odd/In/Archive odd/Out odd/Pickup &&
	cp old/In/MSG00002 odd/In/Archive/MSG00002 &&
	printf "From: a@example.com\nTo: b@example.net\nSubject: x\n\ny\n" >odd/In/GUESS001 &&
	sed "s/^X-Sender: .*/X-Sender: <>/" old/In/MSG00003 >odd/In/NULL0001 &&
	find "$work/odd" -type f | sort >l3 &&
	plan ims55:srv/Imcdata/Pickup - <l3 >out 2>errs; [ $? = 1 ] &&
	has "1  null sender" && has "1  in an Archive folder" && has "1  its envelope is a guess" &&
	put ims55:srv/Imcdata/Pickup --force "$work/odd/In/NULL0001" - <l3 >out 2>errs &&
	[ "$(grep -c "^X-Sender: <>" srv/Imcdata/Pickup/*)" = 1 ] &&
	plan ims55:srv/Imcdata/Pickup --trust-headers - <l3 >out 2>errs &&
	has "1  of 3 messages go"'

# In the one dave waits, bob and carol had it; in the other bob waits.
t 'of a queue only recipients who still wait get it' '
	again; cp -R "$top/tests/spool/exim/good-spool" exim &&
	cp -R "$top/tests/spool/postfix/good-queue" postfix &&
	put eml:srv/TR "$work/exim/input/1AdJ2p-0000a1-01-H" \
	    "$work/postfix/deferred/3/3F9A01234" >out 2>errs; cat errs
	grep -h "^X-Receiver" srv/TR/*.eml | tr -d "\r" | sort >got &&
	printf "X-Receiver: <%s@example.net>\n" bob dave >want && diff want got'
t 'of a queue nothing goes that was delivered to all' '
	again; sed -i "s/dave@example.net/bob@example.net/" exim/input/1AdJ2p-0000a1-01-H &&
	plan eml:srv/TR --force "$work/exim/input/1AdJ2p-0000a1-01-H" \
	    "$work/exim/input/1AdJ2p-0000a1-01-H" >out 2>errs; [ $? = 1 ] &&
	has "1  no recipient is pending" && has " 0  of 1 messages go"'

t 'what still lies in the spool of the target is left out: its server sends it' '
	again; mkdir -p srv/Imcdata/In && cp old/In/* srv/Imcdata/In &&
	plan ims55:srv/Imcdata/Pickup srv/Imcdata/In/* >out 2>errs; [ $? = 1 ] &&
	has "6  still-queued"; r=$?; rm -rf srv/Imcdata/In; [ $r = 0 ]'

t 'what was taken out of it goes, and --undo does not give it to its server again' '
	again; rm -rf t.db* srv/Imcdata/In; cp -R old/In srv/Imcdata/In; mkdir -p srv/Imcdata/Out
	spoolscan -c t.db srv/Imcdata >/dev/null 2>&1; spoolmark -c t.db -w 1 --because test legit >/dev/null
	run 1 spoolreplay -c t.db -w 1 --to ims55:srv/Imcdata/Pickup && has "6  still-queued" &&
	run 0 spoolclean -c t.db -w "path <> '"'In/MSG00006'"'" --commit srv/Imcdata &&
	run 0 spoolreplay -c t.db -w "path <> '"'In/MSG00005'"'" --to ims55:srv/Imcdata/Pickup \
	    --stall 0 --commit && has "4  of 5 messages go" && has "1  still-queued" &&
	run 3 spoolclean -c t.db --undo --commit srv/Imcdata &&
	[ "$(grep -c "it was replayed" errs)" = 4 ] && [ "$(ls srv/Imcdata/In | tr "\n" " ")" = \
	    "MSG00005 MSG00006 " ] && [ "$(ls srv/Imcdata/Pickup | wc -l)" = 4 ]
	r=$?; cat out; rm -rf srv/Imcdata/In srv/Imcdata.turf; [ $r = 0 ]'

# No Message-ID, folds, dots, no last line end: a file in Pickup has other ones.
cat >dots.eml <<'END'
X-Sender: a@example.com
X-Receiver: b@example.net
From: a@example.com
To: b@example.net,
 c@example.org
Date: Mon, 5 Jan 2004 01:00:00 +0000
Subject: dots

x
.
..
.y
END
printf z >>dots.eml
carried() {	# PROFILE SPOOL and two more of its folders
	rm -rf c && mkdir -p "c/$2/Pickup" "c/$2/$3" "c/$2/$4" c/old/In c/old/Out &&
	cp dots.eml c/old/In/DOTS0001
	scan() { spoolscan -c c/c.db "$1" >/dev/null 2>&1; spoolmark -c c/c.db -w 1 --because t legit >/dev/null; }
	send() { run 0 spoolreplay -c c/c.db -w 1 --to "$to" --commit --stall 0; }
	to=$1:c/$2/Pickup
	scan c/old && send && cp "$(find "c/$2/Pickup" -type f)" c/first &&
	spoolarchive -c c/c.db --rotate --wait 0 --commit -f "$1" "c/$2" && scan c/"$2".2* && send &&
	has '1  of 2 messages go' && has '1  the same mail is in the plan' &&
	run 0 spoolreplay --to "$to" --commit --stall 0 "$(find c/"$2".2*/Pickup -type f)" &&
	find "c/$2/Pickup" -type f >c/all && [ "$(wc -l <c/all)" -eq 2 ] &&
	while read -r f; do cmp "$f" c/first || return 1; done <c/all
}
for p in "ims55 Imcdata In Out" "iis Mailroot Queue Badmail"; do
	t "${p%% *}: what a rotation carried off untaken and the original are one mail" "carried $p"
done

perl -e 'print "X-Sender: a\@example.com\n", map("X-Receiver: r$_\@example.net\n", 1 .. 500, 1 .. 300), "Subject: x\n\ny\n"' >twice.eml
t 'a recipient who is named twice gets it once, in whatever part' '
	again; put iis:srv/Mailroot/Pickup --max-rcpts 100 twice.eml >out 2>errs &&
	[ "$(ls srv/Mailroot/Pickup | wc -l)" = 5 ] &&
	[ "$(grep -h ^X-Receiver srv/Mailroot/Pickup/* | sort -u | wc -l)" = 500 ] &&
	[ "$(grep -h ^X-Receiver srv/Mailroot/Pickup/* | wc -l)" = 500 ]'

perl -e 'print "X-Sender: a\@example.com\n", map("X-Receiver: r$_\@example.net\n", 1 .. 10001), "Subject: x\n\ny\n"' >many.eml
t 'a message of more recipients than are kept is not sent to some of them' '
	again; run 3 spoolreplay --to iis:srv/Mailroot/Pickup --stall 0 --commit "$work/many.eml" &&
	has "more than 10000 recipients" errs && [ -z "$(ls srv/Mailroot/Pickup)" ]'

t 'ex2007-pickup refuses what went to others than To and Cc, and says why' '
	mkdir -p srv/TR/Pickup && run 3 spoolreplay --to ex2007-pickup:srv/TR/Pickup "$(head -n 1 list)" &&
	has "its recipients are not those of To and Cc" errs'

t 'a file that is renamed to .bad was refused' '
	again; ( for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
		for f in srv/TR/Replay/*.eml; do
			[ ! -e "$f" ] || mv "$f" "${f%.eml}20260101.bad"
		done; sleep 0.2; done ) & p=$!
	run 3 spoolreplay --to ex2007-replay:srv/TR/Replay --stall 9 --commit "$(head -n 1 list)"; r=$?
	kill $p; [ $r = 0 ] && has "1 refused" && has "MSG00001: refused: renamed to .bad" errs &&
	spoolreplay --to ex2007-replay:srv/TR/Replay --status >out && has "renamed to .bad"'

t 'what lies empty, read-only, in Badmail or Archive was refused' '
	again; mkdir -p srv/Imcdata/Pickup/Archive; head -n 4 list >l4
	spoolreplay --to iis:srv/Mailroot/Pickup --commit $(cat l4) >out 2>errs & p=$!
	until [ "$(ls srv/Mailroot/Pickup | wc -l)" = 4 ]; do sleep 0.1; done; set -- srv/Mailroot/Pickup/*.eml
	chmod a-w "$1"; : >"$2"; mv "$3" srv/Mailroot/Badmail; mv "$4" srv/Mailroot/Badmail/$(basename "$4" .eml).BAD
	wait $p; [ $? = 3 ] && has "4 refused" && has "refused: left read-only" errs &&
	has "refused: left empty" errs && [ "$(grep -c "refused: ../Badmail" errs)" = 2 ] && again &&
	spoolreplay --to ims55:srv/Imcdata/Pickup --commit $(head -n 1 list) >out 2>errs & p=$!
	until [ -n "$(find srv/Imcdata/Pickup -type f)" ]; do sleep 0.1; done
	mv $(find srv/Imcdata/Pickup -type f) srv/Imcdata/Pickup/Archive; wait $p
	[ $? = 3 ] && has "refused: Archive" errs; r=$?; rm -r srv/Imcdata/Pickup/Archive; [ $r = 0 ]'
t 'what a rotation carried off was taken, refused, doubtful or returned, by its name' '
	again; rm -rf srv/TR.2* && head -n 4 list >l4 &&
	put ex2007-replay:srv/TR/Replay --rate 60000 - <l4 >out 2>errs && set -- srv/TR/Replay/*.eml &&
	mv "$1" "${1%.eml}.tmp" && mv "$2" "${2%.eml}20260101.bad" && rm "$3" &&
	mv srv/TR srv/TR.20260101T0000Z && mkdir -p srv/TR/Replay &&
	run 3 spoolreplay --to ex2007-replay:srv/TR/Replay --stall 0 --commit $(cat l4) &&
	has "1 published, 1 taken, 1 refused, 1 returned, 1 doubtful" &&
	has "doubtful: a rotation carried it off while it was read" errs && [ "$(ls srv/TR/Replay | wc -l)" = 1 ] &&
	run 0 spoolreplay --to ex2007-replay:srv/TR/Replay --force "$(sed -n 2p l4)" --stall 0 --commit $(cat l4) &&
	has " 1  of 4 messages go" && grep -q "message 2" srv/TR/Replay/*-6r.eml
	r=$?; rm -rf srv/TR.2*; [ $r = 0 ]'

t 'a server that takes nothing stops the replay, and the next one goes on' '
	again; run 3 spoolreplay --to ims55:srv/Imcdata/Pickup --stall 1 --max-waiting 2 --commit $(cat list) &&
	has "is the server running" errs && [ "$(ls srv/Imcdata/Pickup | wc -l)" = 2 ] &&
	rm srv/Imcdata/Pickup/* &&
	put ims55:srv/Imcdata/Pickup - <list >out 2>errs &&
	[ "$(ls srv/Imcdata/Pickup | wc -l)" = 4 ]'

t 'where nobody waits, a full folder ends it, and the next run goes on' '
	again; run 3 spoolreplay --to ims55:srv/Imcdata/Pickup --stall 0 --max-waiting 4 --commit $(cat list) &&
	has "4 messages lie there" errs && [ "$(ls srv/Imcdata/Pickup | wc -l)" = 4 ] &&
	rm srv/Imcdata/Pickup/* && put ims55:srv/Imcdata/Pickup --max-waiting 4 - <list >out 2>errs &&
	[ "$(ls srv/Imcdata/Pickup | wc -l)" = 2 ]'

t '^C finishes what is in hand, and the next run goes on' '
	again; perl -e "\$SIG{INT} = q(DEFAULT); exec @ARGV" spoolreplay --to ims55:srv/Imcdata/Pickup \
	    --rate 60 --commit $(cat list) >out 2>errs & p=$!
	until [ -n "$(ls srv/Imcdata/Pickup)" ]; do sleep 0.1; done; kill -INT $p; wait $p; [ $? = 130 ] &&
	has "^done: [1-5] published" && has "stopped, and what was in hand is done" errs &&
	[ "$(ls srv/.spoolkit-stage/*/ | wc -l)" = 1 ] &&
	put ims55:srv/Imcdata/Pickup - <list >out 2>errs && [ "$(ls srv/Imcdata/Pickup | wc -l)" = 6 ]'

t 'of archives it goes as of the tree: by the case that knows one, and by its name' '
	again; rm -rf packed && mkdir packed && cp -R old packed/Imcdata && cp dots.eml packed/Imcdata/In/DOTS0001 &&
	spoolscan -c packed/c.db packed/Imcdata >/dev/null 2>&1; spoolmark -c packed/c.db -w 1 --because t legit >/dev/null
	run 0 spoolarchive -c packed/c.db packed/Imcdata packed/a.tar.zst && tar -C packed -cf packed/b.tar Imcdata &&
	cp packed/c.db packed/copy.db &&
	run 0 spoolreplay -c packed/c.db -w 1 --to eml:srv/TR --stall 0 --commit && mkdir tree && mv srv/TR/*.eml tree &&
	rm -r packed/Imcdata && cat tree/* | sort >want && for how in case name; do
		again
		case $how in
		case) run 0 spoolreplay -c packed/copy.db -w 1 --to eml:srv/TR --stall 0 --commit ;;
		name) spoolscan -0 packed/b.tar 2>/dev/null >names; put eml:srv/TR -0 - <names >out 2>errs ;;
		esac
		[ "$(ls srv/TR/*.eml | wc -l)" = 7 ] && cat srv/TR/*.eml | sort | cmp - want || { cat out; exit 1; }
	done'
t 'what was deleted is told, and goes when an archive of it is scanned' '
	again; rm -rf gone && mkdir gone && cp -R old gone/Imcdata && spoolscan -c gone/c.db gone/Imcdata >/dev/null 2>&1
	spoolmark -c gone/c.db -w 1 --because t legit >/dev/null &&
	run 0 spoolarchive -c gone/c.db gone/Imcdata gone/a.tar.zst &&
	run 0 spoolclean -c gone/c.db --subject "*" --delete --commit gone/Imcdata && n=$(find gone/Imcdata -type f | wc -l) && [ "$n" -lt 6 ] &&
	run 1 spoolreplay -c gone/c.db --subject "*" --to eml:srv/TR && has "$((6 - n)) more that were chosen have been deleted" errs &&
	spoolscan -c gone/c.db gone/a.tar.zst >/dev/null 2>&1
	run 0 spoolreplay -c gone/c.db --subject "*" --to eml:srv/TR --stall 0 --commit && hasnt "been deleted" errs &&
	has "$((6 - n))  of $((6 - n)) messages go"'
t 'of a queue with two files a message, a large one goes whole, and no byte of it twice' '
	again; mkdir -p large/input large/msglog eml; q=1AdJ2p-0000a1-01
	printf "%s\n" $q-H "x 0 0" "<alice@example.org>" "1073264523 0" "-helo_name c" \
	    "-host_address [192.0.2.1]:1" XX 1 bob@example.net "" \
	    "020T To: bob@example.net" "011  Subject: a" >large/input/$q-H
	perl -e "print \"line \$_\n\" for 1 .. 300000" >body
	{ echo $q-D; cat body; } >large/input/$q-D
	tar -cf large.tar large
	for from in large/input/$q-H large.tar/large/input/$q-H; do
		rm -rf eml/* eml.* .spoolkit-stage
		run 0 spoolreplay --to eml:eml --force $from --commit --stall 0 $from || exit 1
		cat errs; sed "1,/^\r*\$/d" eml/* | tr -d "\r" | cmp - body || exit 1
	done'

t 'the oldest first, or what is urgent; and not more than --rate' '
	again; rm -rf order && mkdir order && for i in 1:3 2:1 3:5 4:2; do
		printf "X-Sender: a@example.com\nX-Receiver: b@example.net\nSubject: %s\nX-Priority: %s\nDate: Mon, 5 Jan 2004 0%s:00:00 +0000\n\nx\n" \
		    ${i%:*} ${i#*:} ${i%:*} >order/${i%:*} && touch -d "2004-01-05 0${i%:*}:00" order/${i%:*} || exit 1
	done
	went() { for f in $(ls srv/TR/*.eml | sort -t- -k2n); do sed -n "s/^Subject: \(.\).*/\1/p" $f; done | tr -d "\n"; }
	put eml:srv/TR order/3 order/1 order/4 order/2 >out 2>errs && [ "$(went)" = 1234 ] && again &&
	began=$(date +%s%N) && put eml:srv/TR --rate 120 --order priority order/3 order/1 order/4 order/2 >out 2>errs &&
	[ $(($(date +%s%N) - began)) -gt 1400000000 ] && [ "$(went)" = 2413 ]'

if command -v script >/dev/null 2>&1; then
	t 'on a terminal a table tells how far it came; elsewhere nothing does' '
		again; plan ims55:srv/Imcdata/Pickup - <list >/dev/null 2>errs; [ ! -s errs ] &&
		script -qc "spoolreplay --to ims55:srv/Imcdata/Pickup --stall 1 --commit $(tr "\n" " " <list)" \
		    /dev/null </dev/null >out; has "6  of 6 messages sent" && has "6  waiting" &&
		has "^.*done: 6 published"'
fi

t '--all-to sends to one address, --add-resent says which case' '
	again; put eml:srv/TR --all-to test@example.org --add-resent op@example.org "$(head -n 1 list)" >out 2>errs &&
	cat srv/TR/*.eml | tr -d "\r" | sed "/^\$/q" >got && [ "$(grep -c "^X-Receiver:" got)" = 1 ] &&
	has "^X-Receiver: <test@example.org>" got && has "^Resent-From: op@example.org" got &&
	has "^X-Spoolkit-Replay: case " got'

t 'without a filter a whole case is not sent' '
	spoolscan -c case.db old >/dev/null 2>&1; run 2 spoolreplay -c case.db --to ims55:srv/Imcdata/Pickup &&
	has "which entries?" errs'
t 'an entry of a case goes by its mark, and a file changed since stays' '
	again; spoolmark -c case.db -w "1" --because test legit >/dev/null 2>&1
	echo more >>old/In/MSG00006 &&
	run 3 spoolreplay -c case.db -w "class = '"'legit'"'" --to ims55:srv/Imcdata/Pickup --stall 0 --commit &&
	has "5  of 6 messages go" && has MSG00006 errs && has "^ledger: row" &&
	[ "$(ls srv/Imcdata/Pickup | wc -l)" = 5 ]'

t_done
