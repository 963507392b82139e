#!/bin/sh
# spoollog: where clients are, by a local database.
. "$(dirname "$0")/lib.sh"

"$B/tests/makelog" postfix 1 >p.log 2>key
: >empty
spoollog --geo empty p.log >out 2>errs
hasnt 'built without' errs ||
	skip_all 'built without libmaxminddb'

mmdb() { perl "$top/tests/e2e/mmdb.pl"; }
printf '%s\n' '203.0.113.0/29 NL - -' '203.0.113.8/29 US - -' \
    '2001:db8::/32 DE 64500 Six' | mmdb >country.mmdb
printf '%s\n' '203.0.113.0/24 - 64496 Example Net' \
    "198.51.100.0/24 - 64497 $(printf 'Bad\033[31m') $(printf '%0200d' 0)" | mmdb >net.mmdb
geo='--year 2004 --geo country.mmdb --geo net.mmdb'

t 'a client has its country and its network' '
	run 0 spoollog $geo --list clients -o ndjson p.log &&
	jq -es "map(select(.client == \"203.0.113.7\" and .country == \"NL\" and
	    .network == \"AS64496 Example Net\")) | length == 1" out &&
	jq -es "map(select(.client == \"203.0.113.8\" and .country == \"US\")) | length == 1" out'
t 'what no database knows has neither' '
	jq -es "map(select(.client | startswith(\"192.0.2.\"))) | length == 2 and
	    all(.country == null and .network == null)" out'
t 'an account has all countries where its password was used' '
	run 0 spoollog $geo --list accounts -o ndjson p.log &&
	jq -es "map(select(.account == \"guest\")) | .[0].country == \"NL US\"" out &&
	jq -es "map(select(.account == \"clerk\")) | .[0].country == null" out'
t 'the first screen says both of a stolen account' '
	run 0 spoollog $geo p.log && tr -s "\n " " " <out >flat &&
	has "under many senders; used from NL US" flat &&
	has "203.0.113.1 .*  NL  AS64496 Example Net$"'
t 'IPv6' '
	printf "%s\n" "Nov  9 11:33:27 mail postfix/smtpd[1]: connect from a[2001:db8::9]" >six.log &&
	run 0 spoollog $geo --list clients -o csv six.log && has "DE,AS64500 Six"'
t 'a name in a database reaches no terminal raw, and is cut' '
	run 0 spoollog $geo -v p.log && plain out && hasnt 0000000000000000000000000000000000000000 &&
	run 0 spoollog $geo --list relays -o csv p.log && plain out'
t 'a database cut off, or with other bytes anywhere, is refused or tells less' '
	n=$(wc -c <country.mmdb) && at=1 && while [ $at -lt $n ]; do
		head -c $at country.mmdb >cut.mmdb &&
		perl -e "local \$/; \$_ = <STDIN>; substr(\$_, $at, 4) = qq{\\xff\\xff\\xff\\xff}; print" \
		    <country.mmdb >odd.mmdb || exit 1
		for f in cut odd; do
			spoollog --year 2004 --geo $f.mmdb --list clients p.log >out 2>errs
			case $? in 0|4) ;; *) echo "$f at $at: $?"; cat errs; exit 1 ;; esac
		done
		at=$((at + n / 40))
	done'
t 'no database, a missing file and too many are said' '
	run 4 spoollog --geo p.log p.log && has "p.log: no MaxMind database" errs &&
	run 4 spoollog --geo none p.log && has "none: .*No such file" errs &&
	run 2 spoollog $geo $geo $geo $geo $geo p.log && has "more than 8 databases" errs'
t_done
