#!/bin/sh
# A sendmail that receives and delivers as fast as it can is scanned all the
# while: as 0860-live-postfix.sh.
. "$(dirname "$0")/servers.sh"
box sendmail
. "$(dirname "$0")/lib.sh"
SECS=${SECS:-4}
. "$top/tests/e2e/live.sh"

r=/mnt/m/root
spool=$r/var/spool/mqueue
sm() { chroot "$r" /usr/libexec/sendmail/sendmail -C /etc/mail/sendmail.cf "$@"; }
server_root sendmail m || skip_all 'no root for the server'
chmod 777 . ok late
perl "$top/tests/e2e/taker.pl" 2851 250 ok &
sendmail_start m 2895 || skip_all 'the server does not start'

working() { cat /proc/[0-9]*/comm 2>/dev/null | grep -c '^sendmail'; }
settle() {
	i=0
	while [ "$(working)" -gt 1 ] && [ $((i += 1)) -lt 600 ]; do sleep 0.1; done
}
t 'no entry is misread, missed or met twice while the server works' '
	live_feed 2895; sleep 1
	while [ ! -e stop ]; do sm -q; sleep 1; done &
	live_scan sendmail $spool; x=$?; live_stop; [ $x -eq 0 ]'
t 'the server has no error and no warning' '
	! grep -i -E "error|warning|panic|lost" m.log | grep .'
t 'each message that was taken is delivered, once' '
	settle; perl "$top/tests/e2e/taker.pl" 2852 250 late &
	await 2852; i=0
	while [ "$(find $spool -name "qf*" -type f | wc -l)" -gt 0 ] &&
	    [ $((i += 1)) -lt 60 ]; do sm -q; settle; done
	live_each_once'
live_figures
t_done
