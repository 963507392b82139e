#!/bin/sh
# spoollog: Windows events, as text in any coding, and as .evt and .evtx.
. "$(dirname "$0")/lib.sh"

evlog() { perl "$top/tests/e2e/evlog.pl" "$1"; }
rows() {
	for l in accounts clients; do
		spoollog --list $l -o ndjson "$@" 2>errs || return 1
	done | jq -c 'del(.why)' | sort
}
"$B/tests/makelog" events 2 >e.csv 2>e.key
"$B/tests/makelog" records 2 >e.tsv 2>r.key
for k in evt evtx; do evlog $k <e.tsv >e.$k; done
rows e.csv >want

t 'UTF-16 of either order, with and without pairs, and a mark of UTF-8 change nothing' '
	for c in UTF-16LE UTF-16BE; do
		iconv -f UTF-8 -t $c e.csv >body && case $c in
		*LE) printf "\377\376" ;; *) printf "\376\377" ;; esac >$c.csv &&
		cat body >>$c.csv && rows $c.csv >got && diff want got || exit 1
	done
	{ printf "\357\273\277"; cat e.csv; } >mark.csv && rows mark.csv >got && diff want got &&
	{	printf "\377\376"
		printf "11/09/2004,11:33:27 AM,MSExchangeTransport,x,Information,1708,N/A,M,\"client 192.0.2.1 user \"\"caf\303\251\360\237\230\200\"\"\"\n" |
		    iconv -f UTF-8 -t UTF-16LE; } >pair.csv &&
	run 0 spoollog --list accounts -o ndjson pair.csv &&
	[ "$(jq -r .account out | od -An -c | tr -d " ")" = "$(printf "caf\303\251\360\237\230\200\n" | od -An -c | tr -d " ")" ]'
t 'UTF-16 through gzip and a pipe, cut inside a character, or with half a pair' '
	gzip -k UTF-16LE.csv && rows UTF-16LE.csv.gz >got && diff want got &&
	cat UTF-16LE.csv | spoollog --list accounts - >a 2>errs &&
	spoollog --list accounts e.csv >b 2>errs && diff a b &&
	{ cat UTF-16LE.csv; printf "\000\330x"; } >half.csv && rows half.csv >got && diff want got'
t 'tabs, and other columns, say the same' '
	perl -pe "s/,(?=(?:[^\"]*\"[^\"]*\")*[^\"]*\$)/\t/g" e.csv >e.txt && rows e.txt >got && diff want got'
t 'a failure of Exchange 2007 and later tells its client, and no account' '
	printf "%s\n" "Error,2009-03-01 10:00:00,MSExchangeTransport,1035,SmtpReceive,\"Inbound authentication failed with error LogonDenied for Receive connector Default MAIL01. The authentication mechanism is Login. The source IP address of the client who tried to authenticate to Microsoft Exchange is [198.51.100.7].\"" >ex.csv &&
	run 0 spoollog --list guesses -o ndjson ex.csv &&
	jq -e ".client == \"198.51.100.7\" and .failed == 1" out &&
	run 1 spoollog --list accounts ex.csv'
t 'refused relaying is told by its words, whatever the id' '
	printf "%s\n" "11/09/2004,11:33:27 AM,MSExchangeIMC,SMTP Interface,Warning,9999,N/A,M,\"Relaying was denied for host 198.51.100.9\"" >rd.csv &&
	run 0 spoollog --list relays -o ndjson rd.csv && jq -e ".client == \"198.51.100.9\" and .denied == 1" out'

