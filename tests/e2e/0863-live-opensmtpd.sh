#!/bin/sh
# An OpenSMTPD that receives and delivers as fast as it can is scanned all the
# while: as 0860-live-postfix.sh.
. "$(dirname "$0")/servers.sh"
box opensmtpd
. "$(dirname "$0")/lib.sh"
SECS=${SECS:-4}
. "$top/tests/e2e/live.sh"

r=/mnt/o/root
spool=$r/var/spool/smtpd
ctl() { chroot "$r" /usr/sbin/smtpctl "$@"; }
server_root opensmtpd o || skip_all 'no root for the server'
perl "$top/tests/e2e/taker.pl" 2896 250 ok &
# A port where nobody listens would close the way to that host for a while, and
# with it that to the other sink.
echo 450 >late.code
perl "$top/tests/e2e/taker.pl" 2897 @late.code late &
opensmtpd_start o 2895 'listen on 127.0.0.1 port 2895 hostname mail.example.org
listen on socket
mta limit conn-delay-host 0 conn-delay-route 0 conn-delay-source 0 conn-delay-connector 0 conn-delay-relay 0 conn-delay-domain 0 max-conn-per-host 50 session-transaction-delay 0
action ok relay host smtp://127.0.0.1:2896
action late relay host smtp://127.0.0.1:2897
match from any for domain "ok.example.net" action ok
match from any for any action late' || skip_all 'the server does not start'

t 'no entry is misread, missed or met twice while the server works' '
	live_feed 2895; sleep 1; live_scan opensmtpd $spool; x=$?; live_stop; [ $x -eq 0 ]'
t 'the server has no error and no warning' '
	# who only asked whether it listens hung up; its own two purgers meet
	! grep -i -E "warn|error|fatal|panic" o.log |
	    grep -v -e "Connection reset by peer" -e purge_task \
	-e "smtp-out: Enabling" -e "smtp-out: Disabling" | grep .'
t 'each message that was taken is delivered, once' '
	echo 250 >late.code; i=0
	while [ "$(find $spool/queue -name message | wc -l)" -gt 0 ] &&
	    [ $((i += 1)) -lt 120 ]; do
		ctl schedule all >/dev/null 2>&1; sleep 0.5
	done
	live_each_once'
live_figures
t_done
