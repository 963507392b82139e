#!/bin/sh
# Mail out of an archived copy goes back into a server that runs: Postfix by
# its maildrop, Exim by its input, sendmail by a queue directory.  Each message
# once, to whom it had not reached, and what was held stays.
. "$(dirname "$0")/servers.sh"
box postfix exim sendmail
. "$(dirname "$0")/lib.sh"
. "$top/tests/e2e/replayed.sh"

p=/mnt/p/root x=/mnt/e/root s=/mnt/s/root
sm() { chroot "$s" /usr/libexec/sendmail/sendmail -C /etc/mail/sendmail.cf "$@"; }
exim() { chroot "$x" /usr/sbin/exim4 -C /etc/exim4/exim4.conf "$@"; }
server_root postfix p && server_root exim e && server_root sendmail s || skip_all 'no root for the server'
echo '/^X-Hold:/	HOLD' >$p/etc/postfix/checks
for k in 1 2; do
	mkdir "ok$k" "soft$k"
	echo 450 >"code$k"
	perl "$top/tests/e2e/taker.pl" 287$k 250 "ok$k" &
	perl "$top/tests/e2e/taker.pl" 288$k "@code$k" "soft$k" &
	await 287$k && await 288$k
done
mkdir ok3 soft3
echo 450 >code3
perl "$top/tests/e2e/taker.pl" 2851 250 ok3 &
perl "$top/tests/e2e/taker.pl" 2852 @code3 soft3 &
perl "$top/tests/e2e/taker.pl" 2853 @code3 soft3 &
postfix_start p 2890 'transport_maps = inline:{ {ok.example.net = smtp:[127.0.0.1]:2871},
    {soft.example.net = smtp:[127.0.0.1]:2881}, {example.com = smtp:[127.0.0.1]:2881},
    {hard.example.net = smtp:[127.0.0.1]:2881},
    {example.org = smtp:[127.0.0.1]:2881} }
header_checks = regexp:/etc/postfix/checks
queue_run_delay = 1000
minimal_backoff_time = 1000
smtputf8_enable = yes' '' || skip_all 'Postfix does not start'
sed -i 's/^\(pickup .* \)60\( *1 *pickup\)/\11\2/' $p/etc/postfix/master.cf
chroot $p /usr/sbin/postfix reload >/dev/null 2>&1
exim_start e 2891 'primary_hostname = mail.example.org
tls_advertise_hosts =
dsn_advertise_hosts = *
smtputf8_advertise_hosts = *
split_spool_directory = true
acl_smtp_rcpt = accept
acl_smtp_data = data
begin acl
data:
  warn condition = ${if def:h_X-Hold:}
       control = freeze/no_tell
  accept
begin routers
ok:
  driver = manualroute
  domains = ok.example.net
  route_list = * 127.0.0.1
  transport = ok
  self = send
soft:
  driver = manualroute
  domains = *
  route_list = * 127.0.0.1
  transport = soft
  self = send
begin transports
ok:
  driver = smtp
  port = 2872
  allow_localhost
soft:
  driver = smtp
  port = 2882
  allow_localhost
begin retry
* * F,1d,1s
' || skip_all 'Exim does not start'

sendmail_start s 2892 || skip_all 'sendmail does not start'