t 'messages that a filter turfed are counted, and their originators told' '
	printf "%s\n" "11/09/2004,11:33:27 AM,MSExchangeIMC,Message Transfer,Warning,4192,N/A,M,\"A message from <x@spam.example> was turfed to C:\Turfdir\3SW32JRP.\"" \
	    "11/09/2004,11:33:28 AM,MSExchangeIMC,Message Transfer,Warning,4192,N/A,M,\"A message from <> was turfed.\"" >tf.csv &&
	run 0 spoollog tf.csv && has " 2 turfed$" &&
	run 0 spoollog --list history -o ndjson tf.csv &&
	[ "$(jq -r "select(.what == \"turfed\") | .sender" out | tr "\n" " ")" = "x@spam.example <> " ]'

spoollog e.evt e.evtx >out 2>errs
if has 'built without' errs; then
	t 'a build without the libraries says so, and reads the others' '
		run 3 spoollog e.evt e.csv && has "e.evt: .*without libevt: export it as text" errs'
	t_done
fi

t '.evt and .evtx: every record, by the key' '
	for k in evt evtx; do
		spoollog --list accounts -o ndjson e.$k 2>errs |
		    jq -r "\"account \(.account) messages \(.messages) recipients \(.recipients) failed \(.failed)\"" >got
		has "events, $(wc -l <e.tsv) lines; last" errs && hasnt "no zone" errs &&
		grep ^account r.key | sort >key && sort got | diff key - && rows e.$k >got && diff want got || exit 1
	done'
t 'in an archive, through a pipe, and in a folder with text' '
	for k in evt evtx; do
		gzip -k e.$k && rows e.$k.gz >got && diff want got &&
		tar -cf $k.tar e.$k && rows $k.tar >got && diff want got &&
		cat e.$k | spoollog --list accounts - >a 2>/dev/null &&
		spoollog --list accounts e.$k >b 2>/dev/null && diff a b &&
		mkdir d.$k && cp e.$k "$top/tests/e2e/evlog.pl" d.$k && run 3 spoollog d.$k || exit 1
	done'
t 'an account with marks, quotes, escapes and lines in it is one account, and harmless' '
	printf "%s\t%s\t1706\t%s\tLOGIN\t%s\n" 1100000000 MSExchangeTransport 192.0.2.1 "$(printf "a|b\"c\033[31m,d\\\\x")" >odd.tsv
	for k in evt evtx; do
		evlog $k <odd.tsv >odd.$k && run 0 spoollog --list guesses -o ndjson odd.$k &&
		[ "$(wc -l <out)" = 1 ] && plain out && run 0 spoollog odd.$k && plain out || exit 1
	done'
t 'strings of an event whose text nobody knows: the one that can be a name' '
	printf "%s\tMSExchangeIMC\t%s\t%s\t%s\n" 1100000000 2010 bob 192.0.2.1 1100000001 2010 192.0.2.2 eve >guess.tsv
	for k in evt evtx; do
		evlog $k <guess.tsv | spoollog --list pairs -o ndjson - >out 2>errs
		[ "$(jq -r "\"\(.account) \(.client)\"" out | sort | tr "\n" " ")" = "bob 192.0.2.1 eve 192.0.2.2 " ] || { cat out; exit 1; }
	done'
t 'a turfed message in a record' '
	printf "1100000000\tMSExchangeIMC\t4192\ta@spam.example\t3SW32JRP\tC:\\Turfdir\n" >tf.tsv
	for k in evt evtx; do
		evlog $k <tf.tsv | spoollog --list history -o ndjson - >out 2>errs
		jq -e ".what == \"turfed\" and .sender == \"a@spam.example\"" out || exit 1
	done'
t 'cut off, or with other bytes anywhere, they tell what is left, in bounded time' '
	head -n 40 e.tsv >few.tsv
	for k in evt evtx; do
		evlog $k <few.tsv >few && n=$(wc -c <few) || exit 1
		[ $k = evt ] || n=20000
		at=0
		while [ $at -lt $n ]; do
			head -c $at few >cut && perl -e "local \$/; \$_ = <STDIN>;
			    substr(\$_, $at, 4) = pack q{V}, $at % 2 ? 0xffffffff : 0x7fffffff; print" <few >odd
			for f in cut odd; do
				timeout 20 spoollog --list accounts $f >out 2>errs
				case $? in 0|1|3|4) ;; *) echo "$k $f at $at"; cat errs; exit 1 ;; esac
			done
			at=$((at + n / 40 + 1))
		done
	done'
t_done
