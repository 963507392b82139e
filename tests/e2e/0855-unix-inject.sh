#!/bin/sh
# What is put into Postfix's maildrop and Exim's input reads back as it was,
# and no kill loses or doubles a message.  No server: 0850 has these.
. "$(dirname "$0")/lib.sh"

[ -x "$B/tests/kill" ] || skip_all 'no tests/kill'
printf 'X-Sender: <"john doe"@example.com> RET=HDRS ENVID=q+2B1\r
X-Receiver: <bob@example.net> NOTIFY=SUCCESS,DELAY ORCPT=rfc822;b+2Bc@example.net\r
X-Receiver: <"a@b"@example.net>\r
Message-ID: <1@example.com>\r
X-Folded: one\r
\ttwo\r
\r
caf\303\251 %01500d\r
.\r
From here\r
' 1 >1.eml
printf 'X-Sender: <>\r\nX-Receiver: <j\303\266rg@example.net> NOTIFY=NEVER\r
Message-ID: <2@example.com>\r\n\r\n' >2.eml
for m in 3 4 5; do
	printf 'X-Sender: a%d@example.com\r\nX-Receiver: b@example.net\r\nMessage-ID: <%d@example.com>\r\n\r\n%d\r\n' $m $m $m >$m.eml
done
fresh() {
	rm -rf srv && mkdir -p srv/q/maildrop srv/q/active srv/h/hold srv/h/active srv/x/input srv/x/msglog \
	    srv/mqueue/q1/qf srv/mqueue/q1/df srv/mqueue/q2
}
replay() { spoolreplay --to "$1" --stall 0 --force ./2.eml --commit ./[1-5].eml; }
reads_back() {
	run 0 spoolscan -f "$1" -d example.net -o ndjson "$2" &&
	jq -es 'sort_by(.message_id) | length == 5 and all(.problems == null) and
	    ([.[].message_id] | unique | length == 5) and (.[0] |
	    .sender.address == "\"john doe\"@example.com" and
	    ([.recipients[].address] | sort == ["\"a@b\"@example.net", "bob@example.net"])) and
	    .[1].sender.address == "" and .[1].recipients[0].address == "jörg@example.net"' out
}
bytes() {	# of message 1, as the scan has it
	run 0 spoolshow -f "$1" --raw "$2" && sed 's/\r$//' 1.eml | sed 1,3d | cmp - out
}

