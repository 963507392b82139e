#!/bin/sh
# An incident of Exchange 5.5, where only the log knows the account.
. "$(dirname "$0")/lib.sh"

site='-d example.org -t 192.0.2.0/24'
mkdir -p Imcdata/In/Archive Imcdata/Out Imcdata/Work Imcdata/Pickup
"$B/tests/makelog" ims55 1 Imcdata >L0000000.LOG 2>key
class_of() {
	spoollist -c case.db -w "path LIKE 'Out/$1%'" -o ndjson |
	    jq -r '"\(.class) \(.reason // "-") \(.account // "-")"' | sort |
	    uniq -c | sed 's/^ *//'
}

t 'without the log nobody has an account' '
	run 0 spoolscan -c case.db $site Imcdata &&
	[ "$(class_of THIEF)" = "84 relay relay/third-party -" ] &&
	[ "$(class_of GUEST)" = "6 legit legit/submitted -" ]'

cp case.db before.db
t 'the log names the stolen account first' '
	run 0 spoollog -c case.db $site L0000000.LOG &&
	[ "$(sed -n 4,5p out | tr -d "\n")" = "accounts that look stolen: lock them first  guest" ] &&
	has "of 121 entries the logs tell 121: 0 by queue id, 121 by message id" errs &&
	has "84 are relay for another reason" errs && has "^ledger: row 2" errs'

t 'the mail of the thief is relay/stolen-account, that of the owner stays legit' '
	[ "$(class_of THIEF)" = "84 relay relay/stolen-account guest" ] &&
	[ "$(class_of GUEST)" = "6 legit legit/submitted guest" ] &&
	[ "$(class_of CLERK)" = "16 legit legit/submitted clerk" ]'

t 'the case says by what they were joined, and why the account is stolen' '
	run 0 sqlite3 case.db "SELECT DISTINCT joined_by, stolen LIKE \"after 30 failed guesses%\"
	    FROM log_join WHERE client = \"203.0.113.1\"" && [ "$(cat out)" = "message-id|1" ] &&
	run 0 spoolshow -c case.db -s /dev/null Imcdata/Out/"$(ls Imcdata/Out | grep -m1 THIEF)" &&
	has stolen-account'

t 'the case verifies, and the ledger has the run' '
	run 0 spoollist -c case.db --verify &&
	run 0 spoollist -c case.db --ledger && has "121 entries joined"'

t 'again it changes nothing, and a scan keeps it' '
	sqlite3 case.db "SELECT class, reason, account, client, path FROM entry ORDER BY path" >a &&
	run 0 spoollog -c case.db $site L0000000.LOG &&
	run 0 spoolscan -c case.db $site Imcdata && has "121 as before" errs &&
	sqlite3 case.db "SELECT class, reason, account, client, path FROM entry ORDER BY path" >b &&
	diff a b'

t 'an owner at home, whom only his password tells from a stranger, is legit then' '
	rm -f home.db && run 0 spoolscan -c home.db -d example.org -t 192.0.2.128/25 Imcdata &&
	[ "$(sqlite3 home.db "SELECT DISTINCT reason FROM entry WHERE path LIKE \"Out/GUEST%\"")" = relay/spoofed-sender ] &&
	run 0 spoollog -c home.db -d example.org -t 192.0.2.128/25 L0000000.LOG &&
	has "22 were relay and are legit now" errs &&
	[ "$(sqlite3 home.db "SELECT DISTINCT reason FROM entry WHERE path LIKE \"Out/GUEST%\"")" = legit/submitted ] &&
	[ "$(sqlite3 home.db "SELECT DISTINCT reason FROM entry WHERE path LIKE \"Out/THIEF%\"")" = relay/stolen-account ]'

t 'a mark of a person stays' '
	cp before.db m.db && run 0 spoolmark -c m.db -w "path LIKE \"Out/THIEF%\"" legit &&
	run 0 spoollog -c m.db $site L0000000.LOG &&
	[ "$(sqlite3 m.db "SELECT DISTINCT class, judged, reason FROM entry WHERE path LIKE \"Out/THIEF%\"")" = "legit|relay|relay/stolen-account" ]'

t 'without a Message-ID, time and envelope join; two that fit the same join neither' '
	grep -v "Message-ID" L0000000.LOG >noid.LOG && cp before.db e.db &&
	run 0 spoollog -c e.db $site noid.LOG && has "121 by envelope; 0 more" errs &&
	sqlite3 before.db "UPDATE entry SET message_id = \"same@example.org\"" &&
	sed "s/Message-ID: .*/Message-ID: <same@example.org>/" L0000000.LOG >same.LOG &&
	run 0 spoollog -c before.db $site same.LOG && has "the logs tell 0:" errs'

# Two servers into one log; the other one gave the same queue id.
pf() { printf 'Jan  5 01:02:03 %s postfix/%s[1]: %s\n' "$@"; }
cp -a "$top/tests/spool/postfix/good-queue" queue
{	pf mail smtpd '7E2F0AAAA: client=pc[192.0.2.7], sasl_username=carol'
	pf mail qmgr '7E2F0AAAA: from=<carol@example.org>, size=9, nrcpt=1 (x)'
	pf mx2 smtpd '7E2F0AAAA: client=x[203.0.113.7], sasl_username=eve'
	pf mx2 qmgr '7E2F0AAAA: from=<eve@example.org>, size=9, nrcpt=1 (x)'
	pf mx2 smtpd '8A0B0CCCC: client=x[203.0.113.7], sasl_username=eve'
	pf mx2 qmgr '8A0B0CCCC: from=<eve@example.org>, size=9, nrcpt=1 (x)'
} >two.log
t 'what another server did under the same queue id is not joined' '
	run 0 spoolscan -c two.db -d example.org queue &&
	run 0 spoollog -c two.db -d example.org --year 2004 two.log &&
	has "the logs tell 1: 1 by queue id" errs && has "0 more not for sure" errs &&
	run 0 sqlite3 two.db "SELECT account, client FROM entry WHERE queue_id IN
	    (\"7E2F0AAAA\", \"8A0B0CCCC\") AND account IS NOT NULL" &&
	[ "$(cat out)" = "carol|192.0.2.7" ]'

t 'no password is in the case, nor in anything that is printed of it' '
	grep -q SHVudGVy L0000000.LOG &&
	! grep -q -a -e Hunter2 -e SHVudGVy case.db home.db m.db e.db &&
	{	for o in table ndjson csv; do spoollog -c case.db $site --list pairs -o $o L0000000.LOG; done
		spoollog -v -c case.db $site L0000000.LOG
		for o in table ndjson csv ecs bodyfile; do spoollist -c case.db -o $o; done
		spoollist -c case.db --ledger; sqlite3 case.db .dump
		spoolshow -c case.db $(spoollist -c case.db -w "path LIKE \"Out/THIEF%\"" -o ndjson | jq -r .id | head -n 3)
	} >all 2>&1 && has guest all && ! grep -q -a -e Hunter2 -e SHVudGVy all'

t 'a case that is none is refused before the log is read' '
	run 4 spoollog -c none.db L0000000.LOG && [ ! -e none.db ] && hasnt "ims55," errs'
t_done
