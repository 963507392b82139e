#!/bin/sh
# relaytest against real servers, configured in each way that matters.
. "$(dirname "$0")/servers.sh"
box postfix exim
. "$(dirname "$0")/lib.sh"

verdicts() { jq -r "select(.verdict == \"$1\") | .test" out | tr '\n' ' '; }
try() {
	want=$1 port=$2
	shift 2
	run "$want" relaytest --pause 0 --helo me.example.net -o ndjson \
	    --server-name mail.example.org -r user@remote.example \
	    --timeout 20 "$@" 127.0.0.1:"$port"
}
openssl req -x509 -newkey rsa:2048 -nodes -subj /CN=mail.example.org \
    -keyout key.pem -out cert.pem -days 2 2>/dev/null

closed='mynetworks = 192.0.2.0/24
smtpd_relay_restrictions = permit_mynetworks permit_sasl_authenticated
    reject_unauth_destination'
tls='smtpd_tls_cert_file = /etc/postfix/cert.pem
smtpd_tls_key_file = /etc/postfix/key.pem
smtpd_tls_security_level = may'
start_auth() {
	server_root postfix pa &&
	cp key.pem cert.pem /mnt/pa/root/etc/postfix/ &&
	{ perl "$top/tests/e2e/auth.pl" /mnt/pa/root/tmp/auth & } &&
	postfix_start pa 2513 "$closed
$tls
smtpd_tls_auth_only = yes
smtpd_sasl_auth_enable = yes
smtpd_sasl_type = dovecot
smtpd_sasl_path = /tmp/auth"
}
postfix_start pc 2511 "$closed" & starting=$!
postfix_start po 2512 'mynetworks = 0.0.0.0/0' & starting="$starting $!"
postfix_start pp 2514 "mynetworks = 192.0.2.0/24
allow_untrusted_routing = yes
smtpd_relay_restrictions = check_recipient_access
    inline:{{mail.example.org = OK}, {example.org = OK}}, reject_unauth_destination"
# A gateway that passes routes on to the server inside, which trusts it and
# delivers: mail for remote.example ends in a maildir.
postfix_start pg 2515 "mynetworks = 192.0.2.0/24
allow_untrusted_routing = yes
allow_percent_hack = yes
mydestination =
relay_domains = mail.example.org, example.org
relay_transport = smtp:[127.0.0.1]:2516
smtpd_relay_restrictions = reject_unauth_destination" &
starting="$starting $!"
postfix_start pi 2516 'mynetworks = 127.0.0.0/8
mydestination = mail.example.org, example.org
default_transport = virtual
virtual_mailbox_domains =
virtual_mailbox_base = /tmp
virtual_mailbox_maps = inline:{user@remote.example=box/}
virtual_uid_maps = static:901
virtual_gid_maps = static:901
virtual_minimum_uid = 1' & starting="$starting $!"
start_auth
exim='primary_hostname = mail.example.org
tls_advertise_hosts =
domainlist local_domains = mail.example.org : example.org
acl_smtp_rcpt = rcpt
'
exim_start ec 2521 "$exim
begin acl
rcpt:
  accept domains = +local_domains
  deny message = relay not permitted
"
exim_start eo 2522 "$exim
begin acl
rcpt:
  accept
"
exim_start ea 2523 "$exim
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
  server_condition = \${if and {{eq{\$auth2}{bob}}{eq{\$auth3}{s3cret}}}}
  server_set_id = \$auth2
"
exim_start ep 2524 "percent_hack_domains = mail.example.org : example.org
$exim
begin acl
rcpt:
  accept domains = +local_domains
  deny message = relay not permitted
"

wait $starting

plain='M1 M2 M3 M4 M5 N1 N2 N3 N4 N12 N13 A1 A3b A4 '
hidden='M6 M7 N5 N6 N7 N8 N9 N10 N11 N14 N15 N16 A2 A3a A3c A3d A3e '
all='M1 M2 M3 M4 M5 M6 M7 N1 N2 N3 N4 N5 N6 N7 N8 N9 N10 N11 N12 N13 N14 N15 N16 A1 A2 A3a A3b A3c A3d A3e A4 '

