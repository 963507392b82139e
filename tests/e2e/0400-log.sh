#!/bin/sh
# spoollog: every kind of log against its answer key, whole and damaged.
. "$(dirname "$0")/lib.sh"

kinds='postfix exim sendmail opensmtpd ims55 ex2007 w3c iis ncsa events'
opts='--year 2004'
make_log() { "$B/tests/makelog" "$@"; }

# What is in the log, in the words of the key.
told() {
	spoollog $opts --list accounts -o ndjson "$@" 2>errs |
	    jq -r '"account \(.account) messages \(.messages) recipients \(.recipients) failed \(.failed)"'
	spoollog $opts --list clients -o ndjson "$@" 2>>errs |
	    jq -r '"client \(.client) sessions \(.sessions) messages \(.messages) recipients \(.recipients) refused \(.refused) failed \(.failed)"'
}
is_key() {
	key=$1
	shift
	sort "$key" >want
	told "$@" | sort >got
	[ -s got ] && diff want got
}

for kind in $kinds; do
	make_log "$kind" 2 >"$kind.log" 2>"$kind.key"
	t "$kind: found by itself; accounts, clients, sessions and counts are those of the key" "
		is_key $kind.key $kind.log && has ': $kind, ' errs"
done

t 'every line of a made log is understood' '
	for k in $kinds; do
		run 0 spoollog $opts $k.log && hasnt "say nothing" errs || exit 1
	done'

t 'lines of other programs, rubbish, NUL and a line without an end change nothing' '
	for k in $kinds; do
		{	head -n 5 $k.log
			printf "rubbish\nNov  9 11:33:27 mail sshd[1]: Invalid user x\n"
			printf "a\000b\033[31m\377\n\n"
			perl -e "print \"x\" x 3000000, \"\n\""
			tail -n +6 $k.log
			printf "2004-11-09 11"
		} >$k.bad
		opts="--year 2004 -f $k" is_key $k.key $k.bad || { echo $k; exit 1; }
		has "[1-5] of them say nothing to us" errs || { cat errs; exit 1; }
	done'

t 'what stands in front of a log does not hide its kind' '
	for front in "head -c 300000 /dev/zero" \
	    "perl -e \"print qq(x) x 900000, qq(\\n)\"" \
	    "yes \"Nov  9 10:00:00 mail CRON[1]: (root) CMD (x)\" | head -n 2000"; do
		{ eval "$front"; cat postfix.log; } >front.log &&
		opts="--year 2004" is_key postfix.key front.log ||
		{ echo "$front"; exit 1; }
	done'
t 'a line behind a hole is read' '
	{ head -n 1 postfix.log; head -c 5000 /dev/zero; tail -n +2 postfix.log; } >hole.log &&
	opts="--year 2004" is_key postfix.key hole.log && hasnt "say nothing" errs'
t 'dates that lose their year in the middle go on with it' '
	n=$(($(wc -l <postfix.log) / 2)) &&
	{	head -n $n postfix.log | sed "s/^Nov \( *\)\([0-9]*\) \([0-9:]*\)/2003-11-0\2T\3Z/"
		tail -n +$((n + 1)) postfix.log; } >turn.log &&
	head -n 1 turn.log && run 0 spoollog turn.log && has "^2003-11-09.* to 2003-11-09"'
t 'gzip, zstd, a folder, an archive and stdin say the same' '
	gzip -k postfix.log && zstd -q postfix.log && mkdir d && cp exim.log d &&
	tar cf e.tar exim.log &&
	is_key postfix.key postfix.log.gz && is_key postfix.key postfix.log.zst &&
	is_key exim.key d && is_key exim.key e.tar &&
	is_key exim.key e.tar && spoollog - <exim.log >a 2>errs &&
	spoollog exim.log >b 2>errs && diff a b | grep -v spoollog >c
	[ "$(grep -c "^[<>]" c)" = 0 ]'

