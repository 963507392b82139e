#!/bin/sh
# OpenSMTPD has its queue in memory: entries go out of it, and come back, while
# it is stopped, and not while it runs.  Of qmail, which has no server here,
# the same with the spec's lock (QM-5).
. "$(dirname "$0")/servers.sh"
box opensmtpd
. "$(dirname "$0")/lib.sh"

r=/mnt/o/root
q=$r/var/spool/smtpd
ctl() { chroot "$r" /usr/sbin/smtpctl "$@"; }
clean() { spoolclean -c case.db "$@"; }
server_root opensmtpd o || skip_all 'no root for the server'
mkdir got && chmod 777 got
perl "$top/tests/e2e/taker.pl" 2862 450 &
soft=$!
conf='listen on 127.0.0.1 port 2865 hostname mail.example.org
listen on socket
action soft relay host smtp://127.0.0.1:2862
match from any for any action soft'
start() { opensmtpd_start o 2865 "$conf"; }
stop() {
	kill "$(cat o.pid)" && while kill -0 "$(cat o.pid)" 2>/dev/null ||
	    grep -q -x smtpd /proc/[0-9]*/comm 2>/dev/null; do sleep 0.1; done
}
state() { (cd $q && find queue -type f -printf '%p %i %m %u %s %T@\n' | sort); }
start || skip_all 'the server does not start'

t 'a queue with mail that is deferred' '
	perl "$top/tests/e2e/mailgen.pl" 2865 1-16 strict && sleep 1 &&
	[ "$(find $q/queue -name message | wc -l)" -ge 12 ] && ctl pause mta >ctl.out &&
	run 0 spoolscan -f opensmtpd -d example.org -c case.db $q'
t 'nothing is taken out while the server runs, and the way out is told' '
	state >before && run 0 clean -w 1 $q && run 2 clean -w 1 --commit $q &&
	has "while its server runs (smtpd, process [0-9]*).*stop it, or pause with smtpctl pause" errs &&
	state | diff before - && [ ! -e $q.turf ]'
t 'of a server that is stopped each message goes with its envelopes' '
	stop && run 0 spoolscan -f opensmtpd -d example.org -c case.db $q && state >before &&
	run 0 clean -w 1 --commit $q && [ -z "$(find $q/queue -type f)" ] &&
	run 0 spoolscan -f opensmtpd -o ndjson $q.turf/2* &&
	jq -es "length >= 12 and all(.problems == null and (.recipients | length > 0))" out &&
	jq -r "(.message_id // \"\") + \" \" + .recipients[].address" out | sort >want'
t 'the server starts without it, and knows nothing of it' '
	start && sleep 1 && ctl show queue >shown && [ ! -s shown ] &&
	! grep -i -E "warn|fatal|corrupt" o.log | grep .'
t 'nothing comes back while it runs' '
	run 2 clean --undo --commit $q && has "nothing can come back while its server runs" errs &&
	[ -z "$(find $q/queue -type f)" ]'
t 'it comes back as it was, its folders too, and is delivered once to each' '
	stop; (cd $q && find queue -type d -printf "%p %m %u\n" | sort) >folders
	find $q/queue -mindepth 1 -depth -type d -empty -delete
	run 0 clean --undo --commit $q && state | diff before - &&
	[ "$(cd $q && find queue -type d -printf "%p %m %u\n" | sort)" = "$(cat folders)" ] &&
	kill $soft; perl "$top/tests/e2e/taker.pl" 2862 250 "$work/got" & await 2862 &&
	start && i=0 && while [ -n "$(find $q/queue -type f)" ] && [ $i -lt 200 ]; do
		ctl schedule all >/dev/null 2>&1; sleep 0.2; i=$((i + 1)); done
	[ -z "$(find $q/queue -type f)" ] && for f in got/*; do
		id=$(sed -n "s/^Message-I[Dd]: <\(.*\)>.*/\1/p" $f | head -n 1 | tr -d "\r")
		sed -n "s/^RCPT TO:<\([^>]*\)>.*/$id \1/p" $f
	done | perl -pe "s/@(\S+)\$/q(@) . lc \$1/e" | sort >got.rcpts && [ "$(wc -l <want)" -ge 12 ] && diff want got.rcpts &&
	! grep -i -E "warn|fatal|corrupt" o.log | grep .; x=$?; stop; [ $x -eq 0 ]'
# qmail
cp -r "$top/tests/spool/qmail/good-queue" queue
qstate() { (cd queue && find . -type f -printf '%p %i %m %s %T@\n' | grep -v lock | sort); }
t 'qmail: while qmail-send has its lock nothing is taken out' '
	mkdir -p queue/lock && : >queue/lock/sendmutex && rm -f case.db* &&
	run 0 spoolscan -d example.org -c case.db queue && qstate >before &&
	flock queue/lock/sendmutex sh -c "spoolclean -c case.db -w 1 --commit queue; echo \$? >status" 2>errs
	[ "$(cat status)" = 2 ] && has "while its server runs (who has lock/sendmutex locked)" errs &&
	has "stop it, or shut the door" errs && qstate | diff before -'
t 'qmail: without it each message goes with all of its files, and comes back' '
	run 0 clean -w 1 --commit queue; cat errs; find queue -type f | grep -v lock/ | grep . && exit 1
	run 0 clean --undo --commit queue && qstate | diff before -'
if [ -x "$B/tests/kill" ]; then
	KILL_STEP=${KILL_STEP:-25}
	cp -a queue kept && cp case.db kept.db
	begin() { rm -rf queue queue.turf case.db* && cp -a kept queue && cp kept.db case.db; }
	sums() { find queue queue.turf -type f -exec md5sum {} + 2>/dev/null | cut -c 1-32 | sort; }
	sums >all
	back() {
		sums | diff all - && { run 0 clean --undo --commit queue || [ $got -eq 1 ]; } &&
		(cd queue && find . -type f | sort) >now && (cd kept && find . -type f | sort) | diff - now
	}
	t 'qmail: killed at any change no file is lost, and --undo brings all back' '
	kill_each begin "spoolclean -c case.db -w 1 --commit queue" back'
fi
t_done
