#!/bin/sh
# A real queue of OpenSMTPD, compressed: what is read of it is what
# smtpctl shows, in each field and byte, but where it does not show it.
. "$(dirname "$0")/servers.sh"
box opensmtpd
. "$(dirname "$0")/lib.sh"

r=/mnt/o/root
q=$r/var/spool/smtpd
mails=${MAILS:-60}		# make long: more
ctl() { chroot "$r" /usr/sbin/smtpctl "$@"; }
conf='table aliases { sales = "one@soft.example.net,two@ok.example.net" }
listen on 127.0.0.1 port 2860 hostname mail.example.org
listen on socket
mta limit conn-delay-host 0 conn-delay-route 0 conn-delay-source 0 conn-delay-connector 0 conn-delay-relay 0 conn-delay-domain 0 max-conn-per-host 50 session-transaction-delay 0
action "here" expand-only alias <aliases>
action ok relay host smtp://127.0.0.1:2861
action soft relay host smtp://127.0.0.1:2862
action hard relay host smtp://127.0.0.1:2863
match from any for domain "example.org" action "here"
match from any for domain "ok.example.net" action ok
match from any for domain "hard.example.net" action hard
match from any for any action soft'

server_root opensmtpd o || skip_all 'no root for the server'
perl "$top/tests/e2e/sink.pl" 2861 250 &
perl "$top/tests/e2e/sink.pl" 2862 450 &
perl "$top/tests/e2e/sink.pl" 2863 550 &
opensmtpd_start o 2860 "queue compression
$conf" || skip_all 'the server does not start'

gen() {
	perl "$top/tests/e2e/mailgen.pl" 2860 "$1-$((($1 + $2) / 2))" dsn strict far &
	gens=$!
	perl "$top/tests/e2e/mailgen.pl" 2860 "$((($1 + $2) / 2 + 1))-$2" dsn strict far &
	wait $gens $!
}
stop() {
	kill "$(cat o.pid)" && while kill -0 "$(cat o.pid)" 2>/dev/null; do
		sleep 0.1
	done
}
# Until a delivery failed for good, and then nothing is in flight any more,
# for a while.
settle() {
	i=0 idle=0
	until grep -q 'result="PermFail' o.log; do
		i=$((i + 1))
		[ $i -lt 300 ] || return 1
		sleep 0.2
	done
	i=0
	while [ $idle -lt 5 ]; do
		i=$((i + 1))
		[ $i -lt 20 ] || return 0	# some it leaves for later
		idle=$((idle + 1))
		ctl show queue | grep -q '|inflight|' && idle=0
		sleep 0.2
	done
}
t 'a queue is made through SMTP, and most of it tried' '
	gen 1 $mails && settle && ctl pause mta &&
	n=$(find $q/queue -name message | wc -l) && echo "$n messages" &&
	[ "$n" -ge $((mails * 9 / 10)) ]'

# What the server says, a line a fact.  It prints no quotes, and takes none.
server_says() {
	ctl show queue >queue && rm -rf shown && mkdir shown && export r || return 1
	{ cut -d "|" -f 1 queue | sed "s/^/envelope /"
	    cut -c 1-8 queue | sort -u | sed "s/^/message /"; } |
	    xargs -P 2 -L 1 sh -c \
	    'chroot "$r" /usr/sbin/smtpctl show "$0" "$1" >"shown/$1" 2>/dev/null || :'
	perl -MDigest::SHA=sha256_hex -ne '
		my ($ev, $id) = /^((\w{8})\w{8})\|/;
		my %f = map { chomp; split /: /, $_, 2 } do {
		    open my $f, "<", "shown/$ev"; <$f> };
		my ($from, $rcpt, $dest) = @f{qw(sender rcpt dest)};
		$from = "" if $from eq "@";		# OS-3
		s/\@(.*)/"@" . lc $1/e for $from, $rcpt, $dest;
		print "$id to $dest\n" if $f{type} eq "mta";
		print "$id was $rcpt\n" if $rcpt ne $dest;
		print "$id error $dest $f{errorline}\n" if $f{errorline};
		next if $seen{$id}++;
		print "$id sender $from\n$id arrived $f{ctime}\n";
		print "$id account $f{username}\n" if $f{username};
		print "$id client $f{sockaddr}\n$id helo $f{helo}\n"
		    if $f{sockaddr} !~ /^local$|^127/;
		print "$id name $f{hostname}\n" if $f{sockaddr} !~ /^local$|^127/ &&
		    $f{hostname} ne "<unknown>";
		open my $f, "<", "shown/$id"; local $/;
		print "$id sha256 ", sha256_hex(<$f>), "\n"' queue
}
we_say() {
	run 0 spoolscan -f opensmtpd -d example.org -o ndjson $q || return 1
	jq -r '. as $m | "\(.queue_id) sender \(.sender.address)",
	    "\(.queue_id) arrived \(.arrived | fromdate)",
	    "\(.queue_id) sha256 \(.sha256)",
	    (select(.account).account | "\($m.queue_id) account \(.)"),
	    (select(.client.ip).client.ip | "\($m.queue_id) client \(.)"),
	    (select(.client.helo).client.helo | "\($m.queue_id) helo \(.)"),
	    (select(.client.name).client.name | "\($m.queue_id) name \(.)"),
	    (.recipients[] | (select(.state == "pending") | "\($m.queue_id) to \(.address)"),
	    (select(.original) | "\($m.queue_id) was \(.original)"),
	    (select(.error) | "\($m.queue_id) error \(.address) \(.error)"))' out
}
t 'what is read is what it shows, in each field and byte' '
	for i in 1 2 3 4 5 6 7 8; do	# one in flight may have ended meanwhile
		server_says | sort >server && we_say | sort >ours || exit 1
		diff server ours >diffs && break
		sleep 1
	done
	[ "$(grep -c " sha256 " server)" -ge $((mails * 9 / 10)) ] &&
	grep -q " error .*450 answered" server && grep -q " was sales@" server &&
	cat diffs && [ ! -s diffs ]'
