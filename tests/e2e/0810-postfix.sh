#!/bin/sh
# A real Postfix queue, with all that SMTP and filters leave in one: what is
# read of it is what postqueue and postcat say, in each field and byte.
. "$(dirname "$0")/servers.sh"
box postfix
. "$(dirname "$0")/lib.sh"

r=/mnt/q/root
q=$r/var/spool/postfix
mails=${MAILS:-120}		# make long: more
in_server() { chroot "$r" "$@"; }

server_root postfix q || skip_all 'no root for the server'
cat >$r/etc/postfix/checks <<-'END'
	/^X-Hold:/	HOLD
	/^X-Redirect:/	REDIRECT trap@soft.example.net
	/^X-Filter:/	FILTER smtp:[127.0.0.1]:2832
	/^X-Replace:/	REPLACE X-Replaced: by header_checks
END
perl "$top/tests/e2e/milter.pl" 2834 &
in_server /usr/sbin/smtp-sink -u postfix 127.0.0.1:2831 100 &
in_server /usr/sbin/smtp-sink -u postfix -r RCPT 127.0.0.1:2832 100 &
in_server /usr/sbin/smtp-sink -u postfix -f RCPT 127.0.0.1:2833 100 &
postfix_start q 2830 'inet_protocols = all
mynetworks = 0.0.0.0/0 [::]/0
smtpd_relay_restrictions = permit_mynetworks reject_unauth_destination
smtpd_authorized_xclient_hosts = 127.0.0.1
smtpd_authorized_xforward_hosts = 127.0.0.1
default_transport = smtp
relay_transport = smtp
transport_maps = inline:{ {ok.example.net = smtp:[127.0.0.1]:2831},
    {soft.example.net = smtp:[127.0.0.1]:2832},
    {hard.example.net = smtp:[127.0.0.1]:2833},
    {example.com = smtp:[127.0.0.1]:2832} }
virtual_alias_maps = inline:{ {sales@example.org = one@soft.example.net,
    two@soft.example.net} }
header_checks = regexp:/etc/postfix/checks
smtpd_milters = inet:127.0.0.1:2834
hash_queue_depth = 2
smtputf8_enable = yes
smtpd_client_connection_count_limit = 0
default_process_limit = 20' || skip_all 'the server does not start'

gen() {
	perl "$top/tests/e2e/mailgen.pl" 2830 "$1" xclient xforward dsn utf8 bdat
}

# Until nothing is on its way any more.
settle() {
	i=0
	while [ "$(find $q/incoming $q/active $q/maildrop -type f | wc -l)" -gt 0 ]; do
		i=$((i + 1))
		[ $i -lt 300 ] || { find $q/incoming $q/active -type f; return 1; }
		sleep 0.1
	done
}

t 'a queue is made through SMTP, half of it with long ids' 'gen 1-$((mails / 2)) &&
	in_server /usr/sbin/postconf enable_long_queue_ids=yes 2>/dev/null &&
	in_server /usr/sbin/postfix stop 2>/dev/null;
	in_server /usr/sbin/postfix start 2>/dev/null && await 2830 &&
	gen 1-$((mails / 2 + 10)) && settle &&
	n=$(find $q/deferred $q/hold -type f | wc -l) && echo "$n messages" &&
	[ "$n" -ge $((mails * 9 / 10)) ]'

