#!/bin/sh
# relaytest against a server that behaves as told.
. "$(dirname "$0")/lib.sh"

# smtpd HOW [DIR]: a server; its port in $port.
smtpd() {
	rm -f port
	perl "$top/tests/e2e/smtpd.pl" "$1" port ${2-} 2>smtpd.log &
	pid=$!
	for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
		[ -s port ] && break
		sleep 0.1
	done
	port=$(cat port)
}
# try STATUS HOW options ...: one run against one server.
try() {
	want=$1 how=$2
	shift 2
	smtpd "$how" box
	run "$want" relaytest --pause 0 --helo me.example.net \
	    --server-name mail.example.org -r user@remote.example \
	    --timeout 5 "$@" 127.0.0.1:"$port"
	r=$?
	kill $pid
	wait $pid 2>/dev/null
	return $r
}
# verdicts WHICH: the tests of out with that verdict, as one line.
verdicts() { jq -r "select(.verdict == \"$1\") | .test" out | tr '\n' ' '; }
count() { jq -rs 'length' out; }

plain='M1 M2 M3 M4 M5 N1 N2 N3 N4 N12 N13 A1 A3b A4 '
hidden='M6 M7 N5 N6 N7 N8 N9 N10 N11 N14 N15 N16 A2 A3a A3c A3d A3e '
all='M1 M2 M3 M4 M5 M6 M7 N1 N2 N3 N4 N5 N6 N7 N8 N9 N10 N11 N12 N13 N14 N15 N16 A1 A2 A3a A3b A3c A3d A3e A4 '

t 'a closed server is closed for each of the 31 tests' '
	try 0 closed -o ndjson && [ "$(count)" -eq 31 ] &&
	[ "$(verdicts closed)" = "$all" ]'
t 'an open server is open for plain recipients and source routes, no proof for others' '
	try 1 open -o ndjson && [ "$(verdicts open)" = "$plain" ] &&
	[ "$(verdicts "accepted (not proof)")" = "$hidden" ]'
t 'a server that takes the hidden forms only is not proven' '
	try 3 percent -o ndjson && [ "$(verdicts closed)" = "$plain" ] &&
	[ "$(verdicts "accepted (not proof)")" = "$hidden" ]'
t '--rcpt-only does not count those' 'try 0 percent --rcpt-only'
t '530 asks for authentication, and so do words' '
	try 0 auth -o ndjson &&
	[ "$(verdicts "needs authentication")" = "$all" ] &&
	try 0 authtext -o ndjson --test M1 &&
	[ "$(verdicts "needs authentication")" = "M1 " ]'
t 'a greylist proves nothing' '
	try 3 grey -o ndjson && [ "$(verdicts unknown)" = "$all" ]'
t 'a server that says 421 proves nothing, and is left alone soon' '
	try 3 drop -o ndjson && [ "$(verdicts unknown)" = "$all" ] &&
	[ "$(jq -r "select(.code == 421) | .test" out | wc -l)" -le 3 ]'
t 'one that hangs up at RCPT, too' '
	try 3 hangup -o ndjson && has "the server hung up" &&
	[ "$(verdicts unknown)" = "$all" ]'
t 'one that hangs up after three transactions is called again' '
	try 0 limit -o ndjson && [ "$(verdicts closed)" = "$all" ]'
t 'replies of many lines are read whole' '
	try 0 multi -o ndjson && [ "$(verdicts closed)" = "$all" ] &&
	jq -es "all(.status == \"5.7.1\" and (.reply | contains(\"three\")))" out'
t 'garbage is no reply' '
	try 3 garbage -o ndjson && [ "$(verdicts unknown)" = "$all" ] &&
	has "no SMTP reply" && plain out && try 3 garbage && plain out'
t 'a server that never speaks costs no more than the timeout' '
	try 3 mute --timeout 1 -o ndjson && has "no answer in time" errs &&
	[ "$(verdicts unknown)" = "$all" ]'
t 'a byte now and then is no answer' '
	try 3 tarpit --timeout 1 -o ndjson && has "no answer in time" errs &&
	[ "$(verdicts unknown)" = "$all" ]'
t 'a slow answer is one' '
	try 0 slow -o ndjson && [ "$(verdicts closed)" = "$all" ]'
t 'nobody listens: nothing is proven' '
	run 3 relaytest -r user@remote.example --timeout 2 -o ndjson 127.0.0.1:1 &&
	has "no connection" errs && [ "$(verdicts unknown)" = "$all" ] &&
	jq -es "any(.test == \"N6\" and .recipient == \"user%remote.example@[127.0.0.1]\")" out'

