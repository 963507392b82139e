#!/bin/sh
# A real queue of sendmail, with all that SMTP and delivery leave in one: what
# is read of it is what mailq says, and what a server on the other side gets.
. "$(dirname "$0")/servers.sh"
box sendmail
. "$(dirname "$0")/lib.sh"

r=/mnt/m/root
q=$r/var/spool/mqueue
mails=${MAILS:-120}		# make long: more
sm() { chroot "$r" /usr/libexec/sendmail/sendmail -C /etc/mail/sendmail.cf "$@"; }

server_root sendmail m || skip_all 'no root for the server'
perl "$top/tests/e2e/sink.pl" 2851 250 &
perl "$top/tests/e2e/sink.pl" 2852 450 &
soft=$!
perl "$top/tests/e2e/sink.pl" 2853 550 &
sendmail_start m 2850 || skip_all 'the server does not start'

gen() {
	gens= at=0 step=$(((mails + 5) / 6))
	while [ $at -lt "$mails" ]; do
		part=$((at + 1))-$((at + step)) at=$((at + step))
		perl "$top/tests/e2e/mailgen.pl" 2850 $part dsn &
		gens="$gens $!"
	done
	wait $gens
}
settle() {
	i=0
	while [ "$(find $q -name '[tx]f*' -type f | wc -l)" -gt 0 ] ||
	    [ "$(cat /proc/[0-9]*/comm 2>/dev/null | grep -c '^sendmail')" -gt 1 ]; do
		i=$((i + 1))
		[ $i -lt 400 ] || return 1
		sleep 0.1
	done
}
t 'a queue is made through SMTP, and each message tried once' '
	gen && settle && n=$(find $q -name "qf*" -type f | wc -l) &&
	echo "$n messages" && [ "$n" -ge $((mails * 9 / 10)) ]'

t 'a message is quarantined, one comes from a program of this host' '
	for id in $(find $q -name "qf*" -type f | sort | sed -n "3p;7p" | sed "s,.*/qf,,"); do
		sm -qI$id "-Qlooks odd" || exit 1
	done
	printf "Subject: by hand\nBcc: x@example.net\n\nx\n" |
	    sm -odq -i -f "" -- x@soft.example.net &&
	[ "$(find $q -name "hf*" -type f | wc -l)" -eq 2 ]'