settled() {
	case $1 in
	1) [ -z "$(find $p/var/spool/postfix/incoming $p/var/spool/postfix/active \
	    $p/var/spool/postfix/maildrop -type f)" ] ;;
	2) [ "$(cat /proc/[0-9]*/comm 2>/dev/null | grep -c '^exim4$')" -le 1 ] ;;
	3) [ -z "$(find $s/var/spool/mqueue -name '[tx]f*' -type f)" ] &&
	    { [ "$(cat code3)" = 450 ] ||
	    [ -z "$(find $s/var/spool/mqueue -name 'qf*' -type f)" ]; } &&
	    [ "$(cat /proc/[0-9]*/comm 2>/dev/null | grep -c '^sendmail')" -le 1 ] ;;
	esac
}
settle() {
	i=0
	until settled "$1"; do
		i=$((i + 1))
		[ $i -lt 300 ] || return 1
		sleep 0.1
	done
}
flush() {
	case $1 in
	1) chroot $p /usr/sbin/postqueue -f 2>/dev/null ;;
	2) exim -qf ;;
	3) sm -q ;;
	esac
	sleep 1
	settle "$1"
}
# Postfix and Exim keep some of these by themselves.
hold1() { :; }
hold2() { :; }
hold3() {
	id=$(find $s/var/spool/mqueue -name 'qf*' -type f | sort | xargs grep -L -e '^S<>' -e '^SMAILER-DAEMON' |
	    sed -n '3s,.*/qf,,p')
	sm -qI$id '-Qlooks odd'
}
# sendmail has no EHLO for that mailer, and makes the receipt itself.
dsn1() { false; }
dsn2() { false; }
dsn3() { grep -q "^Subject: Return receipt" soft3/* && exit; }
server() {		# number port spool profile folder features
	spool=$3 to=$4
	t "$4: a queue, and a copy of it in an archive" "
	perl '$top/tests/e2e/mailgen.pl' $2 1-24 $6 && settle $1 && hold$1 &&
	run 0 spoolscan -d example.org -c case$1.db -o ndjson $3 && cp out all$1 &&
	run 0 spoolmark -c case$1.db --because test -w 1 legit &&
	{ run 0 spoolarchive -c case$1.db $3 kept$1.tar.zst || [ \$got -eq 3 ]; } && pending all$1 >want$1 &&
	[ \$(wc -l <want$1) -gt 20 ]"
	t "$4: what is still in the spool is not sent" "
	run 1 spoolreplay -c case$1.db -w 1 --to $4 && has 'still-queued'"
	t "$4: the live spool is cleaned but for what is held" "
	run 3 spoolclean -c case$1.db -w 1 --delete --commit $3 &&
	run 0 spoolscan -d example.org -o ndjson $3 &&
	jq -es 'length > 0 and all(.folder == \"hold\" or (.note // \"\" | test(\"frozen|quarantined\")))' out && cp out held$1"
	t "$4: from the copy each goes in once" "
	run 0 spoolscan -d example.org -c copy$1.db kept$1.tar.zst &&
	run 0 spoolmark -c copy$1.db --because test -w 1 legit &&
	run 0 spoolreplay -c copy$1.db -w 1 --to $4 --commit && cat out && has 'was told to keep it' &&
	{ flush $1; run 1 spoolreplay -c copy$1.db -w 1 --to $4 --commit; }"
	t "$4: each is delivered once, with its envelope, and only where it had not been" "
	rm -f soft$1/* && before=\$(ls ok$1 | wc -l) && echo 250 >code$1 && flush $1 && sleep 1 && settle $1 &&
	taken soft$1 >got$1 && awk -F '\t' '\$1 != \"none\" && \$2 != \"\"' got$1 | cut -f 1-3 | sort >sent$1 &&
	[ \$(ls ok$1 | wc -l) -eq \$before ] && diff want$1 sent$1 || { tail -n 40 $5/../../../log/exim4/mainlog; false; }"
	t "$4: DSN options are kept" "
	dsn$1 || grep -q 'NOTIFY=NEVER' got$1 && grep -q 'NOTIFY=SUCCESS,FAILURE,DELAY\\|NOTIFY=.*DELAY' got$1"
	t "$4: what was held is there still" "
	run 0 spoolscan -d example.org -o ndjson $3 && jq -r .queue_id out | sort >now &&
	jq -r .queue_id held$1 | sort | comm -23 - now >lost; cat lost; [ ! -s lost ]"
}
server 1 2890 $p/var/spool/postfix postfix-maildrop:$p/var/spool/postfix $p/var/spool/postfix/maildrop 'dsn utf8'
server 2 2891 $x/var/spool/exim4 exim-spool:$x/var/spool/exim4 $x/var/spool/exim4/input 'dsn utf8'
server 3 2892 $s/var/spool/mqueue sendmail-queue:$s/var/spool/mqueue/q2 $s/var/spool/mqueue/q2 dsn
t_done
