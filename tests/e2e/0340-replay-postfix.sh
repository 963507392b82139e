#!/bin/sh
# A replay to Postfix, whose queue is then what counts.
here=$(cd "$(dirname "$0")" && pwd)
. "$here/servers.sh"
box postfix
. "$here/lib.sh"

other=$top/tests/replay/box.pl
perl "$other" spool old 12
find "$work/old/In" -type f | sort >list
mkdir expect && perl "$other" expect plain expect 12
in_postfix() { chroot /mnt/one/root "$@"; }
ids() { in_postfix /usr/sbin/postqueue -p | grep -o '^[0-9A-F]\{6,\}'; }

# Each queue file's bytes, without the Received that Postfix put on top.
t 'each message is queued once, with its bytes' '
	postfix_start one 2525 "" &&
	run 0 spoolreplay -c case.db --to smtp://127.0.0.1:2525 \
	    --connections 2 --commit $(cat list) &&
	mkdir got && for id in $(ids); do
		in_postfix /usr/sbin/postcat -hbq "$id" |
		    perl -0777 -pe "s/^Received:.*?\\n(?=\\S)//s; s/\\n/\\r\\n/g" >got/$id
	done; perl "$other" count got expect >wrong; cat wrong; [ ! -s wrong ]'
t 'with sender and recipients as they were' '
	for id in $(ids); do in_postfix /usr/sbin/postcat -eq "$id"; done >envelopes &&
	[ "$(grep -c "^recipient: r[0-9]*-[0-2]@example.net" envelopes)" = 24 ] &&
	[ "$(grep -c "^sender: s[0-9]*@example.com" envelopes)" = 12 ]'
t 'a second run queues nothing more' '
	run 1 spoolreplay -c case.db --to smtp://127.0.0.1:2525 --commit $(cat list) &&
	[ "$(ids | wc -l)" = 12 ]'
printf 'X-Sender: <>\r\nX-Receiver: <b@example.net> NOTIFY=NEVER\r\nX-Receiver: <j\303\266rg@example.net>\r\nSubject: x\r\n\r\ncaf\303\251\r\n' >odd.eml
t 'null sender, NOTIFY and a UTF-8 address arrive' '
	run 0 spoolreplay -c case.db --to smtp://127.0.0.1:2525 --force odd.eml --commit odd.eml &&
	for id in $(ids); do in_postfix /usr/sbin/postcat -eq "$id"; done >envelopes &&
	has "^sender: $" envelopes && has "notify_flags=1" envelopes &&
	has "^recipient: j.*rg@example.net" envelopes'

t_done
