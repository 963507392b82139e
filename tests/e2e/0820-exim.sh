#!/bin/sh
# A real Exim spool, with all that SMTP and delivery leave in one: what is
# read of it is what exim says, in each field and byte, but where it is wrong.
. "$(dirname "$0")/servers.sh"
box exim
. "$(dirname "$0")/lib.sh"

r=/mnt/x/root
q=$r/var/spool/exim4
mails=${MAILS:-120}		# make long: more
exim() { chroot "$r" /usr/sbin/exim4 -C /etc/exim4/exim4.conf "$@"; }

server_root exim x || skip_all 'no root for the server'
perl "$top/tests/e2e/sink.pl" 2841 250 &
perl "$top/tests/e2e/sink.pl" 2842 450 &
perl "$top/tests/e2e/sink.pl" 2843 550 &
exim_start x 2840 'primary_hostname = mail.example.org
tls_advertise_hosts =
host_lookup = *
spool_wireformat = true
chunking_advertise_hosts = *
dsn_advertise_hosts = *
smtputf8_advertise_hosts = *
split_spool_directory = true
acl_smtp_rcpt = rcpt
acl_smtp_data = data
auth_advertise_hosts = *
allow_domain_literals
message_size_limit = 10M
begin acl
rcpt:
  warn set acl_m_lines = one\n-auth_id mallory\n\n three $local_part
       set acl_c_x = y
  accept control = dkim_disable_verify
data:
  warn condition = ${if def:h_X-Hold:}
       control = freeze/no_tell
  warn condition = ${if def:h_X-Replace:}
       remove_header = X-Replace
       add_header = X-Replaced: in an ACL
  accept
begin routers
alias:
  driver = redirect
  domains = example.org
  data = ${if eq{$local_part}{sales}{one@soft.example.net, two@ok.example.net}{}}
onetime:
  driver = redirect
  domains = once.example.net
  data = left@soft.example.net, right@ok.example.net
  one_time
ok:
  driver = manualroute
  domains = ok.example.net
  route_list = * 127.0.0.1
  transport = ok
  self = send
hard:
  driver = manualroute
  domains = hard.example.net
  route_list = * 127.0.0.1
  transport = hard
  self = send
soft:
  driver = manualroute
  domains = *
  route_list = * 127.0.0.1
  transport = soft
  self = send
begin transports
ok:
  driver = smtp
  port = 2841
  allow_localhost
hard:
  driver = smtp
  port = 2843
  allow_localhost
soft:
  driver = smtp
  port = 2842
  allow_localhost
begin retry
* * F,1d,1h
begin rewrite
*@rewrite.example.net x@example.org h
begin authenticators
plain:
  driver = plaintext
  public_name = PLAIN
  server_prompts = :
  server_condition = yes
  server_set_id = $auth2
' || skip_all 'the server does not start'

# Several at a time: each session waits now and then.
gen() {
	gens= at=0 step=$(((mails + 5) / 6))
	while [ $at -lt "$mails" ]; do
		part=$((at + 1))-$((at + step)) at=$((at + step))
		perl "$top/tests/e2e/mailgen.pl" 2840 $part dsn utf8 bdat auth far &
		gens="$gens $!"
	done
	wait $gens
}
settle() {
	i=0
	while [ "$(cat /proc/[0-9]*/comm 2>/dev/null | grep -c '^exim4$')" -gt 1 ]; do
		i=$((i + 1))
		[ $i -lt 400 ] || return 1
		sleep 0.1
	done
}
t 'a queue is made through SMTP, and each message tried once' '
	gen && settle && n=$(find $q/input -name "*-H" | wc -l) &&
	echo "$n messages" && [ "$n" -ge $((mails * 9 / 10)) ]'

