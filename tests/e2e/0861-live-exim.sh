#!/bin/sh
# An Exim that receives and delivers as fast as it can is scanned all the
# while: as 0860-live-postfix.sh.
. "$(dirname "$0")/servers.sh"
box exim
. "$(dirname "$0")/lib.sh"
SECS=${SECS:-4}
. "$top/tests/e2e/live.sh"

r=/mnt/x/root
spool=$r/var/spool/exim4
exim() { chroot "$r" /usr/sbin/exim4 -C /etc/exim4/exim4.conf "$@"; }
server_root exim x || skip_all 'no root for the server'
perl "$top/tests/e2e/taker.pl" 2896 250 ok &
exim_start x 2895 'primary_hostname = mail.example.org
tls_advertise_hosts =
keep_environment =
split_spool_directory = true
acl_smtp_rcpt = accept
smtp_accept_queue_per_connection = 0
begin routers
ok:
  driver = manualroute
  domains = ok.example.net
  route_list = * 127.0.0.1
  transport = ok
  self = send
late:
  driver = manualroute
  domains = late.example.net
  route_list = * 127.0.0.1
  transport = late
  self = send
begin transports
ok:
  driver = smtp
  port = 2896
  allow_localhost
late:
  driver = smtp
  port = 2897
  allow_localhost
begin retry
* * F,1d,1s
' || skip_all 'the server does not start'

working() { cat /proc/[0-9]*/comm 2>/dev/null | grep -c '^exim4$'; }
settle() {
	i=0
	while [ "$(working)" -gt 1 ] && [ $((i += 1)) -lt 600 ]; do sleep 0.1; done
}
t 'no entry is misread, missed or met twice while the server works' '
	live_feed 2895; sleep 1
	while [ ! -e stop ]; do exim -q; sleep 1; done &
	live_scan exim $spool; x=$?; live_stop; [ $x -eq 0 ]'
t 'the server has no error and no warning' '
	touch $r/var/log/exim4/paniclog	# we say -C, which is what it minds
	! grep -v "lost privilege for using -C" $r/var/log/exim4/paniclog || exit 1
	! grep -i -E "failed to|error|warning|panic" $r/var/log/exim4/mainlog |
	    grep -v "Connection refused" | grep .'
t 'each message that was taken is delivered, once' '
	settle; perl "$top/tests/e2e/taker.pl" 2897 250 late &
	await 2897; i=0
	while [ "$(find $spool/input -name "*-H" | wc -l)" -gt 0 ] &&
	    [ $((i += 1)) -lt 60 ]; do
		for k in 1 2 3; do exim -qff & sleep 0.2; done
		exim -qff; settle
	done
	live_each_once'
live_figures
t_done
