#!/bin/sh
# Entries of a real queue of sendmail go out, and come back, while it runs.
. "$(dirname "$0")/servers.sh"
box sendmail
. "$(dirname "$0")/lib.sh"

r=/mnt/z/root
q=$r/var/spool/mqueue
sm() { chroot "$r" /usr/libexec/sendmail/sendmail -C /etc/mail/sendmail.cf "$@"; }
clean() { spoolclean -c case.db "$@"; }

server_root sendmail z || skip_all 'no root for the server'
mkdir got && chmod 777 got
perl "$top/tests/e2e/taker.pl" 2851 250 &
perl "$top/tests/e2e/taker.pl" 2852 450 &
soft=$!
perl "$top/tests/e2e/taker.pl" 2853 550 &
sendmail_start z 2870 || skip_all 'the server does not start'

settle() {
	i=0
	while [ "$(find $q -name '[tx]f*' -type f | wc -l)" -gt 0 ] ||
	    [ "$(cat /proc/[0-9]*/comm 2>/dev/null | grep -c '^sendmail')" -gt 1 ]; do
		i=$((i + 1))
		[ $i -lt 400 ] || return 1
		sleep 0.1
	done
}
files() { (cd $q && find . -type f | sort); }
state() { (cd $q && find . -type f -printf '%p %i %m %u %s %T@\n' | sort); }

t 'a queue with mail that is deferred, and one that is quarantined' '
	perl "$top/tests/e2e/mailgen.pl" 2870 1-24 dsn && settle &&
	held=$(find $q -name "qf*" -type f | sort | head -n 1 | sed "s,.*/qf,,") &&
	sm -qI$held "-Qlooks odd" && run 0 spoolscan -d example.org -c case.db $q &&
	state >before && [ "$(files | grep -c "/qf[^/]*$")" -ge 15 ]'
t 'what was chosen goes out with its body, and the server knows it no more' '
	run 3 clean -w 1 --commit $q && files >left && cat left &&
	[ "$(grep -c /hf left)" -eq 1 ] && [ "$(wc -l <left)" -eq 2 ] &&
	sm -bp | grep -q "Total requests: 0"'
t 'what is quarantined stays, and it is said' '
	[ "$(grep -c "told to keep it (--held)" errs)" -eq 1 ]'
t 'what is out can be read with its envelope' '
	aside=$(echo $q.turf/2*) && run 0 spoolscan -f sendmail -o ndjson $aside &&
	jq -es "length > 10 and all(.problems == null or (.problems | any(test(\"Qf file\")))) and
	    any(.[].recipients[]?; .error // \"\" | test(\"450\"))" out'
t 'it comes back as it was' '
	run 0 clean --undo --commit $q && state | diff before - &&
	sm -bp | grep -q "450 answered"'
# SM-14: the server has flock on the qf while it delivers.
t 'what the server has locked stays' '
	f=$(find $q -name "qf*" -type f | sort | tail -n 1) &&
	flock "$f" sh -c "spoolclean -c case.db -w 1 --commit $q; echo \$? >status" 2>errs
	[ "$(cat status)" = 3 ] && grep -q "${f#$q/}: left where it is: its server has it locked" errs && [ -e "$f" ] &&
	run 0 clean --undo --commit $q && state | diff before -'
t 'what came back is delivered, once each' '
	kill $soft; perl "$top/tests/e2e/taker.pl" 2852 250 "$work/got" &
	want=$(find $q -name "qf*" -type f | sed "s,.*/qf,," | sort)
	await 2852 && sm -q && i=0
	while [ -n "$(find $q -name "qf*" -type f)" ] && [ $i -lt 300 ]; do
		i=$((i + 1)); sleep 0.1
	done
	# the first id of each: a report has that of its message too
	for f in got/*; do grep -m 1 -o " id [0-9A-Za-z]\{14\}" "$f"; done >ids
	for id in $want; do
		n=$(grep -c "$id" ids)
		[ "$n" -eq 1 ] || { echo "$id: $n times"; exit 1; }
	done'
t_done
