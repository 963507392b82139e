#!/bin/sh
# What envelopes do not show: accounts and machines of ours in a stranger's
# hands, and names that are tried, among everybody's work.  All scenarios, and
# 50,000 messages of each, are in tests/long/abuse.sh.
. "${0%/*}/lib.sh"
. "$top/tests/judge/goals.sh"

N=${N:-3000}
for scenario in stolen-slow infected dictionary; do
	t "$scenario, $N messages: the goals are met" "
		abuse $scenario $N 21 && goals"
	cp scan.csv "$scenario.csv" 2>/dev/null
done
t 'most of what tries names is spam' '
	awk "/^class spam/ { exit \$6 < 950 }" score'

perl "$top/tests/judge/make-abuse" stolen-slow -n "$N" -s 22 slow 2>errs
perl "$top/tests/judge/make-abuse" infected -n "$N" -s 22 sick 2>errs
t 'the evidence says who, how many, and how many of them are strangers' '
	run 0 spoolscan -l -x --class relay -s slow/site.conf slow &&
	has "relay/stolen-account" &&
	has "account [a-z.]* at .*: [0-9,]* recipients in .*[0-9]\.[0-9] % of them ever wrote to us, .* bounced" &&
	has "; from [0-9]* networks"'
t 'and of a machine of ours, with its address' '
	run 0 spoolscan -l -x --class relay -s sick/site.conf sick &&
	has "client 10\.1\.[0-9.]* (trusted): [0-9,]* recipients in"'
t 'what to type next asks for accounts, or for clients' '
	run 0 spoolscan -c slow.db -s slow/site.conf slow/Imcdata &&
	has "spoollist -c slow.db --class relay --by account" &&
	run 0 spoolscan -c sick.db -s sick/site.conf sick/Imcdata &&
	has "spoollist -c sick.db --class relay --by client"'
t 'without a site no stolen account is called legit' '
	spoolscan -o csv slow/Imcdata >scan.csv 2>errs &&
	perl "$top/tests/judge/score" slow/key.tsv <scan.csv >score; cat score
	hasnt "mistake .* relay/.* -> legit" score'
t 'without a site it is judged the same: a bot of many names is no gateway' '
	for site in "-s sick/site.conf" ""; do
		spoolscan -o csv $site sick/Imcdata >scan.csv 2>errs &&
		perl "$top/tests/judge/score" sick/key.tsv <scan.csv >score || exit 1
		[ -f told ] || cp score told
	done
	cat score; cmp score told && grep -q "^lost 0 " score'
t 'one, two and eight threads say the same' '
	for j in 1 2 8; do
		spoolscan -j $j -o csv -s sick/site.conf sick >out.$j 2>errs || exit 1
	done
	cmp out.1 out.2 && cmp out.1 out.8'
in_order "" sick here
in_order -r sick turned
t 'so does a directory of another order' '
	spoolscan -o csv -s sick/site.conf here/Imcdata >a 2>errs &&
	spoolscan -o csv -s sick/site.conf turned/Imcdata | sed "s#turned/#here/#" >b 2>errs &&
	cmp a b && [ "$(wc -l <a)" -gt "$N" ]'
t_done
