# A server that receives and delivers as fast as it can is scanned all the
# while.  Source this after servers.sh and lib.sh.  SECS= says how long, SCANS=
# how many scans there are to be at least.
#
#	live_feed PORT		numbered messages, each to one who has it at
#				once, every fourth also to one who is put off
#				until the end, as long as these are not more
#				than a scan is done with in a moment; what the
#				server took is in took*
#	live_scan FORMAT SPOOL	each scan has what was taken before it began
#				and is put off, no message twice, and each as
#				it was sent
#	live_stop		the feeders end
#	live_each_once		ok and late have what was taken, each once
#	live_figures		one line
#
# Sinks: the server delivers ok.example.net to the folder ok, late.example.net
# to the folder late.

secs=${SECS:-10} scans=${SCANS:-5} late_until=2000
mkdir ok late

cat >feed.pl <<'E2'
use strict; use warnings; use IO::Socket::INET;
my ($port, $name, $k, $late_until) = @ARGV;
open my $took, '>>', $name or die;
$took->autoflush(1);
my $n = $k * 1000000;
my $s;
sub answer { my $l; do { $l = <$s> // die } while $l =~ /^\d\d\d-/; die $l if $l !~ /^[23]/ }
sub out { print $s "$_[0]\r\n"; answer() }
# A server that takes faster than it delivers would need hours to come to an
# end: no more than this may be on its way.
use constant BACKLOG => 300;
sub delivered { opendir my $d, 'ok' or die; scalar grep { !/^\./ } readdir $d }
until (-e 'stop') {
	if ($n - $k * 1000000 > delivered() / 2 + BACKLOG) {
		select undef, undef, undef, 0.1;
		next;
	}
	$s = IO::Socket::INET->new("127.0.0.1:$port") or next;
	$s->autoflush(1);
	answer(); out('EHLO x');
	for (1 .. 20) {
		$n++;
		my $body = "seal $n\r\n" x (1 + $n % 300);
		out("MAIL FROM:<s$n\@example.com>");
		out("RCPT TO:<r$n\@ok.example.net>");
		out("RCPT TO:<r$n\@late.example.net>")
		    if $n % 4 == 0 && $n % 1000000 <= $late_until;
		out('DATA');
		print $s "Message-ID: <$n\@example.com>\r\n\r\n$body.\r\n";
		answer();
		print $took "$n\n";
	}
	out('QUIT');
	close $s;
}
E2

live_feed() {
	rm -f stop
	feeders=
	for k in 1 2; do
		perl feed.pl "$1" took$k $k $late_until 2>feed$k.errs &
		feeders="$feeders $!"
	done
}
late_of() { awk -v until=$late_until '$1 % 4 == 0 && $1 % 1000000 <= until' "$@"; }
live_stop() {
	touch stop
	wait $feeders
	cat feed*.errs
}

# What has problems that are none: it is being received.  More may stand behind
# that, of a body that has no header yet.
live_partial='(.problems[0] | test("^(still being received|being received, or cut off)"))'

# Whole, or being received; and no other's: of two recipients one may have it.
live_check() {
	jq -r 'select((.problems // []) != [] and ('"$live_partial"' | not)) |
	    "\(.path) \(.problems)"' out | grep . && return 1
	jq -r 'select((.problems // []) == [] and (.from == null) and .kind == "mail") |
	    (.message_id // "" | ltrimstr("<") | split("@")[0]) as $n |
	    (["r\($n)@ok.example.net"] + (if ($n | tonumber) % 4 == 0 and
	    ($n | tonumber) % 1000000 <= '$late_until'
	    then ["r\($n)@late.example.net"] else [] end)) as $to |
	    select(.sender.address != "s\($n)@example.com" or
	    (.recipients | map(.address) | length == 0 or . - $to != []))
	    | "\(.path) \(.message_id) \(.sender) \(.recipients)"' out | grep . && return 1
	jq -r .queue_id out | sort | uniq -d >twice
	[ ! -s twice ] || { echo "met twice:"; grep -F -f twice out; return 1; }
	jq -r 'select(any(.recipients[]?; .state == "pending" and
	    (.address | test("@late")))) | .message_id | ltrimstr("<") |
	    split("@")[0]' out | sort >seen
	comm -23 there seen >unseen
	[ ! -s unseen ] || { echo "missed:"; cat unseen; return 1; }
	wc -l <out >>sizes
}
live_scan() {
	end=$(($(date +%s) + secs)) done=0
	while [ "$(date +%s)" -lt "$end" ] || [ $done -lt "$scans" ]; do
		late_of took* | sort >there
		spoolscan -f "$1" -d example.org -o ndjson "$2" >out 2>errs </dev/null
		case $? in 0|1) ;; *) cat errs; return 1 ;; esac
		live_check || return 1
		done=$((done + 1))
	done
	echo $done >scans
}
live_ids() { cat "$1"/* | sed -n "s/^Message-ID: <\([0-9]*\)@.*/\1/p" | sort; }
live_each_once() {
	cat took* | sort >took
	late_of took >took.late
	live_ids ok >there && live_ids late >there.late &&
	[ "$(wc -l <took)" -gt 20 ] && diff took there &&
	diff took.late there.late
}
live_figures() {
	echo "# $(cat scans) scans, $(sort -n sizes | tail -n 1) entries in the largest, $(wc -l <took) messages"
}
