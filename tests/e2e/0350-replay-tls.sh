#!/bin/sh
# A replay over TLS with AUTH to Postfix, and over LMTP to the sink that
# comes with it.
here=$(cd "$(dirname "$0")" && pwd)
. "$here/servers.sh"
box postfix
. "$here/lib.sh"

perl "$top/tests/replay/box.pl" spool old 6
find "$work/old/In" -type f | sort >list
openssl req -x509 -newkey rsa:2048 -nodes -subj /CN=mail.example.org \
    -addext subjectAltName=IP:127.0.0.1 -keyout key.pem -out cert.pem \
    -days 2 2>/dev/null
echo s3cret >password
echo wrong >wrong
in_postfix() { chroot /mnt/one/root "$@"; }
queued() { in_postfix /usr/sbin/postqueue -p | grep -c '^[0-9A-F]\{6,\}'; }
replay() { spoolreplay -c case.db --tries 1 --stall 20 --commit "$@" - <list >out 2>errs; }

server_root postfix one && cp key.pem cert.pem /mnt/one/root/etc/postfix/
perl "$top/tests/e2e/auth.pl" /mnt/one/root/tmp/auth &
auth=$!
postfix_start one 2525 'mynetworks = 192.0.2.0/24
smtpd_relay_restrictions = permit_sasl_authenticated reject_unauth_destination
smtpd_tls_cert_file = /etc/postfix/cert.pem
smtpd_tls_key_file = /etc/postfix/key.pem
smtpd_tls_security_level = may
smtpd_tls_auth_only = yes
smtpd_sasl_auth_enable = yes
smtpd_sasl_type = dovecot
smtpd_sasl_path = /tmp/auth' \
    '127.0.0.1:2465 inet n - n - - smtpd -o smtpd_tls_wrappermode=yes' >/dev/null

t 'a certificate that nobody vouches for stops it, and nothing is sent' '
	replay --to smtp://127.0.0.1:2525 --user bob --password-file password --tls-verify
	[ $? = 4 ] && has "certificate" errs && [ "$(queued)" = 0 ]'
t 'a wrong password stops it, says so and is not shown' '
	replay --to smtp://127.0.0.1:2525 --user bob --password-file wrong
	[ $? = 4 ] && has "did not let bob in: .*authentication failed" errs && ! has wrong errs &&
	[ "$(queued)" = 0 ]'
t 'without AUTH the server refuses each recipient, and that is told' '
	head -n 1 list >one && spoolreplay -c no.db --to smtp://127.0.0.1:2525 --tries 1 \
	    --commit - <one >out 2>errs
	[ $? = 3 ] && has "554 5.7.1" errs && [ "$(queued)" = 0 ]'
t 'with STARTTLS, a good certificate and AUTH each message is queued once' '
	replay --to smtp://127.0.0.1:2525 --user bob --password-file password \
	    --tls-verify --tls-ca cert.pem && has "6 taken" && [ "$(queued)" = 6 ]'
t 'the same by TLS from the start, from another case' '
	rm -f case.db* && replay --to smtps://127.0.0.1:2465 --user bob \
	    --password-file password --tls-verify --tls-ca cert.pem --connections 2 &&
	[ "$(queued)" = 12 ]'
t 'the server took each inside TLS and from an account' '
	for id in $(in_postfix /usr/sbin/postqueue -p | grep -o "^[0-9A-F]\{6,\}"); do
		in_postfix /usr/sbin/postcat -hq "$id"; done >heads &&
	[ "$(grep -c "with ESMTPSA" heads)" = 12 ]'

# The commands named after -f are refused for good.
sink() {
	mkdir -p /mnt/one/root/tmp/got && chmod 777 /mnt/one/root/tmp/got
	chroot /mnt/one/root /usr/sbin/smtp-sink -L -u nobody -R /tmp/got -d m. "$@" \
	    127.0.0.1:2424 20 >sink.log 2>&1 &
	sink=$!
	await 2424
}
t 'LMTP: each message arrives once, with its envelope' '
	sink && rm -f case.db* && replay --to lmtp://127.0.0.1:2424 --connections 2
	s=$?; kill $sink; cat errs
	[ $s = 0 ] && cat /mnt/one/root/tmp/got/* >got &&
	[ "$(grep -c "^X-Mail-Args: <s[1-6]@example.com>" got)" = 6 ] &&
	[ "$(grep "^X-Rcpt-Args: <r" got | sort -u | wc -l)" = 12 ] &&
	[ "$(grep -c "^X-Rcpt-Args:" got)" = 12 ]'
t 'LMTP: what is refused after the dot is told for each recipient' '
	sink -f . && rm -f case.db* && replay --to lmtp://127.0.0.1:2424
	s=$?; kill $sink
	[ $s = 3 ] && [ "$(grep -c "@example.net: 5" errs)" = 12 ]'
kill "$auth"

t_done