t 'a rotated set is read in order of time, whatever its names say' '
	n=$(($(wc -l <postfix.log) / 2)) &&
	mkdir set && head -n $n postfix.log >set/mail.log.1 &&
	tail -n +$((n + 1)) postfix.log >set/mail.log &&
	gzip set/mail.log.1 && is_key postfix.key set &&
	is_key postfix.key set/mail.log set/mail.log.1.gz &&
	spoollog $opts set >a 2>/dev/null && spoollog $opts postfix.log >b 2>/dev/null &&
	grep -A3 "look stolen" a >a1 && grep -A3 "look stolen" b >b1 && diff a1 b1'

t 'the year is by the date of the file, and turns after December' '
	printf "%s\n" "Dec 31 23:59:59 mail postfix/smtpd[1]: connect from a[192.0.2.1]" \
	    "Jan  1 00:00:01 mail postfix/smtpd[1]: connect from a[192.0.2.1]" >y.log &&
	touch -d 2011-01-02 y.log &&
	run 0 spoollog y.log && has "2010-12-31T23:59:59Z to 2011-01-01T00:00:01Z" &&
	has "no year in it" errs'

t 'the order of dates is that of the other files of a server, or as told' '
	mkdir slots && for d in "5/6/00 2:36:27 PM" "13/5/00 2:36:27 PM"; do
		echo "$d : A connection was accepted from 192.0.2.1." >slots/L000000${d%%/*}.LOG
	done
	run 0 spoollog slots && has "^2000-05-13T14:36:27Z to 2000-06-05T14:36:27Z" &&
	hasnt "month/day" errs && run 0 spoollog slots/L0000005.LOG &&
	has "^2000-05-06T" && has "taken as month/day (--dates)" errs &&
	run 0 spoollog --dates dmy slots/L0000005.LOG && has "^2000-06-05T" && hasnt month/day errs &&
	run 2 spoollog --dates x slots/L0000005.LOG &&
	printf "00/05/13 \214\337\214\343 2:36:27 : A connection was accepted from 192.0.2.1.\n" >jp.log &&
	run 0 spoollog --zone +0900 jp.log && has "^2000-05-13T05:36:27Z" && hasnt month/day errs'
t 'a zone is said, or taken from the line' '
	run 0 spoollog --zone +0900 --year 2004 postfix.log && has "^2004-11-09T02:33:27Z" &&
	hasnt "no zone" errs &&
	printf "%s\n" "2004-11-09T11:00:00.5+09:00 mail postfix/smtpd[1]: connect from a[192.0.2.1]" >z.log &&
	run 0 spoollog z.log && has "^2004-11-09T02:00:00Z"'

t 'the stolen account is the first thing on the screen, with its reason' '
	for k in postfix exim sendmail opensmtpd ims55 ex2007; do
		run 0 spoollog $opts -d example.org -t 192.0.2.0/24 $k.log || exit 1
		sed -n 4,7p out | tr -s "\n " " " >first
		has "look stolen: lock them first guest 3,360 recipients in .* from 14 addresses, first seen 2004-11-09T12:2.*, after 30 failed guesses" first ||
		    { echo $k; cat first; exit 1; }
		run 0 spoollog $opts --lock $k.log && [ "$(cat out)" = guest ] || exit 1
	done'

t 'the owner at his own place is not the thief' '
	run 0 spoollog $opts --list pairs -o ndjson postfix.log &&
	jq -es "map(select(.account == \"guest\")) | length == 15 and
	    (map(select(.client == \"192.0.2.20\")) | .[0].why == null) and
	    (map(select(.why != null)) | length == 14)" out'

t 'the lists to deny hold thieves and relayers, in four forms' '
	run 0 spoollog $opts --deny cidr postfix.log && [ "$(wc -l <out)" = 15 ] &&
	has "^198.51.100.99/32$" && has "^203.0.113.14/32$" && hasnt "^192" &&
	run 0 spoollog $opts --deny ims55 postfix.log && has "^203.0.113.1;255.255.255.255$" &&
	run 0 spoollog $opts --deny postfix postfix.log && has "^203.0.113.1/32	REJECT$" &&
	run 0 spoollog $opts --deny nft postfix.log &&
	has "^add element inet spoolkit deny4 { 198.51.100.99, 203.0.113.1, " &&
	run 0 spoollog $opts --deny cidr -0 postfix.log &&
	[ "$(tr -cd "\000" <out | wc -c)" = 15 ]'

t 'the history has each message of the key, with HELO, method and ids where the log tells them' '
	for k in $kinds; do
		[ $k = events ] && continue
		run 0 spoollog $opts --list history -o ndjson $k.log &&
		jq -rs "map(select(.what == \"message\")) |
		    \"\(length) \(map(.recipients) | add)\"" out >got &&
		awk "/^client/ { for (i = 1; i < NF; i++) { if (\$i == \"messages\") m += \$(i + 1)
		    if (\$i == \"recipients\") r += \$(i + 1) } } END { print m, r }" $k.key >want &&
		diff want got || { echo $k; exit 1; }
	done
	run 0 spoollog $opts --list history -o ndjson ims55.log &&
	jq -es "any(.what == \"message\" and .account == \"guest\" and .helo == \"thief\" and
	    .method == \"LOGIN\" and .client == \"203.0.113.1\" and .message_id != null)" out &&
	jq -es "map(select(.what == \"wrong password\")) | length == 60" out'
t 'the history as a table and as CSV has as many lines' '
	run 0 spoollog $opts --list history -o ndjson ims55.log && wc -l <out >n &&
	for o in table csv; do
		run 0 spoollog $opts --list history -o $o ims55.log && plain out &&
		[ $(($(wc -l <out) - 1)) -eq "$(cat n)" ] || exit 1
	done'
t 'what it proposes to type next is told the same: the year, the zone, what is ours' '
	run 0 spoollog $opts --zone +0100 -d example.org -t 203.0.113.0/29 postfix.log &&
	sed -n "s/^  \(spoollog --\(deny\|lock\)\)/\1/p" out >cmds && [ "$(wc -l <cmds)" = 2 ] &&
	has "^  spoollog -c case.db --zone +0100 --year 2004 -d example.org -t 203.0.113.0/29 postfix.log$" &&
	run 0 sh cmds && [ "$(grep -c 203.0.113. out)" = 1 ] && has guest && hasnt "203.0.113.7[ ,]" &&
	has "203.0.113.8, 203.0.113.9"'
t 'and nothing that would print nothing' '
	printf "Nov  9 10:00:00 m postfix/smtpd[1]: A1B2C3: client=a[192.0.2.1], sasl_method=PLAIN, sasl_username=bob\n" >quiet.log &&
	run 0 spoollog quiet.log && hasnt "^  spoollog --lock" && hasnt "^  spoollog --deny" &&
	has "^  spoollog --list pairs quiet.log$" && has "^  spoollog -c case.db quiet.log$" &&
	run 0 spoollog --list pairs quiet.log'
t 'a block list marks its clients: addresses, networks, ranges, and what is taken out' '
	printf "%s\n" "# plain" ":127.0.0.2:as rbldnsd has it" 203.0.113.1 \
	    "203.0.113.4/31 :2:why" "203.0.113.8-203.0.113.10" 203.0.113.12-14 \
	    "!203.0.113.9" 2001:db8::/32 rubbish >bl &&
	run 0 spoollog $opts --blocklist bl --list clients -o ndjson postfix.log &&
	has "1 lines are no address" errs &&
	[ "$(jq -r "select(.place == \"listed\") | .client" out | sort -t. -k4n | cut -d. -f4 | tr "\n" " ")" = "1 4 5 8 10 12 13 14 " ] &&
	run 0 spoollog $opts --blocklist bl postfix.log && has "203.0.113.1 .* listed$" &&
	run 4 spoollog --blocklist none postfix.log'

t 'a gateway is not denied, which would shut everybody out; it is told' '
	run 0 spoollog $opts -g 198.51.100.99 -g 203.0.113.1 --deny cidr postfix.log &&
	[ "$(wc -l <out)" = 13 ] && hasnt "203.0.113.1/" && hasnt 198.51.100.99 &&
	run 0 spoollog $opts -g 198.51.100.99 -d example.org postfix.log &&
	has "198.51.100.99 .* a gateway: not to be denied$"'
t 'a trusted network is never on them' '
	run 1 spoollog $opts -t 203.0.113.0/24 -t 198.51.100.0/24 --deny cidr postfix.log &&
	[ ! -s out ]'

t 'relaying that was accepted is counted where it is known what is ours' '
	run 0 spoollog $opts -d example.org --list relays -o ndjson w3c.log &&
	jq -es "map(select(.client == \"198.51.100.99\" and .refused == 50)) | length == 1" out &&
	jq -es "map(select(.client == \"203.0.113.1\" and .foreign == 240)) | length == 1" out &&
	jq -es "map(select(.client == \"198.51.100.4\")) | length == 0" out'

secret=$(printf Hunter2-Secret | base64)
t 'no password of a log comes out, decoded or not' '
	grep -q "$secret" ims55.log || exit 1
	printf "%s\n" "1/2/04 1:02:03 AM : A connection was accepted from a." \
	    "1/2/04 1:02:03 AM : <<< AUTH XOAUTH2 $(printf "user=bob\001auth=Bearer Hunter2-Secret\001\001" | base64 -w0)" \
	    "1/2/04 1:02:03 AM : >>> 535 no" \
	    "1/2/04 1:02:03 AM : <<< $secret" "1/2/04 1:02:04 AM : $secret" >x.log
	for f in ims55.log ex2007.log x.log; do
		for l in stolen accounts clients pairs guesses relays history; do
			spoollog $opts -v --list $l -o ndjson $f
			spoollog $opts --list $l $f
		done
		spoollog $opts -v $f
		spoollog -f postfix $f
		spoollog $opts --lock $f
		spoollog $opts --deny cidr $f
	done >all 2>&1
	[ -s all ] && has bob all && hasnt Hunter2 all && hasnt "$secret" all && hasnt SHVudGVy all'

t 'NTLM gives domain, user and workstation' '
	blob=$(perl -e "sub u { join q{}, map { qq{\$_\\0} } split //, shift }
	    my @s = map { u(\$_) } qw(CONTOSO guest PC7); my \$at = 52;
	    my \$d = q{}; for (@s) { \$d .= pack q{vvV}, length, length, \$at; \$at += length }
	    print qq{NTLMSSP\\0}, pack(q{V}, 3), pack(q{vvVvvV}, (0) x 6), \$d, join q{}, @s" | base64 -w0)
	printf "%s\n" "1/2/04 1:02:03 AM : A connection was accepted from 192.0.2.7." \
	    "1/2/04 1:02:03 AM : <<< AUTH NTLM" "1/2/04 1:02:03 AM : >>> 334 ok" \
	    "1/2/04 1:02:03 AM : <<< $blob" "1/2/04 1:02:03 AM : >>> 235 ok" >n.log
	run 0 spoollog --list accounts -o ndjson n.log &&
	jq -e ".account == \"contoso\\\\guest\"" out &&
	run 0 spoollog --list history -o ndjson n.log &&
	jq -es "any(.account == \"CONTOSO\\\\guest\" and .workstation == \"PC7\" and .method == \"NTLM\")" out'

t 'what is no log is said, and the others are read' '
	mkdir m && echo hello >m/readme && cp exim.log m &&
	run 3 spoollog $opts m && has "no log of a kind that we know" errs && has "look stolen" &&
	run 4 spoollog m/readme && run 2 spoollog --zone x m/readme && run 2 spoollog &&
	run 4 spoollog /nonexistent && has "/nonexistent" errs'

t 'names in a log reach no terminal raw' '
	printf "Nov  9 11:33:27 m postfix/smtpd[1]: A1B2C3: client=x[192.0.2.1], sasl_method=PLAIN, sasl_username=a\033[31mb\342\200\256c\n" >e.log &&
	run 0 spoollog e.log && plain out && run 0 spoollog --list accounts e.log && plain out &&
	run 0 spoollog --list accounts -o csv e.log && plain out'

t 'so is what is compressed in an archive, and both through a pipe' '
	n=$(($(wc -l <postfix.log) / 2)) && mkdir packed &&
	head -n $n postfix.log | gzip >packed/mail.log.1.gz &&
	tail -n +$((n + 1)) postfix.log >packed/mail.log &&
	tar -cf packed.tar packed/mail.log.1.gz packed/mail.log &&
	is_key postfix.key packed.tar && hasnt "not in the order" errs &&
	has "packed.tar/packed/mail.log.1.gz: postfix" errs &&
	spoollog --list pairs -o csv postfix.log >a 2>/dev/null &&
	for made in "gzip <postfix.log" "zstd -q <postfix.log" \
	    "cat packed.tar" "gzip <packed.tar"; do
		eval "$made" | spoollog --list pairs -o csv - >b 2>errs &&
		cmp a b || exit 1
	done'
t 'an archive in another order says so, and has the same years' '
	tar -cf turned.tar packed/mail.log packed/mail.log.1.gz &&
	run 0 spoollog turned.tar &&
	has "turned.tar: its files are not in the order of their times" errs'
t 'a damaged file in an archive is told once, and those behind it are read' '
	head -c "$(($(wc -c <packed/mail.log.1.gz) - 100))" packed/mail.log.1.gz >packed/cut.gz &&
	tar -cf cut.tar packed/cut.gz packed/mail.log &&
	run 3 spoollog cut.tar &&
	[ "$(grep -c "cut.tar/packed/cut.gz: damaged archive" errs)" = 1 ] &&
	has "cut.tar/packed/mail.log: postfix" errs &&
	run 3 spoollog packed/cut.gz &&
	[ "$(grep -c "damaged archive" errs)" = 1 ]'
t 'a log of more than a year, without one, says that it needs one' '
	printf "%s 10:00:00 m postfix/smtpd[1]: connect from a[192.0.2.1]\n" "Feb  1" "Jul  1" "Dec  1" "Jan  1" "Mar  1" >long.log &&
	touch -d 2019-03-02 long.log && run 0 spoollog long.log &&
	has "up to 2020, after that date: --year tells" errs &&
	run 0 spoollog --year 2018 long.log && hasnt "after that date" errs &&
	has "^2018-02-01.* to 2019-03-01"'
t 'a log and its copy are told, and a rotated set is none' '
	mkdir var && cp postfix.log var/mail.log &&
	{ yes "Nov  9 10:00:00 mail CRON[1]: (root) CMD (x)" | head -n 300; cat postfix.log; } >var/syslog &&
	run 0 spoollog var && [ "$(grep -c "most of its lines stand in var/" errs)" = 1 ] &&
	run 0 spoollog set && hasnt "count twice" errs &&
	run 0 spoollog ims55.log exim.log postfix.log && hasnt "count twice" errs'
t 'a file in an archive has its own date, and so its year' '
	mkdir dated && sed "s/^[A-Z][a-z][a-z] .[0-9]/Dec 30/" postfix.log >dated/mail.log &&
	gzip -n dated/mail.log && touch -d 2019-01-02 dated/mail.log.gz &&
	tar -cf dated.tar dated && run 0 spoollog dated.tar && has "^2018-12-30"'
t 'a link in a folder is not followed' '
	mkdir l && ln -s "$work/postfix.log" l/mail.log && run 1 spoollog l'
t 'a binary journal is told how to be read' '
	{ printf LPKSHHRH; head -c 5000 /dev/zero; } >system.journal &&
	printf "__CURSOR=s=1\n__REALTIME_TIMESTAMP=1\nMESSAGE=x\n\n" >exported &&
	run 3 spoollog system.journal exported postfix.log &&
	[ "$(grep -c "a journal: read what journalctl -o json prints" errs)" = 2 ]'
t 'logs without a line are told' '
	: >new.log && run 1 spoollog new.log && has "not one line in what was given" errs &&
	run 0 spoollog new.log postfix.log'
t 'an archive with no file in it is told' '
	head -c 100000 /dev/zero | gzip >zeros.gz && run 4 spoollog zeros.gz &&
	has "zeros.gz: an archive of nothing" errs'

t_done