# What the server says: a line a fact, sorted.
server_says() {
	in_server /usr/sbin/postqueue -j >queue.json || return 1
	jq -r 'def low: sub("@(?<d>[^@]*)$"; "@" + (.d | ascii_downcase));
	    . as $m | "\(.queue_id) arrived \(.arrival_time)",
	    "\(.queue_id) folder \(.queue_name)",
	    "\(.queue_id) sender \(if .sender == "MAILER-DAEMON" then "" else .sender end)",
	    (.recipients[] | select(.address != "trap@soft.example.net") |
	    "\($m.queue_id) to \(.address | low) \(.delay_reason // "")")' \
	    queue.json
	jq -r .queue_id queue.json | while read -r id; do
		in_server /usr/sbin/postcat -eq "$id" |
		    perl -ne 'BEGIN { $id = shift }
			s/\s+$//;
			s/@([^@]*)$/"\@" . lc $1/e if /_recipient: /;
			print "$id done $1\n" if /^done_recipient: (.*)/;
			print "$id canceled $1\n" if /^canceled_recipient: (.*)/;
			$was = $1 if /^original_recipient: (.*)/;
			if (/^(?:recipient|done_recipient|canceled_recipient): (.*)/) {
				my $to = $1 =~ s/@([^@]*)$/"\@" . lc $1/er;
				$was =~ s/@([^@]*)$/"\@" . lc $1/e;
				print "$id was $was\n" if $was ne "" && $was ne $to;
				$was = "";
			}
			$a{$1} = $2 if /^named_attribute: (\w+)=(.*)/ &&
			    (!exists $a{$1} || $1 =~ /^log_/);
			END {
				$a{log_client_address} =~ s/^IPv6://
				    if exists $a{log_client_address};
				for (["account", "sasl_username"],
				    ["client", "log_client_address"],
				    ["helo", "log_helo_name"],
				    ["name", "log_client_name"]) {
					print "$id $$_[0] $a{$$_[1]}\n"
					    if defined $a{$$_[1]} && ($$_[0] eq
					    "account" || $a{log_client_address}
					    ne "127.0.0.1");
				}
			}' "$id"
		echo "$id sha256 $(in_server /usr/sbin/postcat -bhq "$id" | sha256sum | cut -d' ' -f1)"
	done
}

# The same of the records.  postcat shows addresses without quotes (PF-16);
# this host itself is no client.
we_say() {
	run 0 spoolscan -f postfix -d example.org -o ndjson $q || return 1
	jq -r '. as $m | def bare: (capture("^\"(?<l>.*)\"@(?<d>[^@]*)$") |
	    (.l | gsub("\\\\(?<c>.)"; .c)) + "@" + .d) // .;
	    "\(.queue_id) arrived \(.arrived | fromdate)",
	    "\(.queue_id) folder \(.folder)",
	    "\(.queue_id) sender \(.sender.address)",
	    "\(.queue_id) sha256 \(.sha256)",
	    (.recipients[] | if .state == "pending"
	    then "\($m.queue_id) to \(.address) \(.error // "")"
	    else "\($m.queue_id) \(.state | if . == "bounced" then "done" else . end) \(.address | bare)" end),
	    (select(.account).account | "\($m.queue_id) account \(.)"),
	    (select(.client.ip).client.ip | "\($m.queue_id) client \(.)"),
	    (select(.client.helo).client.helo | "\($m.queue_id) helo \(.)"),
	    (select(.client.name).client.name | "\($m.queue_id) name \(.)"),
	    (.recipients[] | select(.original).original |
	    "\($m.queue_id) was \(bare)")' out
}
export LC_ALL=C
t 'the server is asked for each field and byte' \
    'server_says | LC_ALL=C sort >server && [ "$(grep -c " sha256 " server)" -ge $((mails * 9 / 10)) ]'
t 'what is read is what it says' \
    'we_say | LC_ALL=C sort >ours && diff server ours'

