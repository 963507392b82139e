#!/bin/sh
# Mail goes into each real server by the sendmail command that it has: once,
# with its envelope, and of what the command has a word for, its DSN options.
. "$(dirname "$0")/servers.sh"
box postfix exim sendmail opensmtpd
. "$(dirname "$0")/lib.sh"

mkdir got && chmod 777 got
perl "$top/tests/e2e/taker.pl" 2852 250 "$work/got" &
await 2852
# sendmail has only mailers to the port behind its own.
postfix_start p 2890 'default_transport = smtp:[127.0.0.1]:2852
relay_transport = smtp:[127.0.0.1]:2852
local_transport = smtp:[127.0.0.1]:2852' || skip_all 'Postfix does not start'
exim_start e 2891 'primary_hostname = mail.example.org
tls_advertise_hosts =
keep_environment =
acl_smtp_rcpt = accept
begin routers
all:
  driver = manualroute
  domains = *
  route_list = * 127.0.0.1
  transport = all
  self = send
begin transports
all:
  driver = smtp
  port = 2852
  allow_localhost
begin retry
* * F,1d,1s
' || skip_all 'Exim does not start'
sendmail_start s 2893 || skip_all 'sendmail does not start'
opensmtpd_start o 2894 'listen on 127.0.0.1 port 2894 hostname mail.example.org
listen on socket
action all relay host smtp://127.0.0.1:2852
match from any for any action all' || skip_all 'OpenSMTPD does not start'

command() {	# name directory command
	printf '#!/bin/sh\nexec chroot /mnt/%s/root %s "$@"\n' "$2" "$3" >"$1"
	chmod +x "$1"
}
command postfix p /usr/sbin/sendmail
command exim e '/usr/sbin/exim4 -C /etc/exim4/exim4.conf'
command sendmail s '/usr/libexec/sendmail/sendmail -Am -C /etc/mail/sendmail.cf'
command opensmtpd o /usr/sbin/sendmail

k=0
for dsn in ' RET=HDRS|NOTIFY=NEVER' '|' ' RET=FULL|NOTIFY=SUCCESS,DELAY'; do
	k=$((k + 1))
	printf 'X-Sender: <s%d@example.com>%s\r\nX-Receiver: <r%d@one.example.net> %s\r\nX-Receiver: <two%d@example.net> %s\r\nFrom: a@example.org\r\nMessage-ID: <%d@example.com>\r\nSubject: %d\r\n\r\n.dot\r\n.\r\ncaf\303\251\r\n' \
	    $k "${dsn%|*}" $k "${dsn#*|}" $k "${dsn#*|}" $k $k >$k.eml
done
printf 'X-Sender: <>\r\nX-Receiver: <r4@one.example.net>\r\nFrom: a@example.org\r\nMessage-ID: <4@example.com>\r\n\r\nx\r\n' >4.eml
cat >want <<'END'
1 s1@example.com r1@one.example.net
1 s1@example.com two1@example.net
2 s2@example.com r2@one.example.net
2 s2@example.com two2@example.net
3 s3@example.com r3@one.example.net
3 s3@example.com two3@example.net
4  r4@one.example.net
END
# A line for each recipient of what came: message, sender, recipient.
came() {
	for f in got/*; do
		perl -0777 -ne 'my ($said, $head) = split /\n\r?\n/;
			my ($id) = $head =~ /^Message-ID: <(\d+)\@/mi or exit;
			my ($from) = $said =~ /^MAIL FROM:<(.*?)>/i;
			print "$id $from $_\n" for $said =~ /^RCPT TO:<(.*?)>/mgi' "$f"
	done | sort
}
for server in postfix exim sendmail opensmtpd; do
	t "$server: each is delivered once, with its envelope" '
	rm -f got/* case.db* && run 0 spoolreplay -c case.db \
	    --to "maildrop-command:$work/$server" --force 4.eml --commit [1-4].eml
	i=0; until came | diff want - >/dev/null || [ $((i += 1)) -gt 100 ]; do sleep 0.1; done
	sleep 0.5; cat errs; came | diff want - &&
	[ "$(cat got/* | tr -d "\r" | grep -a -c -x -e "\.dot" -e "\." -e "caf.*")" -ge 9 ]'
	t "$server: a second run sends nothing" '
	run 1 spoolreplay -c case.db --to "maildrop-command:$work/$server" \
	    --force 4.eml --commit [1-4].eml'
	case $server in
	exim) continue ;;	# it has no words for them
	sendmail)		# its mailer here speaks no DSN: it answers itself
		t "$server: DSN options are kept" '
	grep -l "^Subject: Return receipt" got/* >receipts &&
	[ "$(wc -l <receipts)" -eq 1 ] &&
	grep -qi "^MAIL FROM:<>" "$(cat receipts)" && grep -qi "^RCPT TO:<s3@" "$(cat receipts)"'
		continue ;;
	esac
	t "$server: DSN options arrive as they were" '
	cat got/*; [ "$(cat got/* | grep -c "^RCPT TO:<.*example.net>.* NOTIFY=NEVER")" -eq 2 ] &&
	grep -q "^MAIL FROM:<s1@example.com>.* RET=HDRS" got/*'
done
t_done
