#!/bin/sh
# Entries of a real Postfix queue go out, and come back, while it runs.
. "$(dirname "$0")/servers.sh"
box postfix
. "$(dirname "$0")/lib.sh"

r=/mnt/c/root
spool=$r/var/spool/postfix
in_server() { chroot "$r" "$@"; }
clean() { spoolclean -c case.db "$@"; }

server_root postfix c || skip_all 'no root for the server'
echo '/^X-Hold:/	HOLD' >$r/etc/postfix/checks
echo 450 >soft
perl "$top/tests/e2e/taker.pl" 2851 250 &
perl "$top/tests/e2e/taker.pl" 2852 "@$work/soft" &
await 2851 && await 2852
postfix_start c 2850 'default_transport = smtp
transport_maps = inline:{ {ok.example.net = smtp:[127.0.0.1]:2851},
    {soft.example.net = smtp:[127.0.0.1]:2852},
    {slow.example.net = smtp:[127.0.0.1]:2853},
    {example.com = smtp:[127.0.0.1]:2852} }
header_checks = regexp:/etc/postfix/checks
smtp_helo_timeout = 100
smtpd_relay_restrictions = permit_mynetworks reject_unauth_destination
minimal_backoff_time = 1000
queue_run_delay = 1000' || skip_all 'the server does not start'

# Until nothing is on its way any more.
settle() {
	i=0
	while [ "$(find $spool/incoming $spool/active $spool/maildrop -type f | wc -l)" -gt 0 ]; do
		i=$((i + 1))
		[ $i -lt 300 ] || { find $spool/incoming $spool/active -type f; return 1; }
		sleep 0.1
	done
}
queued() { (cd $spool && find incoming active deferred hold maildrop -type f | sort); }
state() { (cd $spool && find deferred hold defer bounce trace -type f \
    -printf '%p %i %m %u %s %T@\n' | sort); }
scan() { run "${1:-0}" spoolscan -d example.org -c case.db $spool; }
# What the server complained of since the last look.
complaints() {
	tail -n +$((${seen:-0} + 1)) $r/var/log/postfix.log >new.log
	grep -E 'warning|error|fatal|panic' new.log | grep -v -e 'overriding earlier' -e 'file system clock' -e 'resetting file'
	[ $? -eq 1 ]
}

t 'a queue with mail that is deferred, had by some, and held' '
	perl "$top/tests/e2e/mailgen.pl" 2850 1-40 dsn utf8 >gen 2>&1 && settle &&
	[ "$(find $spool/deferred -type f | wc -l)" -ge 20 ] &&
	[ "$(find $spool/hold -type f | wc -l)" -ge 3 ] && scan && queued >all &&
	state >before'
[ $failed -eq 0 ] || t_done

t 'what was chosen goes out with its logs, and the server knows it no more' '
	run 3 clean -w 1 --commit $spool &&
	queued | grep -v ^hold >left; cat left; [ ! -s left ] &&
	[ "$(queued | grep -c ^hold)" -eq "$(grep -c ^hold all)" ] &&
	[ -z "$(find $spool/defer -type f)" ] &&
	in_server /usr/sbin/postqueue -j | jq -es "all(.queue_name == \"hold\")" && complaints'
t 'what is on hold stays, and it is said' '
	[ "$(grep -c "told to keep it (--held)" errs)" -gt 0 ] &&
	! grep -v "told to keep it" errs'