# PF-43: postqueue -j has neither accounts nor clients, and leaves out who has
# had it.
t 'what postqueue -j leaves out is told: who has had it, account, client' '
	jq -es "all((keys - [\"queue_name\", \"queue_id\", \"arrival_time\",
	    \"message_size\", \"forced_expire\", \"sender\", \"recipients\"]) == [] and
	    (.recipients | all((keys - [\"address\", \"delay_reason\"]) == [])))" queue.json &&
	jq -r ".queue_id as \$i | .recipients[] | \$i + \" \" + (.address |
	    ascii_downcase)" queue.json | sort >theirs &&
	jq -r ".queue_id as \$i | .recipients[] | select(.state == \"done\") |
	    \$i + \" \" + (.address | ascii_downcase)" out | sort >had &&
	[ "$(wc -l <had)" -gt 3 ] && [ -z "$(comm -12 theirs had)" ] &&
	jq -es "(map(select(.account)) | length > 3) and
	    (map(select(.client.ip)) | length > 3)" out'
t 'a report of the server says what it is about' '
	jq -es "map(select(.sender.address == \"\" and .kind == \"bounce\")) |
	    length > 3 and all(.note | test(\"^a report of this server about [0-9A-Za-z]+\"))" out'
t 'a sender, a recipient and a redirection of a filter are told' '
	jq -es "(map(select(.sender.address == \"changed@soft.example.net\")) | length > 1) and
	    any(.recipients[].address == \"added@soft.example.net\") and
	    any(.recipients[].state == \"canceled\") and
	    any(.note // \"\" | test(\"redirected to trap@soft\"))" out'
# PF-8
t 'when it is tried again is told, as the file has it' '
	find $q/deferred -type f -printf "%f %TY-%Tm-%TdT%TH:%TM:%.2TSZ\n" | sort >theirs &&
	[ "$(wc -l <theirs)" -gt 20 ] &&
	jq -r "select(.folder == \"deferred\") | .queue_id + \" \" +
	    (.note | capture(\"tried, again at (?<t>[^;]*)\").t)" out | sort | diff theirs -'
t 'the same out of an archive' '
	few="del(.spool, .class, .reason, .evidence, .note)"
	jq -S "$few" out >disk && tar -C ${q%/*} -cf q.tar postfix &&
	run 0 spoolscan -f postfix -d example.org -o ndjson q.tar &&
	jq -S "$few" out | diff disk -'

t 'what is ours is read in main.cf as the server reads it' '
	run 0 spoolscan --print-site $q && in_server /usr/sbin/postconf -xh mydestination 2>/dev/null |
	    tr -d " " | tr , "\n" | sed "s/^/	=/" >theirs && cat theirs && [ -s theirs ] &&
	sed -n "/^local_domains/,/^[a-z].*/p" out | grep "^	" | head -n "$(wc -l <theirs)" | diff - theirs &&
	has "0.0.0.0/0 of .*main.cf was not taken: it would trust strangers" errs'

# PF-7, PF-41
t 'what is expired by hand is told' '
	id=$(ls $q/hold | head -n 1) && in_server /usr/sbin/postsuper -e $id 2>/dev/null &&
	in_server /usr/sbin/postqueue -j | jq -r "select(.forced_expire).queue_id" >theirs &&
	[ "$(cat theirs)" = "$id" ] && run 0 spoolscan -f postfix -d example.org -o ndjson $q &&
	jq -r "select(.note // \"\" | test(\"expired by hand\")).queue_id" out | diff theirs -'
# Half a message, and nobody ends it: PF-11.
half() {
	perl -MIO::Socket::INET -e '$s = IO::Socket::INET->new("127.0.0.1:2830");
		$s->autoflush(1);
		for ("EHLO x", "MAIL FROM:<x\@example.com>",
		    "RCPT TO:<half\@soft.example.net>", "DATA") {
			<$s>; print $s "$_\r\n"; sleep 1 }
		print $s "Subject: half\r\n\r\n", "line\r\n" x 20000;
		sleep 100' &
	halfer=$!
	for i in 1 2 3 4 5 6 7 8 9 10; do
		[ -n "$(find $q/incoming -type f -size +8)" ] && return 0
		sleep 1
	done
	return 1
}
t 'what is still being received is told, and the scan ends' '
	half && bound 0 20 400000 spoolscan -f postfix -d example.org -o ndjson $q &&
	jq -es "map(select(.folder == \"incoming\")) | length == 1 and
	    (.[0] | (.problems | index(\"still being received\")) and
	    .recipients[0].address == \"half@soft.example.net\")" out;
	r=$?; kill $halfer; [ $r = 0 ]'
t 'what a program of this host hands in lies in maildrop, and says who' '
	in_server /usr/sbin/postfix stop 2>/dev/null
	printf "Subject: by hand\n\nx\n" | chroot --userspec=903:903 $r \
	    /usr/sbin/sendmail -i -f carol@example.org -- "a b@soft.example.net" 2>/dev/null &&
	run 0 spoolscan -f postfix -d example.org -o ndjson $q &&
	jq -es "map(select(.folder == \"maildrop\")) | length == 1 and
	    (.[0] | .note == \"handed in by uid 903\" and
	    .sender.address == \"carol@example.org\" and
	    .subject == \"by hand\")" out'
t_done
