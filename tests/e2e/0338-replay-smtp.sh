#!/bin/sh
# A replay to servers that behave and that do not, and to a command.
. "$(dirname "$0")/lib.sh"

box=$top/tests/replay/box.pl
messages=12
perl "$box" spool old "$messages"
find "$work/old/In" -type f | sort >list
mkdir expect && perl "$box" expect plain expect "$messages"

# sink BEHAVIOUR: a server, its port in $port, what it got in got/
sink() {
	rm -rf got port
	perl "$top/tests/replay/sink.pl" "$1" port got &
	sink=$!
	for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
		[ -s port ] && break
		sleep 0.1
	done
	port=$(cat port)
}
replay() {		# to what is at PROFILE, with options
	where=$1
	shift
	spoolreplay -c case.db --to "$where://127.0.0.1:$port" --stall 5 \
	    --tries 1 "$@" --commit - <list
}
state() { spoolreplay -c case.db --status | awk -v s="$1" '$2 == s { print $1 }'; }
again() { kill "$sink" 2>/dev/null; wait "$sink" 2>/dev/null; :; }
sent() { perl "$box" sent got expect >wrong; }

t 'each message reaches a server once, with its envelope and its bytes' '
	rm -f case.db && sink good && true &&
	replay smtp >out 2>errs && sent && [ ! -s wrong ] &&
	[ "$(state taken)" = "$messages" ]; r=$?; cat wrong; again; [ $r = 0 ]'

t 'a second run sends nothing' '
	sink good && replay smtp >out 2>errs; s=$?; again
	[ $s = 1 ] && [ -z "$(ls got)" ]'

t 'several connections send each message once' '
	rm -f case.db && sink good && replay smtp --connections 3 >out 2>errs &&
	sent && [ ! -s wrong ]; r=$?; cat wrong; again; [ $r = 0 ]'

t 'a server without extensions gets the same' '
	rm -f case.db && sink bare && replay smtp >out 2>errs &&
	sent && [ ! -s wrong ]; r=$?; cat wrong; again; [ $r = 0 ]'

t 'a line lost after the final dot makes it doubtful, and nothing goes twice' '
	rm -f case.db && sink drop && replay smtp >out 2>errs; s=$?
	[ $s = 3 ] && has doubtful errs && [ "$(state doubtful)" = "$messages" ] &&
	sent && [ ! -s wrong ] &&
	{ replay smtp >out 2>errs; sent; [ ! -s wrong ]; }
	r=$?; cat wrong; again; [ $r = 0 ]'

t '--retry-doubtful sends it again' '
	sink good && replay smtp --retry-doubtful >out 2>errs && sent &&
	[ ! -s wrong ]; r=$?; cat wrong; again; [ $r = 0 ]'

t 'no answer in time is doubtful, too' '
	rm -f case.db && sink stall && head -n 1 list >one &&
	spoolreplay -c case.db --to "smtp://127.0.0.1:$port" --stall 1 --commit - <one \
	    >out 2>errs; s=$?; again
	[ $s = 3 ] && [ "$(state doubtful)" = 1 ]'

t 'a server that hangs up after each message gets all of them' '
	rm -f case.db && sink few && replay smtp >out 2>errs; s=$?; sent; again; cat wrong
	[ $s = 0 ] && [ ! -s wrong ] && [ "$(state taken)" = "$messages" ]'
t 'what could not be sent is told, and goes with the next run' '
	rm -f case.db && sink some && replay smtp >out 2>errs; s=$?; sent; again
	[ $s = 3 ] && has "MSG00002: not sent: the server hung up" errs && [ "$(grep -c . errs)" = 1 ] &&
	[ "$(cut -d" " -f1 wrong | sort -u)" = MSG00002 ] && sink good && replay smtp >out 2>errs
	again; [ "$(ls got | wc -l)" = 1 ] && [ "$(state taken)" = "$messages" ]'