t 'Postfix: the file is read back as it was' '
	fresh && run 0 replay postfix-maildrop:srv/q && reads_back postfix srv/q &&
	[ "$(find srv/q/maildrop -type f -perm 0744 -name "*[!0-9a-zA-Z]*" | wc -l)" -eq 0 ] &&
	f=$(grep -l "<1@example.com>" srv/q/maildrop/*) && bytes postfix $f &&
	grep -q "dsn_orig_rcpt=rfc822;b+c@example.net" $f && grep -q "notify_flags=10" $f &&
	grep -q "envelope_id=q+1" $f && grep -q "ret_flags=2" $f && grep -q "encoding=8bit" $f'
# PF-10: the numbers of C; PF-4: a name that may be an id.
t 'Postfix: a file in hold is read back as it was' '
	fresh && run 0 replay postfix-hold:srv/h && reads_back postfix srv/h &&
	jq -es "all(.folder == \"hold\")" out &&
	[ "$(find srv/h/hold -type f -perm 0700 -name "*[!0-9A-F]*" | wc -l)" -eq 0 ] &&
	f=$(grep -l "<1@example.com>" srv/h/hold/*) && bytes postfix $f &&
	perl -0777 -ne "my (\$size, \$at, \$rcpts) = /\A.{2} *(\d+) +(\d+) +(\d+)/s or exit 1;
	    exit !(substr(\$_, \$at - 2, 2) eq qq(M\0) && substr(\$_, \$at + \$size, 4) eq qq(X\0E\0) &&
	    \$at + \$size + 4 == length && \$rcpts == 2)" $f'
t 'Exim: both files are read back as they were' '
	fresh && run 0 replay exim-spool:srv/x && reads_back exim srv/x &&
	[ "$(find srv/x/input -type f -perm 0640 | wc -l)" -eq 10 ] &&
	f=$(grep -l "<1@example.com>" srv/x/input/*-H) && bytes exim $f &&
	grep -q "^bob@example.net rfc822;b+2Bc@example.net 24,20  0,-1#3" $f &&
	grep -q "^--dsn_envid q+2B1" $f && grep -q "^-dsn_ret 2" $f'
# SM-2, SM-17.  An address beyond ASCII is refused: its qf has no word for it.
t 'sendmail: both files are read back as they were, split or side by side' '
	for at in q1 q2; do
		fresh && run 3 replay sendmail-queue:srv/mqueue/$at &&
		run 0 spoolscan -f sendmail -d example.net -o ndjson srv/mqueue &&
		jq -es "length == 4 and all(.problems == null) and
		    ([.[].message_id] | unique | length == 4) and
		    ([.[].folder] | unique == [\"$at\"]) and
		    (sort_by(.message_id)[0] |
		    .sender.address == \"\\\"john doe\\\"@example.com\" and
		    ([.recipients[].address] | sort ==
		    [\"\\\"a@b\\\"@example.net\", \"bob@example.net\"]))" out &&
		[ "$(find srv/mqueue -name "[qd]f*" -type f -perm 0600 | wc -l)" -eq 8 ] &&
		is=$(sed "s/\r$//" 1.eml | sed 1,3d | sha256sum | cut -d " " -f 1) &&
		jq -es "sort_by(.message_id)[0].sha256 == \"$is\"" out &&
		f=$(grep -rl "<1@example.com>" srv/mqueue) &&
		grep -qx "RPNSD:<bob@example.net>" $f && grep -qx "Zq+2B1" $f &&
		grep -qx "Qrfc822;b+2Bc@example.net" $f && grep -qx "F8nd" $f || exit 1
	done'
t 'the plan tells what is so old that it may come back, and --fresh makes it new' '
	fresh && mkdir -p srv/old/active srv/old/deferred srv/else/n/maildrop srv/else/n/active &&
	run 0 spoolreplay --to postfix-maildrop:srv/q --stall 0 --commit ./3.eml &&
	f=$(ls srv/q/maildrop) && perl -pe "s/^(T.)\d{10}/\${1}1600000000/" \
	    srv/q/maildrop/$f >srv/old/deferred/$f &&
	run 0 spoolreplay -f postfix --to postfix-maildrop:srv/else/n ./srv/old/deferred/$f &&
	has "1  of them are older than the 5 days" &&
	run 0 spoolreplay -f postfix --to postfix-maildrop:srv/else/n --stall 0 --fresh \
	    --commit ./srv/old/deferred/$f && hasnt "older than" &&
	run 0 spoolscan -f postfix -d example.net -o ndjson srv/else/n &&
	jq -es ".[0].arrived > \"2026\"" out'
t 'a folder that its server would not look into is refused, and what would do is said' '
	fresh && mkdir -p srv/bare && for to in exim-spool:srv/bare exim-spool:srv/q \
	    postfix-maildrop:srv/bare postfix-hold:srv/x sendmail-queue:srv/mqueue \
	    sendmail-queue:srv; do
		run 2 spoolreplay --to $to --stall 0 --commit ./1.eml &&
		{ has "srv.*: it has no folder [a-z]*: not a spool of this server" errs ||
		    has "srv.*: has folders and no message: name one of them" errs; } &&
		! find srv -type f ! -name "*lock" ! -path "*/.spoolkit-stage/*" | grep . || exit 1
	done
	touch srv/mqueue/dfi1AAAAAA000001 && mkdir srv/mqueue/.hoststat srv/mqueue/q3 &&
	run 0 spoolreplay --to exim-spool:srv/x/input --stall 0 ./1.eml &&
	run 0 spoolreplay --to sendmail-queue:srv/mqueue/q3 --stall 0 ./1.eml &&
	run 0 spoolreplay --to sendmail-queue:srv/mqueue --stall 0 ./1.eml'

KILL_STEP=${KILL_STEP:-41}
staged() { find srv -path '*spoolkit-stage*' -type f ! -name mark ! -name 'replay.case*'; }
each_once() {	# profile format spool files
	run 0 replay "$1" || [ $got -eq 1 ] || return 1
	reads_back "$2" "$3" && [ "$(find "$3" -type f | wc -l)" -eq "$4" ] || return 1
	staged >left; [ ! -s left ] || { cat left; return 1; }
}
t 'Postfix: killed at any change and run again, each is there once' '
	begin() { fresh; }; end() { each_once postfix-maildrop:srv/q postfix srv/q 5; }
	kill_each begin "spoolreplay --to postfix-maildrop:srv/q --stall 0 \
	    --force ./2.eml --commit ./1.eml ./2.eml ./3.eml ./4.eml ./5.eml" end'
t 'hold of Postfix: killed at any change and run again, each is there once' '
	begin() { fresh; }; end() { each_once postfix-hold:srv/h postfix srv/h 5; }
	kill_each begin "spoolreplay --to postfix-hold:srv/h --stall 0 \
	    --force ./2.eml --commit ./1.eml ./2.eml ./3.eml ./4.eml ./5.eml" end'
t 'Exim: killed at any change and run again, each pair is there once' '
	begin() { fresh; }; end() { each_once exim-spool:srv/x exim srv/x 10; }
	kill_each begin "spoolreplay --to exim-spool:srv/x --stall 0 \
	    --force ./2.eml --commit ./1.eml ./2.eml ./3.eml ./4.eml ./5.eml" end'
t 'sendmail: killed at any change and run again, each pair is there once' '
	begin() { fresh; }
	end() {
		run 0 spoolreplay --to sendmail-queue:srv/mqueue/q1 --stall 0 \
		    --commit ./1.eml ./3.eml ./4.eml ./5.eml || [ $got -eq 1 ] || return 1
		run 0 spoolscan -f sendmail -d example.net -o ndjson srv/mqueue &&
		jq -es "length == 4 and all(.problems == null) and
		    ([.[].message_id] | unique | length == 4)" out >is || { cat out; return 1; }
		staged >left; [ ! -s left ] || { cat left; return 1; }
	}
	kill_each begin "spoolreplay --to sendmail-queue:srv/mqueue/q1 --stall 0 \
	    --commit ./1.eml ./3.eml ./4.eml ./5.eml" end'
t_done