t 'what is out can be shown with its envelope' '
	aside=$(echo $spool.turf/2*) && run 0 spoolscan -o ndjson $aside &&
	jq -c "[.format, .folder, .path, .problems]" out &&
	jq -es "length > 10 and all(.format == \"postfix\" and .folder == \"deferred\") and
	    (map(.recipients[].error | strings | select(test(\"450\"))) | length > 10)" out &&
	f=$(cd $aside && find deferred -type f | head -n 1) &&
	run 0 spoolshow $aside/$f && has "soft.example.net"'
t 'it comes back as it was' '
	run 0 clean --undo --commit $spool && state | diff before - && complaints'
t '--held takes those on hold too, and they come back held' '
	run 0 clean -w 1 --held --commit $spool && [ -z "$(queued)" ] &&
	run 0 clean --undo --commit $spool && state | diff before - && complaints'

# A server that never greets: the message stays in active.
t 'what is being delivered stays, and is delivered' '
	perl -MIO::Socket::INET -e "\$l = IO::Socket::INET->new(LocalAddr =>
	    \"127.0.0.1:2853\", Listen => 9, ReuseAddr => 1);
	    push @c, \$l->accept while 1" &
	mute=$!; await 2853 && printf "Subject: slow\n\nx\n" |
	    in_server /usr/sbin/sendmail -i -f me@example.org -- one@slow.example.net 2>/dev/null &&
	i=0; while [ -z "$(find $spool/active -type f)" ] && [ $((i += 1)) -lt 100 ]; do sleep 0.1; done
	scan && run 3 clean -w "folder = \"active\"" --commit $spool &&
	has "active/.*its server has it in hand" errs && [ -n "$(find $spool/active -type f)" ]
	x=$?; kill $mute; settle; in_server /usr/sbin/postsuper -d ALL deferred >/dev/null 2>&1 &&
	[ $x -eq 0 ]'

t 'a message that its server has opened stays (PF-37)' '
	perl "$top/tests/e2e/mailgen.pl" 2850 1-12 dsn && settle && scan && queued >all &&
	f=$(grep ^deferred all | head -n 1) && exec 8<$spool/$f && flock 8 &&
	run 3 clean -w "folder = \"deferred\"" --commit $spool; x=$?; exec 8<&-
	[ $x -eq 0 ] && has "$f: .*its server has it locked" errs &&
	queued | grep -v ^hold >left && [ "$(cat left)" = "$f" ] &&
	run 0 clean --undo --commit $spool'
t 'what was taken back is delivered once, to whom it had not reached' '
	complaints && queued | grep -c ^deferred >n && [ "$(cat n)" -ge 10 ] &&
	echo 250 >soft && in_server /usr/sbin/postqueue -f && sleep 1 && settle &&
	[ -z "$(find $spool/deferred -type f)" ] && complaints &&
	[ "$(grep -c "status=sent" new.log)" -gt "$(cat n)" ] &&
	[ -z "$(sed -n "s/.* \([0-9A-Za-z]*\): to=\(<[^>]*>\).*status=sent.*/\1 \2/p" \
	    new.log | sort | uniq -d)" ]'

# The server stopped: what it had in memory may go, and must not come back
# into a folder that it would not read.
t 'of a server that is stopped active is taken too' '
	echo 450 >soft; in_server /usr/sbin/postfix stop >/dev/null 2>&1
	printf "Subject: by hand\n\nx\n" | in_server /usr/sbin/sendmail -i \
	    -f carol@example.org -- b@soft.example.net 2>/dev/null
	m=$(ls $spool/maildrop) && mv $spool/maildrop/$m $spool/active/$m && scan &&
	run 0 clean -w "folder = \"active\"" --commit $spool && [ ! -e $spool/active/$m ] &&
	in_server /usr/sbin/postfix start >/dev/null 2>&1 && await 2850 &&
	run 3 clean --undo --commit $spool && has "reads that folder only when it starts" errs &&
	in_server /usr/sbin/postfix stop >/dev/null 2>&1
	run 0 clean --undo --commit $spool && [ -e $spool/active/$m ]'

t 'without an operand spoolscan tells the spools of the machine' '
	cp "$B/bin/spoolscan" $r/tmp/ && run 0 in_server /tmp/spoolscan &&
	printf "/var/spool/postfix\tpostfix\n" | cmp - out && has "name one of them" errs'

# ---- killed: each so many calls here, each one in tests/long ----

KILL_STEP=${KILL_STEP:-25}
if [ -x "$B/tests/kill" ]; then
	rm -f $spool/active/* && mkdir kept &&
	f=$(find $spool/deferred $spool/hold -type f | sed -n '4,$p') && rm -f $f
	for f in $(find $spool/defer -type f); do
		[ -e $spool/deferred/${f#*/defer/} ] || rm -f $f
	done
	scan >/dev/null 2>&1
	places="$spool/incoming $spool/deferred $spool/hold $spool/defer"
	keep() { rm -rf "kept/$1" && mkdir -p "kept/$1" && cp -p case.db "kept/$1" &&
	    (cd ${spool%/*} && tar -cf "$work/kept/$1/q.tar" postfix/incoming \
	    postfix/deferred postfix/hold postfix/defer \
	    $([ ! -e postfix.turf ] || echo postfix.turf)); }
	bring() { rm -rf $places $spool.turf && rm -f case.db* && cp -p "kept/$1/case.db" . &&
	    tar -C ${spool%/*} -xf "kept/$1/q.tar"; }
	sums() { find $places $spool.turf -type f -exec md5sum {} + 2>/dev/null |
	    cut -c 1-32 | sort; }
	rm -rf $spool.turf && scan && keep scanned && sums >all && files=$(cd $spool &&
	    find deferred hold defer -type f | sort) &&
	clean -w 1 --held --commit $spool >/dev/null && keep aside
	all_back() {
		sums | diff all - && { run 0 clean --undo --commit $spool ||
		    [ $got -eq 1 ]; } && sums | diff all - &&
		[ "$(cd $spool && find deferred hold defer -type f | sort)" = "$files" ] &&
		run 0 spoollist -c case.db --verify
	}
	t 'killed at any change: no file is lost, and --undo brings all back' '
	begin() { bring scanned; } && kill_each begin \
	    "spoolclean -c case.db -w 1 --held --commit $spool" all_back'
	t '--undo killed at any change: the next brings all back' '
	begin() { bring aside; } && kill_each begin \
	    "spoolclean -c case.db --undo --commit $spool" all_back'
	all_gone() {
		run 0 clean -w 1 --held --delete --no-archive-i-know --commit $spool ||
		    [ $got -eq 1 ] || return 1
		[ -z "$(sums)" ] && run 0 spoollist -c case.db --verify -w 0
	}
	t '--delete killed at any change: the next run ends it' '
	begin() { bring scanned; } && kill_each begin \
	    "spoolclean -c case.db -w 1 --held --delete --no-archive-i-know --commit $spool" all_gone'
fi
t_done