# What mailq says, a line a fact.  It doubles backslashes.
server_says() {
	{ sm -bp -v; echo quarantined; sm -qQ -bp -v; } >mailq
	perl -ne '
		$held = 1 if /^quarantined$/;
		if (/^(\w{14})[-*X?]? +\d+(?: +[-\d]+)? (\w{3} \w{3} +\d+ \d+:\d+|\w{3} +\d+ \d+:\d+) <?(.*?)>?$/) {
			($id, $at, $from) = ($1, $2, $3);
			$from = "" if $from eq "MAILER-DAEMON";
			print "$id sender $from\n$id arrived $at\n";
			print "$id held\n" if $held;
		} elsif (/^\t{6}<?([^(].*?)>?$/) {
			$to = $1;
			$to =~ s/\\\\/\\/g;
			$to =~ s/@([^@]*)$/"@" . lc $1/e;
			print "$id to $to\n";
		} elsif (/^\t\t \((.*)\)$/) {
			print "$id error $to $1\n";
		}' mailq
}
we_say() {
	run 0 spoolscan -f sendmail -d example.org -o ndjson $q || return 1
	jq -r '. as $m | select((.problems // [] | any(test("Qf file"))) | not) |
	    "\(.queue_id) sender \(.sender.address)",
	    "\(.queue_id) arrived @\(.arrived | fromdate)",
	    (select(.note // "" | test("quarantined: looks odd")) | "\(.queue_id) held"),
	    (.recipients[] | "\($m.queue_id) to \(.address)",
	    (select(.error).error as $e | "\($m.queue_id) error \(.address) \($e)"))' out |
	perl -MPOSIX=strftime -pe 's/@(\d+)$/strftime "%b %e %H:%M", localtime $1/e if / arrived /'
}
t 'the server is asked for each field' '
	server_says | sort >server && [ "$(grep -c " sender " server)" -ge $((mails * 9 / 10)) ] &&
	[ "$(grep -c " held$" server)" -eq 2 ] && grep -q " error .*450 answered" server'
t 'what is read is what it says' 'we_say | sort >ours && diff server ours'
# SM-16: mailq alone is silent about what is quarantined.
t 'what is quarantined is told, and mailq does not list it' '
	sm -bp >plain && sm -qQ -bp >held &&
	find $q -name "hf*" -type f | sed "s,.*/hf,," | sort >ids && [ "$(wc -l <ids)" -eq 2 ] &&
	! grep -F -f ids plain && [ "$(grep -c -F -f ids held)" -eq 2 ] &&
	jq -r "select(.note // \"\" | test(\"quarantined: looks odd\")) |
	    select(.path | test(\"/hf[^/]*$\")) | select(.recipients | length > 0) |
	    .queue_id" out | sort | diff ids -'
t 'what an alias was is told, and what a program of this host handed in' '
	jq -r ".recipients[]? | select(.address == \"one@soft.example.net\").original" out |
	    sort -u | grep -qx sales@example.org &&
	jq -es "map(select(.subject == \"by hand\")) | length == 1 and
	    (.[0].note | test(\"^handed in by .*@localhost\"))" out'
t 'a report tells its cause, and the message that caused it' '
	jq -es "map(select(.note // \"\" | test(\"^a report of this server\"))) | length > 3 and
	    all((.note | test(\"^a report of this server about [0-9A-Za-z]{14}\")) and
	    (.report.diagnostic | test(\"550 answered\")))" out &&
	jq -r "select(.kind == \"mail\") | .queue_id + \" \" + .message_id" out | sort >all &&
	jq -r "select(.note // \"\" | test(\"^a report of this server\")) |
	    (.note | split(\"; \")[0] | split(\" \")[6]) + \" \" +
	    .report.original.message_id" out | sort -u >caused && join caused all >both &&
	cat both && [ "$(wc -l <both)" -gt 3 ] && awk "\$2 != \$3 { exit 1 }" both'
t 'a message that the server gave up is told' '
	jq -es "[.[] | select(.problems // [] | any(test(\"Qf file\")))] |
	    length == $(find $q -name "Qf*" -type f | wc -l)" out'
cp out before

t 'how often it was tried, and when last, is what the qf files say' '
	for f in $(find $q -name "[qhQ]f*" -type f); do
		perl -MPOSIX=strftime -ne "\$k = \$1 if /^K(\d+)/; \$n = \$1 if /^N(\d+)/;
		    END { (\$id) = \$ARGV =~ m,([^/]*)\$,; print substr(\$id, 2), \$n ? qq( tried ) .
		    (\$n == 1 ? q(once) : qq(\$n times)) . strftime(q(, last at %FT%TZ), gmtime \$k) : q(), qq(\n) }" $f
	done | sort >theirs && grep -q tried theirs &&
	jq -r "select(.path | test(\"[qhQ]f[^/]*$\")) | .queue_id + ((.note // \"\" | capture(\"(?<t>tried .*)$\").t | \" \" + .) // \"\")" \
	    before | sort | diff theirs -'

# Now a server takes all of it, and keeps what it gets.
t 'each byte is what a server on the other side gets' '
	kill $soft; mkdir got && chmod 777 got
	perl "$top/tests/e2e/taker.pl" 2852 250 "$work/got" &
	await 2852 && sm -q && i=0 &&
	while [ -n "$(find $q -name "qf*" -type f)" ] && [ $i -lt 300 ]; do
		i=$((i + 1)); sleep 0.1
	done
	perl -MDigest::SHA=sha256_hex -e "local \$/; for (glob q(got/*)) {
		open my \$f, q(<), \$_; my \$m = <\$f>; \$m =~ s/\A.*?\n\n//s; \$m =~ s/\r\n/\n/g;
		my (\$id) = \$m =~ /^\\s+by mail.example.org .8.17.1.*? id (\\w{14})\\b/m;
		print \"\$id \", sha256_hex(\$m), \"\\n\" }" | sort >sent
	jq -r "select((.problems // [] | any(test(\"Qf file\")) | not) and
	    (.note // \"\" | test(\"quarantined\") | not)) | .queue_id + \" \" + .sha256" before |
	    sort >read
	cut -d " " -f 1 read >ids	# and not the receipts that it makes meanwhile
	[ "$(wc -l <read)" -ge $((mails * 9 / 10)) ] &&
	    grep -F -f ids sent | diff - read'
t_done
