#!/bin/sh
# Mail out of an archived copy goes back into an OpenSMTPD that runs, by its
# own sendmail command: each message once, to whom it had not reached, and what
# is paused stays.
. "$(dirname "$0")/servers.sh"
box opensmtpd
. "$(dirname "$0")/lib.sh"
. "$top/tests/e2e/replayed.sh"

r=/mnt/o/root
q=$r/var/spool/smtpd
ctl() { chroot "$r" /usr/sbin/smtpctl "$@"; }
server_root opensmtpd o || skip_all 'no root for the server'
mkdir ok soft && echo 450 >code
perl "$top/tests/e2e/taker.pl" 2871 250 ok &
perl "$top/tests/e2e/taker.pl" 2881 @code soft &
conf='listen on 127.0.0.1 port 2894 hostname mail.example.org
listen on socket
action ok relay host smtp://127.0.0.1:2871
action soft relay host smtp://127.0.0.1:2881
match from any for domain "ok.example.net" action ok
match from any for any action soft'
start() { opensmtpd_start o 2894 "$conf" "$@"; }
stop() {
	kill "$(cat o.pid)" && while kill -0 "$(cat o.pid)" 2>/dev/null ||
	    grep -q -x smtpd /proc/[0-9]*/comm 2>/dev/null; do sleep 0.1; done
}
until_() {	# seconds command: until it holds
	i=0
	until eval "$2"; do
		i=$((i + 1))
		[ $i -lt $(($1 * 5)) ] || return 1
		sleep 0.2
	done
}
await 2871 && await 2881 && start || skip_all 'the server does not start'
printf '#!/bin/sh\nexec chroot %s /usr/sbin/sendmail "$@"\n' $r >sendmail
chmod +x sendmail
# What is not paused; "schedule all" lets go what is.
schedule() {
	for id in $(ctl show queue | cut -c 1-8 | sort -u | grep -v -x "$kept"); do
		ctl schedule $id >/dev/null 2>&1
	done
}
put_back() {
	spoolreplay -c copy.db -w "class = 'legit' and queue_id <> '$kept'" \
	    --to "maildrop-command:$work/sendmail" "$@"
}

t 'a queue, of which some have had it, and a copy of it in an archive' '
	perl "$top/tests/e2e/mailgen.pl" 2894 1-24 dsn strict &&
	until_ 20 "! ctl show queue | grep -q \"soft.*|inflight|\" && [ \$(ls ok | wc -l) -ge 5 ]" &&
	ctl pause mta >/dev/null && sleep 1 &&
	run 0 spoolscan -f opensmtpd -d example.org -c case.db -o ndjson $q && cp out all &&
	run 0 spoolmark -c case.db --because test -w 1 legit &&
	run 0 spoolarchive -c case.db $q kept.tar.zst &&
	jq -r "select(.kind == \"mail\" and .sender.address != \"\").queue_id" all |
	    sort | head -n 1 >kept && pending all | sort -u >want && [ "$(wc -l <want)" -gt 20 ]'
kept=$(cat kept)
t 'stopped, it is cleaned but for one, which is paused' '
	stop; run 0 spoolclean -c case.db -w "queue_id <> '\''$kept'\''" --delete --commit $q &&
	[ "$(find $q/queue -name message | wc -l)" -eq 1 ] && start -P mta &&
	until_ 10 "[ -n \"\$(ctl show queue)\" ]" && ctl pause envelope $kept &&
	ctl resume mta && ctl show queue | grep -q "^$kept.*|suspend|"'
t 'from the copy each goes in once' '
	run 0 spoolscan -f opensmtpd -d example.org -c copy.db kept.tar.zst &&
	run 0 spoolmark -c copy.db --because test -w 1 legit &&
	run 0 put_back --commit && cat out && run 1 put_back --commit'
t 'each is delivered once, with its envelope, and only where it had not been' '
	before=$(ls ok | wc -l) && echo 250 >code && ids=$(jq -r "select(.queue_id == \"$kept\") |
	    .message_id | ltrimstr(\"<\") | split(\"@\")[0]" all) &&
	grep -v "^$ids	" want >wanted &&
	until_ 40 "schedule; [ \$(find $q/queue -name message | wc -l) -le 1 ]"
	taken soft >got && awk -F "\t" "\$1 != \"none\" && \$2 != \"\"" got | cut -f 1-3 | sort >sent &&
	diff wanted sent && [ "$(ls ok | wc -l)" -eq "$before" ]'
t 'DSN options are kept' '
	grep -q "NOTIFY=NEVER" got && grep -q "NOTIFY=.*DELAY" got'
t 'what was paused is there still, and was not sent' '
	ctl show queue | cut -d "|" -f 1 | cut -c 1-8 | sort -u | diff kept - &&
	! cut -f 1 got | grep -x "$ids"'
t 'the server has no error and no warning' '
	! grep -i -E "warn|fatal|corrupt" o.log | grep .'
t_done