# r*-1 is refused for now, r*-2 for good
t '4xx and 5xx are of one recipient: the others have their mail' '
	rm -f case.db && sink mixed && replay smtp >out 2>errs; s=$?
	sent; again
	[ $s = 3 ] && ! grep -v -e "-[12]@example.net 0" wrong &&
	has "r2-2@example.net: 550 5.1.1 no" errs && has "of those taken 4 recipients refused, 8 returned" &&
	spoolreplay -c case.db --status >out &&
	[ "$(grep -c "^returned.*MSG.*-1@example.net.451" out)" = 8 ] && [ "$(grep -c "^refused.*-2@" out)" = 4 ]'

t 'a second run sends to those who were refused for now, and to no others' '
	sink good && replay smtp >out 2>errs; sent; again
	cat got/* | grep "^RCPT" >to; grep -q -e "-1@" to && ! grep -v -e "-1@" to &&
	spoolreplay -c case.db --status >out && [ "$(grep -c -e "-[12]@" out)" = 4 ]'

printf 'X-Sender: <s@example.com>\r\nX-Receiver: <r1-1@example.net>\r\nX-Receiver: <r1-2@example.net>\r\nX-Receiver: <r1-3@example.net>\r\nSubject: x\r\n\r\ny\r\n' >parts.eml
t 'of a message in parts each is tried, though the one before was put off' '
	rm -f case.db && sink mixed &&
	spoolreplay -c case.db --to "smtp://127.0.0.1:$port" --max-rcpts 1 --tries 1 \
	    --commit parts.eml >out 2>errs; s=$?; again
	[ $s = 3 ] && cat got/* >said && has "^RCPT TO:<r1-3@example.net>" said &&
	[ "$(sqlite3 case.db "SELECT group_concat(state || part) FROM replay")" = \
	    returned1,refused2,taken3 ] &&
	rm case.db && sink mixed &&
	spoolreplay -c case.db --to "smtp://127.0.0.1:$port" --max-rcpts 1 --tries 2 \
	    --backoff 1 --commit parts.eml >out 2>errs; s=$?; again
	[ $s = 3 ] && [ "$(grep -c "r1-1@example.net: 451" errs)" = 2 ] &&
	[ "$(cat got/* | grep -c "^RCPT TO:<r1-3@")" = 1 ]'
perl -e 'print "X-Sender: <s\@example.com>\r\n", (map "X-Receiver: <r$_\@example.net>\r\n",
    1 .. 250), "Subject: x\r\n\r\ny\r\n"' >many.eml
t 'more recipients than go at once get it in one run' '
	rm -f case.db && sink good &&
	spoolreplay -c case.db --to "smtp://127.0.0.1:$port" --commit many.eml >out 2>errs; s=$?; again
	[ $s = 0 ] && [ "$(ls got | wc -l)" = 3 ] &&
	[ "$(cat got/* | grep "^RCPT TO" | sort -u | wc -l)" = 250 ] &&
	[ "$(sqlite3 case.db "SELECT group_concat(state || part) FROM replay")" = taken1,taken2,taken3 ]'

t 'LMTP answers for each recipient' '
	rm -f case.db && sink lmtp && replay lmtp >out 2>errs; s=$?
	again
	[ $s = 3 ] && has "r2-2@example.net: 550 5.1.1 no" errs &&
	sink good && replay lmtp >out 2>errs; again
	cat got/* | grep "^RCPT" >to; grep -q -e "-1@" to && ! grep -v -e "-1@" to'

t 'what is refused for now is tried again after a while' '
	rm -f case.db && sink mixed && replay smtp --tries 2 --backoff 1 >out 2>errs
	again; [ "$(grep -c "r1-1@example.net: 451" errs)" = 2 ]'

t 'nobody listens: an error that says so, and nothing is doubtful' '
	rm -f case.db && run 4 spoolreplay -c case.db --to smtp://127.0.0.1:1 \
	    --commit "$(head -n 1 list)" && [ -z "$(state doubtful)" ]'

# Null sender, DSN parameters, UTF-8 addresses, as Exchange exports them.
printf 'X-Sender: <> RET=HDRS ENVID=q+2B1\r\nX-Receiver: <b@example.net> NOTIFY=NEVER ORCPT=rfc822;b+2Bx@example.net\r\nX-Receiver: <j\303\266rg@example.net>\r\nSubject: x\r\n\r\ny\r\n' >odd.eml
t 'null sender, NOTIFY, ORCPT, ENVID and SMTPUTF8 arrive as they were' '
	rm -f case.db && sink good &&
	spoolreplay -c case.db --to "smtp://127.0.0.1:$port" --force odd.eml \
	    --commit odd.eml >out 2>errs; s=$?; again
	[ $s = 0 ] && cat got/* >said && has "^MAIL FROM:<> .*SMTPUTF8" said &&
	has "RET=HDRS" said && has "ENVID=q+2B1" said &&
	has "^RCPT TO:<b@example.net> NOTIFY=NEVER ORCPT=rfc822;b+2Bx@example.net" said &&
	has "^RCPT TO:<j.*rg@example.net>" said'

cat >sendmail <<'END'
#!/bin/sh
k=$(ls "$GOT" | wc -l)
{ printf '%s\n' "$@"; echo; cat; } >"$GOT/$k"
[ ! -e "$GOT.fail" ] || exit 75
END
chmod +x sendmail
GOT=$work/got
export GOT
t 'a command gets sender, recipients and message' '
	rm -rf case.db got && mkdir got &&
	run 0 spoolreplay -c case.db --to "maildrop-command:$work/sendmail" \
	    --commit "$(head -n 1 list)" &&
	printf "%s\n" -i -f s1@example.com -- r1-0@example.net r1-1@example.net "" >want &&
	tr -d "\r" <expect/MSG00001 >>want && cmp want got/0'
t 'a command that is busy may be given it again' '
	touch got.fail && run 3 spoolreplay -c case.db --to "maildrop-command:$work/sendmail" \
	    --tries 1 --commit "$(sed -n 2p list)" && has "exit status 75" errs &&
	rm got.fail && run 0 spoolreplay -c case.db --to "maildrop-command:$work/sendmail" \
	    --commit "$(sed -n 2p list)"'

# What has words for DSN options gets them; to Exim "-N never" says that it is
# to deliver nothing.
printf 'X-Sender: <s@example.com> RET=HDRS ENVID=q1\r\nX-Receiver: <b@example.net> NOTIFY=SUCCESS,DELAY\r\nX-Receiver: <c@example.net> NOTIFY=SUCCESS,DELAY\r\nSubject: x\r\n\r\ny\r\n' >dsn.eml
cat >asked <<'END'
#!/bin/sh
[ "$*" != -bV ] || { cat "$GOT.version"; exit 0; }
printf '%s\n' "$*" >>"$GOT/line"
END
chmod +x asked
t 'a command gets the DSN options that all have, and Exim none' '
	for is in "Exim version 4.96 #2" "something else" ""; do
		rm -rf case.db got && mkdir got && printf "%s" "$is" >got.version &&
		run 0 spoolreplay -c case.db --to "maildrop-command:$work/asked" \
		    --force dsn.eml --commit dsn.eml || exit 1
		case $is in
		Exim*) has "^-i -f s@example.com -- b@example.net c@example.net$" got/line ;;
		*) has "^-i -f s@example.com -N success,delay -R hdrs -- b@" got/line ;;
		esac || { cat got/line; exit 1; }
	done'
t 'recipients with other DSN options get it by a command of their own' '
	perl -pe "s/NOTIFY=.*?(?=\r)/NOTIFY=NEVER/ if /<b@/; s/RET=HDRS //" dsn.eml >some.eml &&
	sed "/<c@/p; s/<c@\(.*\) NOTIFY=[A-Z,]*/<d@\1 NOTIFY=NEVER/" some.eml >three.eml &&
	for is in "Exim version 4.96 #2" ""; do
		rm -rf case.db got && mkdir got && printf "%s" "$is" >got.version &&
		run 0 spoolreplay -c case.db --to "maildrop-command:$work/asked" \
		    --force three.eml --commit three.eml || exit 1
		case $is in
		Exim*) echo "-i -f s@example.com -- b@example.net c@example.net d@example.net" ;;
		*) printf "%s\n" "-i -f s@example.com -N never -- b@example.net d@example.net" \
		    "-i -f s@example.com -N success,delay -- c@example.net" ;;
		esac | diff - got/line || exit 1
	done &&
	run 1 spoolreplay -c case.db --to "maildrop-command:$work/asked" \
	    --force three.eml --commit three.eml && [ "$(wc -l <got/line)" -eq 2 ]'