# What the server says, a line a fact: of -bp sender, recipients and freezing,
# of -Mvh what it shows of the -H file, and the message by -Mvc; of one in
# wire format, where that prints nothing (EX-26), by -Mvh and -Mvb.
server_says() {
	exim -bp >bp && mkdir vh vc vb || return 1
	export r
	perl -ne 'print "$1\n" if /^ *\S+ +\S* *(\S{16}) </' bp |
	    xargs -P 4 -I ID sh -c 'for v in h c; do
		chroot "$r" /usr/sbin/exim4 -C /etc/exim4/exim4.conf -Mv$v ID >v$v/ID
	    done
	    [ -s vc/ID ] || chroot "$r" /usr/sbin/exim4 -C /etc/exim4/exim4.conf \
		-Mvb ID >vb/ID'
	perl -MDigest::SHA=sha256_hex -e '
		sub all { local (@ARGV, $/) = @_; scalar <> }
		open my $bp, "bp";
		my ($id, @ids);
		while (<$bp>) {
			if (/^ *\S+ +\S* *(\S{16}) <(.*)>(.*)/) {
				push @ids, $id = $1;
				print "$id sender $2\n";
				print "$id frozen\n" if $3 =~ /frozen/;
			} elsif (/^        ([ D]) (.*\S)/) {
				next if $2 =~ /^MiXed/;		# EX-17
				print "$id ", $1 eq "D" ? "done" : "to", " $2\n";
			}
		}
		for $id (@ids) {
			my $h = all("vh/$id");
			my $value = "";
			while ($h =~ /^--?acl[cm] \S+ (\d+)\n/m) {
				substr $h, $-[0], $+[0] - $-[0] + $1 + 1, "";
			}
			my ($env, $heads) = $h =~ /\A(.*?\n)\n(\d{3}.*)\z/s;
			my ($at) = $env =~ /\A.*\n.*\n.*\n(\d+) \d+\n/;
			print "$id arrived $at\n";
			my ($auth) = $env =~ /^--?auth_id (.*)/m;
			print "$id account $auth\n" if $env =~ /^-host_auth /m;
			my ($ip) = $env =~ /^--?host_address \[(.*)\]/m;
			my ($helo) = $env =~ /^--?helo_name (.*)/m;
			my ($name) = $env =~ /^--?host_name (.*)/m;
			print "$id client $ip\n" if defined $ip && $ip ne "127.0.0.1";
			print "$id helo $helo\n" if defined $ip && $ip ne "127.0.0.1" && defined $helo;
			print "$id name $name\n" if defined $ip && $ip ne "127.0.0.1" && defined $name;
			my ($m, $b) = ("", "");
			while ($heads =~ s/\A(\d{3,})(.) //) {
				my $flag = $2;
				my $one = substr $heads, 0, $1, "";
				$m .= $one if $flag ne "*";
			}
			if (-e "vb/$id") {
				$b = all("vb/$id");
				$b =~ s/\A\S+-D\n//;
				$b =~ s/\r\n/\n/g;
				$m .= "\n$b";
			} else {
				$m = all("vc/$id");
			}
			print "$id sha256 ", sha256_hex($m), "\n";
		}'
}
we_say() {
	run 0 spoolscan -f exim -d example.org -o ndjson $q || return 1
	jq -r '. as $m | "\(.queue_id) sender \(.sender.address)",
	    "\(.queue_id) arrived \(.arrived | fromdate)",
	    "\(.queue_id) sha256 \(.sha256)",
	    (select(.account).account | "\($m.queue_id) account \(.)"),
	    (select(.client.ip).client.ip | "\($m.queue_id) client \(.)"),
	    (select(.client.helo).client.helo | "\($m.queue_id) helo \(.)"),
	    (select(.client.name).client.name | "\($m.queue_id) name \(.)"),
	    (select(.note // "" | test("frozen")) | "\(.queue_id) frozen"),
	    (.recipients[] | select(.address | test("^MiXed") | not) |
	    "\($m.queue_id) \(if .state == "pending" then "to" else "done" end) \(.address)")' out
}
t 'the server is asked for each field and byte' \
    'server_says | sort >server && [ "$(grep -c " sha256 " server)" -ge $((mails * 9 / 10)) ]'
t 'what is read is what it says' 'we_say | sort >ours && diff server ours'

# EX-17: exim -bp compares the case of the domain, delivery does not.
t 'who has had it has, in whatever case the domain was given' '
	grep -A 2 "^ .* 1" bp | grep -q "^          MiXed@OK.example.net" &&
	jq -es "[.[] | select(.note // \"\" | test(\"frozen\") | not).recipients[] |
	    select(.address == \"MiXed@ok.example.net\")] |
	    length > 3 and all(.state == \"done\")" out'
# What is listed of one message: it may have many recipients.
whole() { perl -00 -ne "print if /\\Q$1\\E/"; }
# EX-25: what a crash leaves.  exipick does not look at it.
t 'the journal counts' '
	h=$(grep -l "^a@ok.example.net$" $(grep -L wireformat $q/input/*/*-H) | head -n 1)
	id=$(basename "$h" -H) && echo "b@soft.example.net" >"${h%-H}-J" &&
	chown 903:903 "${h%-H}-J" && settle && exim -bp | whole "$id" | grep -q "D b@soft" &&
	chroot $r /usr/bin/perl /usr/sbin/exipick -spool /var/spool/exim4 >exipick &&
	whole "$id" <exipick | grep -q "^ *b@soft" &&
	run 0 spoolscan -f exim -d example.org -o ndjson $q && rm "${h%-H}-J" &&
	jq -es "map(select(.queue_id == \"$id\"))[0].recipients[] |
	    select(.address == \"b@soft.example.net\") | .state == \"done\"" out'
# EX-26: of a body in wire format -Mvc shows nothing, and says that all is well;
# of a message that is locked it says no more than that.
wire=$(grep -l spool_file_wireformat $q/input/*/*-H | head -n 1)
t 'a body in wire format is read, of which -Mvc shows nothing' '
	id=$(basename "$wire" -H) && exim -Mvc $id >mvc && [ ! -s mvc ] &&
	exim -Mvb $id | sed 1d | perl -pe "s/\r\n/\n/" >body && [ -s body ] &&
	spoolshow --raw $wire >raw && perl -0777 -pe "s/\A.*?\n\n//s" raw | cmp - body'
cat >locked.pl <<'END'
use Fcntl;
open my $f, '+<', shift or die;
my $lock = pack 's s x4 q q i x4', F_WRLCK, 0, 0, 19, 0;
fcntl $f, F_SETLK, $lock or die;
exit system(@ARGV) >> 8;
END
t 'what is being delivered is read, of which -Mvc shows that it is locked' '
	h=$(grep -L spool_file_wireformat $q/input/*/*-H | head -n 1) &&
	id=$(basename "$h" -H) && d=${h%-H}-D && exim -Mvc $id >mvc &&
	spoolshow --raw $h | cmp - mvc && perl locked.pl $d spoolshow --raw $h >raw &&
	cmp raw mvc && perl locked.pl $d chroot $r /usr/sbin/exim4 \
	    -C /etc/exim4/exim4.conf -Mvc $id >mvc 2>&1; cat mvc
	grep -q "is locked" mvc && [ "$(wc -l <mvc)" -eq 1 ]'
# EX-20: of an ordinary alias -bp shows the alias alone, as one who has had
# nothing; what is put back for it reaches one of them twice.
t 'who is behind an alias and has had it is told, and -bp does not' '
	grep -q "^ *sales@example.org" bp && ! grep -q "two@ok.example.net" bp &&
	jq -es "map(select(any(.recipients[]?; .address == \"sales@example.org\") and
	    (.note // \"\" | test(\"frozen\") | not))) | length > 0 and
	    all((.recipients | all(.state == \"pending\")) and
	    (.note // \"\" | test(\"had by two@ok.example.net\")) and
	    (.problems[0] // \"\" | test(\"^addresses behind an alias have had it\")))" out'
t 'of an alias that is put in place once each has a state of its own' '
	perl -MIO::Socket::INET -e "\$s = IO::Socket::INET->new(q(127.0.0.1:2840));
	    for (q(EHLO x), q(MAIL FROM:<a@example.com>), q(RCPT TO:<x@once.example.net>),
	    q(DATA), qq(Subject: once\r\n\r\nx\r\n.), q(QUIT)) {
		1 while <\$s> =~ /^\d+-/; print \$s qq(\$_\r\n) }" && settle
	exim -bp | grep -A 2 "<a@example.com>" | sed "1d; s/^ *//" | sort >theirs &&
	printf "%s\n" "D x@once.example.net" left@soft.example.net | diff - theirs &&
	run 0 spoolscan -f exim -d example.org -o ndjson $q &&
	jq -r "select(.subject == \"once\").recipients[] |
	    (if .state == \"done\" then \"D \" else \"\" end) + .address" out | sort |
	    diff - theirs && jq -es "any(.subject == \"once\" and
	    .note == \"had by right@ok.example.net\")" out'
t 'each that is pending has its last error' '
	run 0 spoolscan -f exim -d example.org -o ndjson $q &&
	jq -es "[.[] | select(.note // \"\" | test(\"frozen\") | not).recipients[] | select(.state == \"pending\" and
	    .address == \"u40@soft.example.net\")] | length > 3 and
	    all(.error // \"\" | test(\"450 answered\"))" out'
t 'a report of the server, and a frozen message, are told' '
	jq -es "any(.note // \"\" | test(\"^a report of this server\")) and
	    any(.note // \"\" | test(\"frozen since 20\"))" out'
# EX-15: its log has R=; where that has gone, the Received in it tells.  Of a
# message in wire format Exim 4.96 returns nothing, and only the log does.
about() {
	jq -r 'select(.note // "" | test("^a report of this server")) |
	    .queue_id + " " + (.note | split("; ")[0] | split(" ")[6] // "")' out | sort
}
t 'a report tells its cause, and the message that caused it' '
	about >with && [ "$(wc -l <with)" -gt 10 ] && ! grep " $" with &&
	jq -r "select(.kind == \"mail\") | .queue_id + \" \" + .message_id" out | sort >all &&
	jq -r "select(.report.original and (.note // \"\" |
	    test(\"^a report of this server\"))) |
	    (.note | split(\"; \")[0] | split(\" \")[6]) + \" \" +
	    .report.original.message_id" out | sort -u >caused && join caused all >both &&
	cat both && [ "$(wc -l <both)" -gt 3 ] && awk "\$2 != \$3 { exit 1 }" both &&
	jq -es "map(select(.kind == \"bounce\" and .report.action == \"failed\")) |
	    length > 3 and all(.report.diagnostic | test(\"550 answered|lines too long\"))" out'
t 'the same without its log' '
	cp out kept && mv $q/msglog msglog && run 0 spoolscan -f exim -d example.org -o ndjson $q &&
	about | grep -v " $" >without; mv msglog $q/ && mv kept out &&
	[ "$(wc -l <without)" -gt 10 ] && [ -z "$(comm -13 with without)" ]'
t 'the same out of an archive' '
	few="del(.spool, .class, .reason, .evidence)"
	jq -S "$few" out >disk && tar -C ${q%/*} -cf q.tar exim4 &&
	run 0 spoolscan -f exim -d example.org -o ndjson q.tar &&
	jq -S "$few" out | diff disk -'
t 'what a program of this host hands in has no account (EX-14)' '
	chmod 4755 $r/usr/sbin/exim4
	printf "Subject: by hand\n\nx\n" | chroot --userspec=901:901 $r \
	    /usr/sbin/exim4 -odq -i -f "" -- x@soft.example.net
	run 0 spoolscan -f exim -d example.org -o ndjson $q &&
	jq -es "map(select(.subject == \"by hand\")) | length == 1 and
	    (.[0] | .account == null and .note == \"handed in by postfix\")" out'
t_done