t 'it is compressed, and unpacked by gzip read as the same' '
	stop 2>/dev/null
	[ "$(gzip -l $q/queue/*/*/message | grep -c message)" -ge $((mails * 9 / 10)) ] &&
	few="del(.spool, .class, .reason, .evidence)" && we_say >/dev/null && jq -S "$few" out >packed &&
	cp -a $q plain && find plain/queue -type f | while read -r f; do
		gzip -dc <"$f" >raw && cat raw >"$f" || exit 1
	done && run 0 spoolscan -f opensmtpd -d example.org -o ndjson plain &&
	jq -es "all(.problems == null)" out && jq -S "$few" out | diff packed -'
t 'how often it was tried, and when last, is what the envelopes say' '
	find plain/queue -type f ! -name message | xargs grep -H -e "^retry:" -e "^last-try:" |
	    perl -MPOSIX=strftime -ne "m,/(\w{8})/\w+:(\S+): (\d+)\$, or next;
		\$m{\$1}{\$2} = \$3 if \$3 > (\$m{\$1}{\$2} // 0); \$m{\$1} //= {};
		END { for (sort keys %m) { my (\$n, \$t) = @{\$m{\$_}}{q(retry), q(last-try)};
		    print qq(\$_), \$n ? \$n == 1 ? q( tried once) : qq( tried \$n times) :
			\$t ? q( tried) : q(), \$t ? strftime(q(, last at %FT%TZ), gmtime \$t) :
			q(), qq(\n) } }" >theirs && grep -q tried theirs &&
	jq -r ".queue_id + ((.note // \"\" | capture(\"(?<t>tried.*)$\").t | \" \" + .) // \"\")" \
	    out | sort | diff theirs -'
we_say >/dev/null
# OS-3, OS-7
t 'a report of the server is told, and has no account' '
	jq -es "map(select(.note // \"\" | test(\"^a report of this server about [0-9a-f]{8}\"))) |
	    length > 0 and all(.sender.address == \"\" and .account == null)" out &&
	jq -r "select(.kind == \"mail\") | .queue_id + \" \" + .message_id" out | sort >all &&
	jq -r "select(.note // \"\" | test(\"^a report of this server\")) |
	    (.note | split(\"; \")[0] | split(\" \")[6]) + \" \" +
	    .report.original.message_id" out | sort -u >caused && join caused all >both &&
	cat both && [ -s both ] && awk "\$2 != \$3 { exit 1 }" both'
t 'the same out of an archive' '
	few="del(.spool, .class, .reason, .evidence)"
	jq -S "$few" out >disk &&
	tar -C ${q%/*} -cf q.tar smtpd && run 0 spoolscan -f opensmtpd -d example.org -o ndjson q.tar &&
	jq -S "$few" out | diff disk -'
# OS-8: what is handed in while the server is away.
t 'what waits in offline has its envelope in its first line' '
	printf "Subject: by hand\n\nx\n" | chroot "$r" /usr/sbin/sendmail \
	    -i -f alice@example.org -- bob@soft.example.net c@ok.example.net
	ls $q/offline && run 0 spoolscan -f opensmtpd -d example.org -o ndjson $q &&
	jq -es "map(select(.folder == \"offline\")) | length == 1 and (.[0] |
	    .sender.address == \"alice@example.org\" and .subject == \"by hand\" and
	    (.recipients | map(.address)) == [\"bob@soft.example.net\", \"c@ok.example.net\"] and
	    .note == \"handed in by uid 0\")" out'
t 'the deliveries that failed for good are bounces of who sent them' '
	sed "s/^/Nov  9 10:00:00 mx smtpd[7]: /" o.log >syslog
	failed=$(grep -c "delivery.*result=\"PermFail" syslog); echo "$failed failed"
	[ "$failed" -gt 0 ] && spoollog --list clients -o ndjson syslog 2>/dev/null |
	    jq -s -e "map(.bounced) | add == $failed"'
t_done