# table OPEN ACCEPTED: the verdicts of out; all the rest is closed.
table() {
	[ "$(verdicts open)" = "$1" ] || { verdicts open; return 1; }
	[ "$(verdicts 'accepted (not proof)')" = "$2" ] ||
	    { verdicts 'accepted (not proof)'; return 1; }
	rest=$(for x in $all; do
		case " $1$2" in *" $x "*) ;; *) printf '%s ' "$x" ;; esac
	done)
	[ "$(verdicts closed)" = "$rest" ] || { verdicts closed; return 1; }
}

t 'Postfix, closed: closed for all' 'try 0 2511 && table "" ""'
t 'Postfix, open: open for all that can prove it' '
	try 1 2512 && table "$plain" "$hidden"'
t 'Postfix, for those who authenticate: closed to strangers' '
	try 0 2513 && table "" ""'
t 'and open to bob, by STARTTLS' '
	echo s3cret >secret && exec 7<secret &&
	try 0 2513 --auth bob --password-fd 7 --transcript script &&
	has "may relay, as it should" errs &&
	has "^> STARTTLS" script && has "^> AUTH PLAIN \*\*\*" script &&
	hasnt s3cret script'
t 'and not to a wrong password, nor without TLS' '
	echo wrong >secret && exec 7<secret &&
	try 3 2513 --auth bob --password-fd 7 && has "let us in: 535" errs &&
	echo s3cret >secret && exec 7<secret &&
	try 3 2513 --auth bob --password-fd 7 --no-tls &&
	has "no AUTH mechanism" errs'
t 'Postfix that takes routes from strangers: three forms get in' '
	try 3 2514 && table "" "A3c A3d A3e " && try 0 2514 --rcpt-only'
t 'Postfix that passes routes on: percent, bang, quotes and two @ get in' '
	try 3 2515 && table "" "N6 N11 N16 A3c A3d A3e " &&
	try 0 2515 --rcpt-only'
t 'and with a server behind it that follows them each is proven open' '
	chmod 1777 /mnt/pi/root/tmp &&
	try 1 2515 --deliver user@remote.example \
	    --watch /mnt/pi/root/tmp/box --wait 120 &&
	table "N6 N11 N16 A3c A3d A3e " "" &&
	[ "$(ls /mnt/pi/root/tmp/box/new | wc -l)" -eq 6 ] &&
	jq -es "map(select(.verdict == \"open\") | .reply) | unique ==
	    [\"the message arrived\"]" out'
t 'the queue of a Postfix that follows routes is proof as well' '
	try 1 2512 --deliver user@remote.example --test M6 --test M7 \
	    --watch /mnt/po/root/var/spool/postfix --wait 120 &&
	[ "$(verdicts open)" = "M6 M7 " ]'
t 'Exim, closed: what it takes for local names is no proof' '
	try 3 2521 && table "" "N6 N16 A3d A3e " && try 0 2521 --rcpt-only'
t 'Exim, open: open; literals and names without a domain it does not know' '
	try 1 2522 && table "M1 M3 M4 N1 N2 N3 N13 A1 A3b A4 " \
	    "N6 N16 A3d A3e "'
t 'Exim, for those who authenticate: closed to strangers, open to bob' '
	echo s3cret >secret && exec 7<secret &&
	try 3 2523 --auth bob --password-fd 7 --auth-in-clear &&
	table "" "N6 N16 A3d A3e " && has "may relay, as it should" errs'
t 'Exim with percent_hack_domains looks behind the percent' '
	try 3 2524 && table "" "N16 A3d A3e "'

printf '%s\n' '127.0.0.1 mail.other.example mail.asked.example' \
    '127.0.0.1 mx.example.org mail.example.org' >hosts
mount --bind hosts /etc/hosts
t 'a name that leads into another domain is not followed' '
	run 2 relaytest -r user@remote.example mail.asked.example:2511 &&
	has "mail.asked.example is an alias of mail.other.example: ask" errs &&
	[ ! -s out ] && run 0 relaytest -r user@remote.example --pause 0 \
	    --test M1 mail.example.org:2511 && has "^mail.example.org \[127.0.0.1\]: closed" &&
	run 2 relaytest -r user@remote.example --address 127.0.0.9 \
	    mail.example.org:2511 && has "is not at 127.0.0.9" errs'

t_done
