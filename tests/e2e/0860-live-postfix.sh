#!/bin/sh
# A Postfix that receives and delivers as fast as it can is scanned all the
# while: what is read is what was sent, the server notices nothing, and no
# delivery is lost or doubled.  SECS= says how long (make long: 120), SCANS=
# how many scans there are to be at least.
. "$(dirname "$0")/servers.sh"
box postfix
. "$(dirname "$0")/lib.sh"

secs=${SECS:-10} scans=${SCANS:-5}
r=/mnt/l/root
spool=$r/var/spool/postfix
server_root postfix l || skip_all 'no root for the server'
mkdir sink
perl "$top/tests/e2e/taker.pl" 2896 250 sink &
postfix_start l 2895 'mynetworks = 127.0.0.0/8
transport_maps = inline:{ {ok.example.net = smtp:[127.0.0.1]:2896},
    {late.example.net = smtp:[127.0.0.1]:2897} }
minimal_backoff_time = 2
maximal_backoff_time = 4
queue_run_delay = 2
qmgr_clog_warn_time = 0' || skip_all 'the server does not start'

# Numbered messages, each to one who has it at once and one who is put off,
# until stop is there: what the server took is in took.
cat >feed.pl <<'E2'
use strict; use warnings; use IO::Socket::INET; use Digest::SHA 'sha256_hex';
open my $took, '>>', $ARGV[0] or die;
my $n = $ARGV[1] * 1000000;
my $s;
sub answer { my $l; do { $l = <$s> // die } while $l =~ /^\d\d\d-/; die $l if $l !~ /^[23]/ }
sub out { print $s "$_[0]\r\n"; answer() }
until (-e 'stop') {
	$s = IO::Socket::INET->new("127.0.0.1:2895") or next;
	$s->autoflush(1);
	answer(); out('EHLO x');
	for (1 .. 20) {
		$n++;
		my $body = "seal $n\r\n" x (1 + $n % 300);
		out("MAIL FROM:<s$n\@example.com>");
		out("RCPT TO:<r$n\@ok.example.net>");
		out("RCPT TO:<r$n\@late.example.net>") if $n % 4 == 0;
		out('DATA');
		print $s "Message-ID: <$n\@example.com>\r\n\r\n$body.\r\n";
		answer();
		print $took "$n\n";
	}
	close $s;
}
E2
feed() {
	rm -f stop
	for k in 1 2; do perl feed.pl took$k $k 2>feed$k.errs & feeders="${feeders-} $!"; done
}
# A record of a scan: whole, or what is being received; and its own.
check_scan() {
	jq -r 'select((.problems // []) != [] and .problems != ["still being received"]) |
	    "\(.path) \(.problems)"' out | grep . && return 1
	jq -r 'select((.problems // []) == [] and (.from == null) and .kind == "mail") |
	    (.message_id // "" | ltrimstr("<") | split("@")[0]) as $n |
	    select(.sender.address != "s\($n)@example.com" or
	    (.recipients | map(.address) | sort != (["r\($n)@ok.example.net"] +
	    (if ($n | tonumber) % 4 == 0 then ["r\($n)@late.example.net"] else [] end) | sort)))
	    | "\(.path) \(.message_id) \(.sender) \(.recipients)"' out | grep . && return 1
	jq -s length out >>sizes
	jq -r .queue_id out | sort | uniq -d >twice
	[ ! -s twice ] || { echo "seen twice:"; cat twice; return 1; }
	jq -r '.sender.address // "" | capture("^s(?<n>[0-9]+)@").n' out | sort >seen
	comm -23 there.late seen >unseen
	[ ! -s unseen ] || { echo "not seen:"; cat unseen; return 1; }
}
scan_on() {
	end=$(($(date +%s) + secs)) done=0
	while [ "$(date +%s)" -lt "$end" ] || [ $done -lt "$scans" ]; do
		cat took* | awk "\$1 % 4 == 0" | sort >there.late
		spoolscan -f postfix -d example.org -o ndjson $spool >out 2>errs </dev/null
		case $? in 0|1) ;; *) cat errs; return 1 ;; esac
		check_scan || return 1
		done=$((done + 1))
	done
	echo $done >scans
}
t 'no entry is misread while the server receives and delivers' '
	feed; sleep 1; scan_on; x=$?; touch stop; wait $feeders
	cat feed*.errs; [ $x -eq 0 ]'
t 'the server has no error and no warning' '
	! grep -E "warning|error|fatal|panic" $r/var/log/postfix.log |
	    grep -v -e "overriding earlier" -e "Connection refused" \
	-e "file system clock" -e "resetting file time" | grep .'
t 'each message that was taken is delivered, once' '
	i=0; while [ "$(find $spool/incoming $spool/active -type f | wc -l)" -gt 0 ] &&
	    [ $((i += 1)) -lt 600 ]; do sleep 0.1; done
	mkdir late && { perl "$top/tests/e2e/taker.pl" 2897 250 late & }
	await 2897; sleep 3; chroot $r /usr/sbin/postqueue -f 2>/dev/null; i=0
	while [ "$(find $spool/incoming $spool/active $spool/deferred -type f | wc -l)" -gt 0 ] &&
	    [ $((i += 1)) -lt 600 ]; do sleep 0.1; done
	ids() { cat "$1"/* | sed -n "s/^Message-ID: <\([0-9]*\)@.*/\1/p" | sort; }
	cat took* | sort >took; ids sink >there && ids late >there.late &&
	[ "$(wc -l <took)" -gt 20 ] && diff took there &&
	awk "\$1 % 4 == 0" took | diff - there.late'
echo "# $(cat scans) scans, $(sort -n sizes | tail -n 1) entries in the largest, $(wc -l <took) messages"
t_done
