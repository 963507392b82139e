#!/bin/sh
# A real Postfix queue: spoolstat's figures are those of its own qshape.
. "$(dirname "$0")/servers.sh"
box postfix
. "$(dirname "$0")/lib.sh"

r=/mnt/q/root
q=$r/var/spool/postfix
mails=${MAILS:-120}
in_server() { chroot "$r" "$@"; }

server_root postfix q || skip_all 'no root for the server'
postfix_start q 2840 'mynetworks = 0.0.0.0/0
smtpd_relay_restrictions = permit_mynetworks reject_unauth_destination
virtual_alias_maps = inline:{ {sales@example.org = one@soft.example.net,
    two@soft.example.net} }
header_checks = regexp:/etc/postfix/checks
default_transport = smtp:[127.0.0.1]:9
relay_transport = smtp:[127.0.0.1]:9
hash_queue_depth = 2
smtpd_client_connection_count_limit = 0' || skip_all 'the server does not start'
echo '/^X-Hold:/	HOLD' >$r/etc/postfix/checks
gen() { perl "$top/tests/e2e/mailgen.pl" 2840 "$1" dsn; }
settle() {
	i=0
	while [ "$(find $q/incoming $q/active $q/maildrop -type f | wc -l)" -gt 0 ]; do
		i=$((i + 1))
		[ $i -lt 300 ] || return 1
		sleep 0.1
	done
}
t 'a queue is made through SMTP, half of it with long ids' 'gen 1-$((mails / 2)) &&
	in_server /usr/sbin/postconf enable_long_queue_ids=yes 2>/dev/null &&
	in_server /usr/sbin/postfix stop 2>/dev/null;
	in_server /usr/sbin/postfix start 2>/dev/null && await 2840 &&
	gen $((mails / 2 + 1))-$mails && settle;
	in_server /usr/sbin/postfix stop 2>/dev/null
	n=$(find $q/deferred $q/hold -type f | wc -l) && echo "$n messages" &&
	[ "$n" -ge $((mails * 8 / 10)) ]'

# Files with short ids get older, in their first T record; the ages stay away
# from where a band ends.
t 'half of it is made older' '
	find $q/deferred $q/hold -type f ! -name "*z*" | sort | perl -ne "
		chomp; open my \$f, \"+<\", \$_ or die; binmode \$f; read \$f, my \$h, 120;
		\$h =~ /\\A(C.{96}T.)(\\d{10})/s or die \"\$_\\n\";
		\$age = 150 * 2 ** (\$n++ % 11);
		seek \$f, length \$1, 0; print \$f time - \$age"'

qshape() { perl "$r/usr/sbin/qshape" -w 300 "$@" $q/maildrop $q/incoming $q/active $q/deferred $q/hold; }
theirs() { sed 1d | awk '{ printf "%s", tolower($1); for (i = 2; i <= NF; i++) printf " %s", $i; print "" }' | sed 's/^mailer-daemon /<> /' | LC_ALL=C sort; }
ours() { jq -r "[.$1, (.recipients // .entries), .\"5m\", .\"10m\", .\"20m\", .\"40m\", .\"80m\", .\"160m\", .\"320m\", .\"640m\", .\"1280m\", .older] | map(tostring) | join(\" \")" out | LC_ALL=C sort; }
t 'by domain of the recipients, each band is the same' '
	qshape | theirs >want && run 0 spoolstat --by domain -n 0 -o ndjson $q &&
	ours domain >got && cat want && [ "$(wc -l <want)" -ge 4 ] && diff want got'
t 'by domain of the sender, too' '
	qshape -s | theirs >want && run 0 spoolstat --by sender -n 0 -o ndjson $q &&
	ours sender >got && [ "$(wc -l <want)" -gt 2 ] && diff want got'
t 'without reading them, the messages have the same ages' '
	qshape -s | theirs | grep "^total" >want && run 0 spoolstat -o ndjson $q &&
	ours folder | grep "^total" >got && diff want got &&
	jq -es "map(select(.folder == \"deferred\"))[0].entries == $(find $q/deferred -type f | wc -l)" out'
t_done