# QM-5, QM-2: no quotes in the envelope.
cat >qmail-queue <<'END'
#!/bin/sh
cat >"$GOT/message"
cat <&1 >"$GOT/envelope"
exit "$(cat "$GOT.exit")"
END
chmod +x qmail-queue
printf 'X-Sender: <>\r\nX-Receiver: <"a b"@example.net>\r\nX-Receiver: <c@example.net>\r\nSubject: x\r\n\r\n.y\r\n' >q.eml
t 'qmail-queue gets message and envelope, each on its descriptor' '
	rm -rf case.db got && mkdir got && echo 0 >got.exit &&
	run 0 spoolreplay -c case.db --to "qmail-queue:$work/qmail-queue" --force q.eml \
	    --commit q.eml && printf "Subject: x\n\n.y\n" | cmp - got/message &&
	printf "F\0Ta b@example.net\0Tc@example.net\0\0" | cmp - got/envelope'
t 'what it refuses for good is refused, what it cannot take now is not' '
	for code in 31 53; do
		rm -f case.db; echo $code >got.exit
		run 3 spoolreplay -c case.db --to "qmail-queue:$work/qmail-queue" --force q.eml \
		    --tries 1 --commit q.eml; has "exit status $code" errs || exit 1
		spoolreplay -c case.db --status >out
		case $code in 31) has "refused" ;; 53) has "returned" ;; esac || exit 1
	done'