t 'KB304897 asks for the message: when it bounces, the server is closed' '
	try 0 bounce -o ndjson --deliver probe@remote.example --watch box \
	    --wait 20 && [ "$(verdicts closed)" = "$all" ] &&
	[ "$(jq -rs "map(select(.reply == \"the message bounced\")) | length" out)" -eq 17 ]'
rm -rf box
t 'when it arrives, the server is open' '
	try 1 percent -o ndjson --deliver probe@remote.example --watch box \
	    --wait 20 --test M6 --test N12 && [ "$(verdicts open)" = "M6 " ] &&
	grep -q "^To: <probe@remote.example>" box/new/*'
rm -rf box
t 'a message that is refused after DATA closes the test' '
	try 0 data -o ndjson --deliver probe@remote.example --test M6 &&
	[ "$(verdicts closed)" = "M6 " ]'
if perl -MIO::Socket::IP -e 'IO::Socket::IP->new(LocalHost => "::1",
    Listen => 1) or exit 1'; then
	t 'over IPv6, with the address as a literal of its kind' '
		perl "$top/tests/e2e/smtpd.pl" closed port6 box ::1 & pid=$!
		for _ in 1 2 3 4 5 6 7 8 9 10; do [ -s port6 ] && break; sleep 0.2; done
		run 0 relaytest --pause 0 --helo me.example.net -6 -o ndjson \
		    --server-name mail.example.org -r user@remote.example "[::1]:$(cat port6)"
		r=$?; kill $pid; [ $r = 0 ] && [ "$(verdicts closed)" = "$all" ] &&
		jq -es "any(.test == \"N5\" and .recipient == \"user%remote.example@[IPv6:::1]\")" out &&
		run 2 relaytest -4 -r user@remote.example "[::1]:25"'
else
	echo '# no IPv6 here'
fi
t 'nothing is sent without --deliver' '
	rm -rf box && try 1 open && [ ! -e box ]'

t 'authentication opens what it should; the password is nowhere' '
	echo s3cret >secret && exec 7<secret &&
	try 0 login --auth bob --password-fd 7 --auth-in-clear \
	    --transcript script && has "may relay, as it should" errs &&
	has "^> AUTH PLAIN \*\*\*" script && hasnt s3cret script &&
	hasnt AGJv script && [ "$(stat -c %a script)" = 600 ]'
t 'a wrong password, or an account that may not, is told' '
	echo wrong >secret && exec 7<secret &&
	try 3 login --auth bob --password-fd 7 --auth-in-clear &&
	has "does not let us in: 535" errs &&
	echo s3cret >secret && exec 7<secret &&
	try 3 useless --auth bob --password-fd 7 --auth-in-clear &&
	has "does not open what it should" errs'
t 'no password goes over the wire in clear unless told' '
	echo s3cret >secret && exec 7<secret &&
	try 3 login --auth bob --password-fd 7 --transcript script &&
	has "no AUTH mechanism" errs && hasnt "AUTH PLAIN \*" script'

t 'the table says what was tried and what came back' '
	try 0 closed && has "^M6  *closed  *x  *user%remote.example  *550  *5.7.1 Unable to relay" &&
	has "^127.0.0.1 \[127.0.0.1\]: closed" && plain out'
t 'the same answers, as a table and as ndjson' '
	try 3 percent && grep -c "accepted (not proof)" out >n &&
	[ "$(cat n)" -eq 18 ]'
t 'the command line is checked before anything is sent' '
	run 2 relaytest 127.0.0.1 && run 2 relaytest -r x 127.0.0.1 &&
	run 2 relaytest -r a@b.example 127.0.0.1:99999 &&
	run 2 relaytest -r a@b.example &&
	run 2 relaytest -r a@b.example --test M9 127.0.0.1 &&
	run 2 relaytest -r a@b.example --watch x 127.0.0.1 &&
	run 2 relaytest -r a@b.example -o csv 127.0.0.1 &&
	run 2 relaytest -r "a b@b.example" --address 192.0.2.1 127.0.0.1 &&
	run 2 relaytest -r a@b.example --address 192.0.2.1 127.0.0.1 &&
	has "is not at 192.0.2.1" errs'
t 'a recipient of the server itself is no test' '
	smtpd closed && run 2 relaytest -r a@example.org \
	    --server-name mail.example.org 127.0.0.1:$port; r=$?; kill $pid
	[ $r -eq 0 ] && has "own domain" errs'

t_done
