#!/bin/sh
# A Postfix that receives and delivers as fast as it can is scanned all the
# while: what is read is what was sent, nothing is missed or met twice
# (PF-39), the server notices nothing, and no delivery is lost or doubled.
# SECS= says how long (make long: 120), SCANS= how many scans at least.
. "$(dirname "$0")/servers.sh"
box postfix
. "$(dirname "$0")/lib.sh"
. "$top/tests/e2e/live.sh"
live_partial='(.problems == ["still being received"])'	# one file, and one word

r=/mnt/l/root
spool=$r/var/spool/postfix
server_root postfix l || skip_all 'no root for the server'
perl "$top/tests/e2e/taker.pl" 2896 250 ok &
postfix_start l 2895 'mynetworks = 127.0.0.0/8
transport_maps = inline:{ {ok.example.net = smtp:[127.0.0.1]:2896},
    {late.example.net = smtp:[127.0.0.1]:2897} }
minimal_backoff_time = 2
maximal_backoff_time = 4
queue_run_delay = 2
qmgr_clog_warn_time = 0' || skip_all 'the server does not start'

t 'no entry is misread, missed or met twice while the server works' '
	live_feed 2895; sleep 1; live_scan postfix $spool; x=$?; live_stop; [ $x -eq 0 ]'
t 'the server has no error and no warning' '
	! grep -E "warning|error|fatal|panic" $r/var/log/postfix.log |
	    grep -v -e "overriding earlier" -e "Connection refused" \
	-e "file system clock" -e "resetting file time" | grep .'
t 'each message that was taken is delivered, once' '
	i=0; while [ "$(find $spool/incoming $spool/active -type f | wc -l)" -gt 0 ] &&
	    [ $((i += 1)) -lt 600 ]; do sleep 0.1; done
	perl "$top/tests/e2e/taker.pl" 2897 250 late &
	await 2897; sleep 3; chroot $r /usr/sbin/postqueue -f 2>/dev/null; i=0
	while [ "$(find $spool/incoming $spool/active $spool/deferred -type f | wc -l)" -gt 0 ] &&
	    [ $((i += 1)) -lt 600 ]; do sleep 0.1; done
	live_each_once'
live_figures
t_done