t 'a parent that ignores its children does not make it send twice' '
	rm -rf case.db got && mkdir got && for want in 0 1; do
		run $want perl -e "\$SIG{CHLD} = q(IGNORE); exec @ARGV" spoolreplay -c case.db \
		    --to "maildrop-command:$work/sendmail" --commit "$(head -n 1 list)" || exit 1
	done; [ "$(ls got | wc -l)" = 1 ]'

t 'without a case nothing is sent: it could not be remembered' '
	run 2 spoolreplay --to smtp://127.0.0.1:1 --commit old/In/MSG00001'

# Killed anywhere: nothing arrives twice, what may have arrived is doubtful.
[ -x "$B/tests/kill" ] || t_done
every=${EVERY:-41}
killed() {
	rm -f case.db case.db-* && sink good || return 1
	"$B/tests/kill" -w -n "$1" spoolreplay -c case.db --stall 5 --tries 1 \
	    --to "smtp://127.0.0.1:$port" --commit - <list >out 2>errs
	replay smtp >out 2>errs
	sent
	again
	# each that did not arrive, or may not have, is told
	awk '$3 > 1' wrong | grep . && return 1
	lost=$(awk '$3 == 0 { print $1 }' wrong | sort -u | wc -l)
	doubtful=$(state doubtful)
	[ "$lost" -le "${doubtful:-0}" ]
}
t 'killed and run again, nothing arrives twice or is lost in silence' '
	rm -f case.db && sink good && "$B/tests/kill" -w -c calls spoolreplay \
	    -c case.db --to "smtp://127.0.0.1:$port" --commit - <list >out 2>errs
	again; k=$((1 + $$ % every)) && [ "$(cat calls)" -gt 60 ] &&
	while [ "$k" -le "$(cat calls)" ]; do
		killed "$k" || { echo "killed at $k:"; cat wrong; exit 1; }
		k=$((k + every))
	done'

t_done
