#!/bin/sh
# What is put into the hold of a real Postfix is taken by postsuper, keeps its
# arrival, account, client and bytes, and is delivered once when it is let go.
. "$(dirname "$0")/servers.sh"
box postfix
. "$(dirname "$0")/lib.sh"

r=/mnt/k/root
q=$r/var/spool/postfix
in_server() { chroot "$r" "$@"; }
mkdir got && chmod 777 got
perl "$top/tests/e2e/taker.pl" 2871 250 got &
await 2871
postfix_start k 2890 'default_transport = smtp:[127.0.0.1]:2871
relay_transport = smtp:[127.0.0.1]:2871
local_transport = smtp:[127.0.0.1]:2871
smtputf8_enable = yes' || skip_all 'the server does not start'
for i in 1 2 3; do
	printf 'X-Sender: <s%d@example.com> RET=HDRS ENVID=q%d\r\nX-Receiver: <"a b"@one.example.net> NOTIFY=FAILURE\r\nX-Receiver: <two%d@example.net>\r\nReceived: from h by mail.example.org; Mon, 5 Jan 2004 01:00:00 +0000\r\nMessage-ID: <%d@example.com>\r\n\r\n.dot\r\ncaf\303\251 %d\r\n%01500d\r\n' $i $i $i $i $i $i >$i.eml
done
# A queue to take from, whose client, account and arrival are known.
mkdir -p from/maildrop from/active && run 0 spoolreplay --to postfix-maildrop:from \
    --stall 0 --commit ./1.eml ./2.eml ./3.eml
at=$(($(date +%s) - 7200))
for f in from/maildrop/*; do
	perl -0777 -pe 's/\AT.\d{10} 0/sprintf "T%c%d 0", 12, '$at'/e;
	    my $a = join "", map { "A" . chr(length) . $_ } "sasl_username=carol",
	    "client_address=203.0.113.9", "log_client_address=203.0.113.9",
	    "client_name=host.example.net", "helo_name=client.example.net";
	    s/(A.rewrite_context=remote)/$1$a/' "$f" >from/active/$(basename "$f") &&
	    rm "$f"
done
told() { jq -r '[.message_id, .arrived, .account, .client.ip, .client.helo,
    .client.name, .sender.address, (.recipients | map(.address) | sort), .sha256] |
    tostring' out | sort; }

t 'the copy is put into hold, and read there as it was' '
	run 0 spoolscan -f postfix -d example.org -o ndjson from && told >want && cat want &&
	[ "$(grep -c "carol.*203.0.113.9" want)" -eq 3 ] &&
	run 0 spoolreplay -f postfix --to postfix-hold:$q --commit from/active/* && cat out &&
	run 0 spoolscan -f postfix -d example.org -o ndjson $q && told | diff want - &&
	jq -es "length == 3 and all(.folder == \"hold\" and .problems == null)" out &&
	[ "$(find $q/hold -type f -perm 0700 -user 901 | wc -l)" -eq 3 ]'
t 'postsuper names each, and the server tells it as it is' '
	in_server /usr/sbin/postfix stop >/dev/null 2>&1
	in_server /usr/sbin/postsuper -s >super 2>&1; cat super
	in_server /usr/sbin/postfix start >/dev/null 2>&1; await 2890 &&
	for f in $q/hold/*; do
		[ "$(basename $f | cut -c 6-)" = "$(printf %X $(stat -c %i $f))" ] || exit 1
	done &&
	in_server /usr/sbin/postqueue -j | jq -es "length == 3 and all(.queue_name == \"hold\" and
	    .arrival_time == $at and ([.recipients[].address] | length == 2))" &&
	id=$(basename $(ls $q/hold/* | head -n 1)) && in_server /usr/sbin/postcat -eq $id >cat &&
	has "sasl_username=carol" cat && has "client_address=203.0.113.9" cat && has "^sender: s" cat &&
	in_server /usr/sbin/postcat -bhq $id | sha256sum | cut -d " " -f 1 >sum &&
	run 0 spoolscan -f postfix -d example.org -o ndjson $q && told | diff want - && grep -q "$(cat sum)" want'
t 'let go, each is delivered once, and its bytes are as they were' '
	in_server /usr/sbin/postsuper -H ALL >/dev/null 2>&1 && in_server /usr/sbin/postqueue -f && i=0
	while [ -n "$(find $q/hold $q/deferred $q/active $q/incoming -type f)" ] && [ $i -lt 200 ]; do
		sleep 0.1; i=$((i + 1)); done
	[ "$(cat got/* | grep -a -c "^Message-ID:")" -eq 3 ] &&
	[ "$(cat got/* | grep -a -c "^RCPT TO:")" -eq 6 ] &&
	! cat got/* | grep -a "^Received:" | grep -v "from h by" &&
	! grep -E "warning|error|fatal|panic" $r/var/log/postfix.log |
	    grep -v -e "overriding earlier" -e "file system clock" -e "resetting file" | grep .'
t 'a second run puts nothing in' '
	run 1 spoolreplay -f postfix --to postfix-hold:$q --commit from/active/* && [ -z "$(find $q/hold -type f)" ]'
t_done
