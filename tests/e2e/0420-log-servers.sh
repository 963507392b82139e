#!/bin/sh
# spoollog on logs that Postfix and Exim themselves wrote.
. "$(dirname "$0")/servers.sh"
box postfix exim
. "$(dirname "$0")/lib.sh"

# client PORT ADDRESS HELO ACCOUNT PASSWORD SENDER RECIPIENT ...
# One session from that address; account "-": none.  A recipient that is
# refused is left out.
client() {
	perl -MIO::Socket::INET -MMIME::Base64 -e '
		my ($port, $from, $helo, $account, $password, $sender, @to) = @ARGV;
		my $s = IO::Socket::INET->new(PeerAddr => "127.0.0.1",
		    PeerPort => $port, LocalAddr => $from, Timeout => 20)
		    or die "$port: $!";
		sub ask { print $s "$_[0]\r\n" if defined $_[0]; my $l;
			do { $l = <$s> // "" } while $l =~ /^\d\d\d-/;
			$l =~ /^(\d)/ ? $1 : 0 }
		ask(); ask("EHLO $helo");
		ask("AUTH PLAIN " . encode_base64("\0$account\0$password", ""))
		    if $account ne "-";
		ask("MAIL FROM:<$sender>");
		my $taken = grep { ask("RCPT TO:<$_>") == 2 } @to;
		if ($taken) { ask("DATA");
			ask("From: $sender\r\nSubject: x\r\n\r\nText.\r\n."); }
		ask("QUIT");' "$@"
}

# The same mail to each server: bob twice, two wrong passwords and then the
# right one from elsewhere, a stranger who writes to us, one who would relay.
talk() {
	client "$1" 127.0.0.2 pc2 bob s3cret bob@example.org a@example.net b@example.net
	client "$1" 127.0.0.2 pc2 bob s3cret bob@example.org c@example.net
	client "$1" 127.0.0.3 evil bob wrong x@example.com
	client "$1" 127.0.0.3 evil bob guess x@example.com
	client "$1" 127.0.0.3 evil bob s3cret x@example.com d@example.net e@example.net f@example.net
	client "$1" 127.0.0.4 mx4 - - friend@example.net bob@example.org
	client "$1" 127.0.0.5 probe - - y@example.com g@example.net h@example.net
}

server_root postfix p && { perl "$top/tests/e2e/auth.pl" /mnt/p/root/tmp/auth & }
postfix_start p 2601 'mynetworks = 192.0.2.0/24
smtpd_relay_restrictions = permit_mynetworks permit_sasl_authenticated
    reject_unauth_destination
mydestination = example.org
smtpd_sasl_auth_enable = yes
smtpd_sasl_type = dovecot
smtpd_sasl_path = /tmp/auth' || echo "# postfix did not start"
exim_start e 2602 'primary_hostname = mail.example.org
tls_advertise_hosts =
domainlist local_domains = example.org
acl_smtp_rcpt = rcpt
begin acl
rcpt:
  accept domains = +local_domains
  accept authenticated = *
  deny message = relay not permitted
begin authenticators
plain:
  driver = plaintext
  public_name = PLAIN
  server_prompts = :
  server_condition = ${if and {{eq{$auth2}{bob}}{eq{$auth3}{s3cret}}}}
  server_set_id = $auth2
' || echo "# exim did not start"
talk 2601
talk 2602
sleep 2
cp /mnt/p/root/var/log/postfix.log postfix.log
cp /mnt/e/root/var/log/exim4/mainlog exim.log
chroot /mnt/p/root /usr/sbin/postfix stop >/dev/null 2>&1

rows() {
	# 127.0.0.1 is who waited for the server to come up
	spoollog --list "$1" -o ndjson "$2.log" 2>errs |
	    jq -r "select(.client != \"127.0.0.1\") | $3" | sort
}
both() {
	for s in postfix exim; do
		[ "$(rows "$1" $s "$2")" = "$3" ] || { echo "$s:"; rows "$1" $s "$2"; exit 1; }
	done
}

t 'accounts at clients are those that the clients used, each message and recipient' '
	both pairs "\"\(.account) \(.client) \(.messages) \(.recipients)\"" "bob 127.0.0.2 2 3
bob 127.0.0.3 1 3"'
t 'clients are those that came, with what they were refused' '
	both clients "\"\(.client) \(.messages) \(.recipients) \(.refused) \(.failed)\"" "127.0.0.2 2 3 0 0
127.0.0.3 1 3 0 2
127.0.0.4 1 1 0 0
127.0.0.5 0 0 2 0"'
t 'the guess that succeeded is told' '
	for s in postfix exim; do
		run 0 spoollog $s.log && has "127.0.0.3 .* 2 failed.*, then the right one, 20" || { echo $s; exit 1; }
	done'
t 'every refusal was for relaying' '
	both relays "\"\(.client) \(.denied)\"" "127.0.0.5 2"'
t 'no password comes out' '
	for s in postfix exim; do spoollog -v $s.log; spoollog --list guesses -o ndjson $s.log; done >all 2>&1
	hasnt s3cret all && hasnt guess\" all'
t_done
