#!/bin/sh
# spoolpolicy: what rules would have done, importers, and advice.
. "$(dirname "$0")/lib.sh"

"$B/scripts/make-incident" -n 4000 -s 7 inc >/dev/null 2>&1
"$B/scripts/make-incident" -n 3000 -s 7 --variant gateway gw >/dev/null 2>&1
spoolscan -s inc/site.conf -c case.db inc >/dev/null 2>&1
spoolscan -s gw/site.conf -c gw.db gw >/dev/null 2>&1
policy() { s=$1; shift; run "$s" spoolpolicy -s inc/site.conf "$@"; }
count() { jq -r "select(.policy == \"$1\" and .class == \"$2\") | .$3" out; }

t 'the list that is suggested stops 99 % of the relaying and loses no legit' '
	policy 0 -c case.db --suggest -o ndjson &&
	[ "$(count suggested legit refused)" -eq 0 ] &&
	[ "$(count suggested legit partly)" -eq 0 ] &&
	[ "$(count suggested relay refused)" -gt 1000 ] &&
	count suggested relay stops | perl -ne "exit !(\$_ >= 99)"'

t 'no client that relayed or spammed is let in by it' '
	policy 0 -c case.db --suggest &&
	sed -n "/^\[policy\]/,/^\$/p" out >rules.conf && [ -s rules.conf ] &&
	sqlite3 case.db "SELECT DISTINCT client FROM entries WHERE class IN
	    ('"'relay', 'spam'"') AND client > '"''"' AND account IS NULL" |
	    tr " " "\n" | sort -u | sed "s/\$/ - x@far.example y@far.example/" >asks &&
	[ "$(wc -l <asks)" -gt 20 ] &&
	policy 0 -p rules.conf --ask asks && hasnt permit'

t 'an open relay stops nothing, and the difference is told' '
	printf "[policy]\nrules = permit\n" >open.conf &&
	policy 0 -c case.db -p open.conf --against rules.conf &&
	has "^stops 0.0 % of relay" && has "allowed, then refused" &&
	hasnt "refused, then allowed" &&
	policy 0 -c case.db -p open.conf --against rules.conf -o ndjson &&
	[ "$(count now relay refused)" -eq 0 ] &&
	a=$(count against relay refused) && p=$(count against relay partly) &&
	[ "$(count now relay allowed)" -eq $((a + p + $(count against relay allowed))) ]'
t 'the difference is the one that single questions give' '
	printf "[policy]\nrules =\n permit client 10.1.0.0/16\n permit recipient ours\n refuse\n" >a.conf &&
	printf "[policy]\nrules =\n refuse not recipient ours\n permit\n" >b.conf &&
	one="recipients = 1 AND client <> '"''"' AND client NOT LIKE '"'% %'"' AND rcpt NOT LIKE '"'% %'"' AND reason <> '"'legit/forward'"'" &&
	sqlite3 -separator " " case.db "SELECT class, client, coalesce(nullif(account, '"''"'), '"'-'"'), sender, rcpt
	    FROM entries WHERE $one AND sender NOT LIKE '"'% %'"'" >rows && cut -d " " -f 2- rows >asks &&
	[ "$(wc -l <asks)" -gt 500 ] && policy 0 -p a.conf --ask asks && cut -f 1 out >a &&
	policy 0 -p b.conf --ask asks && cut -f 1 out >b &&
	paste -d " " a b rows | awk "\$1 != \$2 { n[\$1 \$3]++ } END {
	    printf \"%d %d %d %d\\n\", n[\"permitrelay\"], n[\"permitlegit\"], n[\"refuserelay\"], n[\"refuselegit\"] }" >want &&
	policy 0 -c case.db -w "$one AND sender NOT LIKE '"'% %'"'" -p a.conf --against b.conf &&
	awk "/allowed, then refused/ { a = \$1; b = \$4 } /refused, then allowed/ { c = \$1; d = \$4 }
	    END { printf \"%d %d %d %d\\n\", a, b, c, d }" out >got && diff want got && hasnt "^0 0 0 0" got'
t 'rules against themselves do not differ' '
	policy 0 -c case.db -p rules.conf --against rules.conf &&
	has "^ *none$"'

t 'rules that lose wanted mail name the client, and why' '
	printf "[policy]\nrules =\n permit authenticated\n permit recipient ours\n refuse\n" >strict.conf &&
	policy 0 -c case.db -p strict.conf && has "refuses [1-9][0-9]* legit" &&
	has "from 10.1.[0-9.]*: in no list, and did not authenticate"'

t 'the gateway is named, and what a list with it would do' '
	run 0 spoolpolicy -s gw/site.conf -c gw.db --suggest &&
	has "^gateway: 10.1.0.254 brought" &&
	has "^With it on the list that is suggested 0.0 % of relay would be stopped, without it \(99.[0-9]\|100.0\) %" && has "^stops \(99.[0-9]\|100.0\) % of relay" &&
	sed -n "/^\[policy\]/,/^\$/p" out >gw.conf &&
	echo "10.1.0.254 - a@b.example c@far.example" >asks &&
	run 0 spoolpolicy -s gw/site.conf -p gw.conf --ask asks && has "^refuse"'
t 'without a gateway none is named' 'policy 0 -c case.db --suggest && hasnt ^gateway:'
t 'a condition chooses entries; none is status 1' '
	policy 1 -c case.db -p open.conf -w "class = '"'nothing'"'"'

# ---- importers ----

# asked RULES CLIENT ACCOUNT SENDER RCPT VERDICT
asked() {
	echo "$2 $3 $4 $5" >one
	policy 0 -p "$1" --ask one && has "^$6" ||
	    { echo "$2 $3 $4 $5: not $6"; cat out errs; return 1; }
}

cat >main.cf <<'END'
# a comment
nets = 192.0.2.0/24,
  # in between
	!198.51.100.7 198.51.100.0/24
mynetworks = $nets [2001:db8::]/32
myhostname = mail.example.org
relay_domains = ${mydomain}
smtpd_sasl_auth_enable = yes
smtpd_relay_restrictions = permit_mynetworks, permit_sasl_authenticated,
	check_client_access cidr:/etc/postfix/clients
	reject_rbl_client bl.example, reject_unauth_destination
END
printf '# partners\n203.0.113.0/28 OK\n203.0.113.0/24\n\tREJECT no\n' >clients
t 'main.cf: comments, continuations, names in values, tables' '
	asked main.cf 192.0.2.1 - a@b.example c@far.example permit &&
	asked main.cf 198.51.100.7 - a@b.example c@far.example refuse &&
	asked main.cf 198.51.100.8 - a@b.example c@far.example permit &&
	asked main.cf 2001:db8::1 - a@b.example c@far.example permit &&
	asked main.cf 203.0.113.1 - a@b.example c@far.example permit &&
	asked main.cf 203.0.113.99 - a@b.example c@example.org refuse &&
	asked main.cf 10.0.0.1 bob a@b.example c@far.example permit &&
	asked main.cf 10.0.0.1 - a@b.example c@x.example.org permit &&
	asked main.cf 10.0.0.1 - a@b.example d%far.example@example.org refuse &&
	has "reject_rbl_client" errs'
t 'main.cf: a table of recipients speaks of the end of a route we follow' '
	{ echo "mydestination = example.org, example.net"
	  echo "relay_domains = partner.example"
	  echo "smtpd_relay_restrictions = check_recipient_access hash:/rcpt,"
	  echo "  reject_unauth_destination"; } >routes.cf &&
	printf "a@far.example OK\nfar.example REJECT\nb@partner.example DUNNO\npartner.example OK\nexample.net REJECT\n" >rcpt &&
	asked routes.cf 10.0.0.1 - x@b.example a%far.example@example.org permit &&
	asked routes.cf 10.0.0.1 - x@b.example far.example!b@example.net refuse &&
	asked routes.cf 10.0.0.1 - x@b.example c%partner.example@example.org permit &&
	asked routes.cf 10.0.0.1 - x@b.example b%example.net@example.org refuse &&
	asked routes.cf 10.0.0.1 - x@b.example b%example.net@partner.example refuse &&
	asked routes.cf 10.0.0.1 - x@b.example c@partner.example permit &&
	asked routes.cf 10.0.0.1 - x@b.example c@example.net refuse'
t 'main.cf: long lists and tables are read in a moment; a huge table is refused' '
	{ printf "mydestination ="; seq -f " d%g.example.org" 500
	  echo "smtpd_relay_restrictions = check_recipient_access hash:/rcpt,"
	  echo "  reject_unauth_destination"; } >wide.cf &&
	{ seq -f "d%g.example.org OK" 500; seq -f "u%g@example.org REJECT" 500; } >rcpt &&
	bound 0 20 900000 spoolpolicy -s inc/site.conf -p wide.cf --print &&
	seq -f "u%g@example.org REJECT" 20001 >rcpt &&
	bound 4 20 900000 spoolpolicy -s inc/site.conf -p wide.cf --print &&
	has "wide.cf:501: .check_recipient_access.: a table of more than 20000" errs'
t 'main.cf: a bad network and an endless name have a line' '
	printf "\nmynetworks = 10.0.0.0/99\n" >bad.cf &&
	policy 4 -p bad.cf --print && has "bad.cf:2: .10.0.0.0/99. is not a network" errs &&
	printf "mynetworks = \$a\$a\na=\$b\$b\nb=\$a\n" >bad.cf &&
	policy 4 -p bad.cf --print && has "deep" errs &&
	printf " x = y\n" >bad.cf && policy 4 -p bad.cf --print &&
	has "bad.cf:1: continues nothing" errs &&
	printf "a = b\nwhat\n" >bad.cf && policy 4 -p bad.cf --print &&
	has "bad.cf:2: no" errs &&
	printf "mynetworks = \${a?b}\n" >bad.cf && policy 4 -p bad.cf --print &&
	has "conditional values are not read" errs'
t 'main.cf: what a table or a file has wrong is told with its name and line, once' '
	printf "mynetworks = 10.0.0.0/8 cidr:/etc/postfix/nets\nmydestination = /etc/postfix/dests, hash:/x/keys\nrelay_domains = hash:/x/keys\nsmtpd_relay_restrictions = permit_mynetworks, check_client_access hash:/x/cl, reject_unauth_destination\n" >f.cf &&
	printf "# nets\n192.0.2.0/24 trusted\n" >nets && printf "a.example\n\nb.example\n" >dests &&
	printf "c.example anything\n" >keys && printf "\n203.0.113.7 maybe\n" >cl &&
	asked f.cf 192.0.2.9 - a@b.example c@far.example permit &&
	[ "$(grep -c "is not understood" errs)" = 1 ] && has "cl:2: .maybe. in a table" errs &&
	asked f.cf 203.0.113.9 - a@b.example c@c.example permit &&
	printf "# nets\n192.0.2.1/24 trusted\n" >nets && policy 4 -p f.cf --print &&
	has "nets:2: .192.0.2.1/24. has bits outside its mask" errs &&
	printf "192.0.2.0/255.255.255.0 x\n" >nets && policy 4 -p f.cf --print &&
	has "nets:1: .192.0.2.0/255.255.255.0. is not a network" errs &&
	echo >nets && printf "a.example\n\n b/example\n" >dests && policy 4 -p f.cf --print &&
	has "dests:3: .b/example. is not a domain" errs &&
	for net in 10.0.0.1/8 10.0.0.0/255.0.0.0 "10.0.0.0;255.0.0.0" 10.0.0.0/33 "[2001:db8::1]/32" 0.0.0.0/1.2.3.4; do
		printf "\nmynetworks =\n $net\nsmtpd_relay_restrictions = permit_mynetworks, reject\n" >bad.cf
		policy 4 -p bad.cf --print && has "bad.cf:2: " errs || exit 1
	done
	printf "192.0.2.7\n!192.0.2.8\n" >nots && printf "b.example\n" >dests &&
	printf "mynetworks = !/etc/postfix/nots 192.0.2.0/24\nmydestination = !/x/dests b.example c.example\nsmtpd_relay_restrictions = permit_mynetworks, reject_unauth_destination\n" >f.cf &&
	asked f.cf 192.0.2.7 - a@b.example c@far.example refuse &&
	asked f.cf 192.0.2.8 - a@b.example c@far.example permit &&
	asked f.cf 192.0.2.9 - a@b.example c@far.example permit &&
	asked f.cf 203.0.113.9 - a@b.example c@b.example refuse &&
	asked f.cf 203.0.113.9 - a@b.example c@c.example permit &&
	printf "mynetworks = 0.0.0.0/0 [::]/0\nsmtpd_relay_restrictions = permit_mynetworks, reject\n" >all.cf &&
	asked all.cf 2001:db8::9 - a@b.example c@far.example permit'

# ---- tables that are not here ----

# open RULES CLIENT ACCOUNT SENDER RCPT VERDICT: of rules that are not whole
open() {
	echo "$2 $3 $4 $5" >one
	policy 3 -p "$1" --ask one && has "^$6" ||
	    { echo "$2 $3 $4 $5: not $6"; cat out errs; return 1; }
}

mkdir -p gone && cat >gone/main.cf <<'END'
mynetworks = 192.0.2.0/24, hash:/nowhere/nets
mydestination = example.org
virtual_mailbox_domains = proxy:mysql:/etc/postfix/domains.cf
smtpd_sasl_auth_enable = yes
smtpd_relay_restrictions = permit_mynetworks, permit_sasl_authenticated,
	reject_unauth_destination
smtpd_recipient_restrictions = reject
END
sed '/^smtpd_rec/d' gone/main.cf >gone/relay.cf
t 'main.cf: what hangs on a table that is not here is undecided, the rest is not' '
	open gone/relay.cf 192.0.2.9 - a@b.example c@far.example permit &&
	has "relay.cf:1: /nowhere/nets: No such file or directory: what it says is not known" errs &&
	has "relay.cf:3: a mysql table is not read: what it says is not known" errs &&
	open gone/relay.cf 203.0.113.9 bob a@b.example c@far.example permit &&
	open gone/relay.cf 203.0.113.9 - a@b.example c@example.org permit &&
	open gone/relay.cf 203.0.113.9 - a@b.example c@far.example "undecided	maybe" &&
	open gone/main.cf 192.0.2.9 - a@b.example c@far.example refuse'
t 'main.cf: nor is it known what a table of clients, senders or recipients says' '
	for what in client sender recipient; do
		printf "mydestination = example.org\nsmtpd_relay_restrictions =\n check_${what}_access pcre:/x, reject_unauth_destination\n" >gone/t.cf
		open gone/t.cf 192.0.2.9 - a@b.example c@far.example undecided &&
		open gone/t.cf 192.0.2.9 - a@b.example c@example.org undecided || exit 1
	done
	mkfifo gone/pipe && printf "smtpd_relay_restrictions = check_client_access hash:/x/pipe, reject\n" >gone/t.cf &&
	bound 3 20 900000 spoolpolicy -s inc/site.conf -p gone/t.cf --print && has "gone/pipe: no file" errs &&
	printf "smtpd_client_restrictions = check_client_access hash:/nowhere/x\nsmtpd_relay_restrictions = reject\n" >gone/t.cf &&
	open gone/t.cf 192.0.2.9 - a@b.example c@far.example refuse'
t 'main.cf: what is taken out by a table that is not here is not let in' '
	for no in hash:/nowhere/x /nowhere/x; do
		printf "mynetworks = !$no 192.0.2.0/24\nmydestination = !$no example.org\nsmtpd_relay_restrictions = permit_mynetworks, permit_auth_destination, reject\n" >gone/t.cf
		open gone/t.cf 192.0.2.9 - a@b.example c@far.example undecided &&
		open gone/t.cf 203.0.113.9 - a@b.example c@example.org undecided || exit 1
	done'
t 'rules that are not whole: printed, they say the same; the figures are a range' '
	policy 3 -p gone/relay.cf --print && has "maybe permit	# relay.cf:5: permit_mynetworks" &&
	cp out gone/rules.conf &&
	open gone/rules.conf 203.0.113.9 - a@b.example c@far.example undecided &&
	policy 3 -c case.db -p gone/relay.cf && has "^stops 0.0 to 100.0 % of relay" && has undecided &&
	policy 3 -c case.db -p open.conf --against gone/relay.cf && has "allowed, then undecided" &&
	policy 3 -c case.db -p gone/relay.cf -o ndjson && has ",\"undecided\":[1-9]"'
t 'rules that are not whole: a bad form of maybe is refused' '
	printf "[policy]\nrules = maybe permit\n" >gone/bad.conf &&
	policy 4 -p gone/bad.conf --print && has "has no condition" errs &&
	printf "[policy]\nrules = maybe then refuse\n" >gone/bad.conf &&
	policy 4 -p gone/bad.conf --print && has ".then. is not permit or refuse" errs'
# exim LOCAL RELAY: a configuration with such lists, in gone/exim.conf
exim() {
	cat >gone/exim.conf <<-END
	domainlist local_domains = $1
	hostlist relay_from_hosts = $2
	acl_smtp_rcpt = check
	begin acl
	check:
	  accept hosts = +relay_from_hosts
	  deny !domains = +local_domains
	  accept
	END
}
t 'Exim: what hangs on a file or lookup that is not here is undecided, the rest is not' '
	for no in "lsearch;/nowhere/x" "dsearch;/nowhere" /nowhere/x "\${lookup mysql{SELECT 1}}"; do
		exim "example.org : $no" "192.0.2.0/24" &&
		open gone/exim.conf 192.0.2.9 - a@b.example c@far.example permit &&
		has "what it says is not known" errs &&
		open gone/exim.conf 203.0.113.9 - a@b.example c@example.org permit &&
		open gone/exim.conf 203.0.113.9 - a@b.example c@far.example undecided || exit 1
	done
	for no in "net-iplsearch;/nowhere/x" /nowhere/x "\${lookup pgsql{SELECT 1}}"; do
		exim "example.org" "192.0.2.0/24 : $no" &&
		open gone/exim.conf 192.0.2.9 - a@b.example c@far.example permit &&
		open gone/exim.conf 203.0.113.9 - a@b.example c@example.org permit &&
		open gone/exim.conf 203.0.113.9 - a@b.example c@far.example undecided &&
		exim "example.org" "!$no : 192.0.2.0/24" &&
		open gone/exim.conf 192.0.2.9 - a@b.example c@far.example undecided || exit 1
	done
	sed "s/accept hosts/require hosts/; s/^  deny.*/  deny/" gone/exim.conf >gone/req.conf &&
	open gone/req.conf 192.0.2.9 - a@b.example c@far.example refuse'
t 'Exim: files of domains and of networks are read' '
	exim "lsearch;/etc/localdomains : !/etc/not" "net-iplsearch;/etc/relayhosts : /etc/more" &&
	printf "# ours\nexample.org: yes\n  more of it\nexample.net\n" >gone/localdomains &&
	printf "far.example # not one\n" >gone/not &&
	printf "192.0.2.0/24: x\n\"2001:db8::1\": y\n" >gone/relayhosts &&
	printf "!198.51.100.7\n198.51.100.0/24\n" >gone/more &&
	asked gone/exim.conf 192.0.2.9 - a@b.example c@far.example permit &&
	asked gone/exim.conf 2001:db8::1 - a@b.example c@far.example permit &&
	asked gone/exim.conf 198.51.100.8 - a@b.example c@far.example permit &&
	asked gone/exim.conf 198.51.100.7 - a@b.example c@far.example refuse &&
	asked gone/exim.conf 203.0.113.9 - a@b.example c@example.org permit &&
	asked gone/exim.conf 203.0.113.9 - a@b.example c@example.net permit'
t 'main.cf of a disk: its tables are those of the disk, never of this machine' '
	mkdir -p disk/etc/postfix disk/etc/mail &&
	printf "mynetworks = hash:/etc/mail/nets hash:/etc/passwd\nmydestination = /etc/hostname\nsmtpd_relay_restrictions = permit_mynetworks, reject\n" >disk/etc/postfix/main.cf &&
	echo "192.0.2.9 OK" >disk/etc/mail/nets &&
	open disk/etc/postfix/main.cf 192.0.2.9 - a@b.example c@far.example permit &&
	has "disk/etc/passwd: No such file" errs &&
	ln -s /etc/passwd disk/etc/passwd &&
	open disk/etc/postfix/main.cf 192.0.2.1 - a@b.example c@far.example undecided &&
	has "disk/etc/passwd: no file" errs &&
	rm disk/etc/passwd && mkfifo disk/etc/passwd &&
	bound 3 20 900000 spoolpolicy -s inc/site.conf -p disk/etc/postfix/main.cf --print'

t '--print gives rules that say the same' '
	policy 0 -p main.cf --print && cp out native.conf &&
	has "# main.cf:[0-9]*: permit_mynetworks" &&
	asked native.conf 198.51.100.7 - a@b.example c@far.example refuse &&
	asked native.conf 203.0.113.1 - a@b.example c@far.example permit'

cat >exim.conf <<'END'
domainlist local_domains = @ : example.org : \
    *.example.net
domainlist relay_to_domains = partner.example
hostlist relay_from_hosts = <; 127.0.0.1 ; 192.0.2.0/24; 2001:db8::/32
acl_smtp_rcpt = acl_check_rcpt
begin acl
acl_check_rcpt:
  accept hosts = :
  deny  domains = +local_domains
        local_parts = ^[.] : ^.*[@%!/|]
  # who may
  accept hosts = +relay_from_hosts
         control = submission
  accept authenticated = *
  require message = relay not permitted
          domains = +local_domains : +relay_to_domains
  accept
begin routers
END
t 'Exim: lists, their separators, require' '
	asked exim.conf 192.0.2.9 - a@b.example c@far.example permit &&
	asked exim.conf 2001:db8::9 - a@b.example c@far.example permit &&
	asked exim.conf 203.0.113.9 - a@b.example c@far.example refuse &&
	asked exim.conf 203.0.113.9 bob a@b.example c@far.example permit &&
	asked exim.conf 203.0.113.9 - a@b.example c@x.example.net permit &&
	asked exim.conf 203.0.113.9 - a@b.example c@partner.example permit &&
	asked exim.conf 203.0.113.9 - a@b.example c@x.partner.example refuse &&
	asked exim.conf 203.0.113.9 - a@b.example c%far.example@example.org refuse &&
	asked exim.conf 203.0.113.9 - a@b.example c@example.org permit'
t 'Exim: a list that is not there has a line; without an ACL nothing' '
	printf "acl_smtp_rcpt = x\nbegin acl\nx:\n accept hosts = +none\n" >bad.conf &&
	policy 4 -p bad.conf --print && has "bad.conf:4: no list .none" errs &&
	printf "domainlist a = +b\nbegin acl\n" >bad.conf &&
	policy 4 -p bad.conf --print && has "no acl_smtp_rcpt" errs &&
	printf "domainlist local_domains = example.org\n" >bad.conf &&	# of a split one
	policy 4 -p bad.conf --print && has "no acl_smtp_rcpt" errs &&
	printf "hostlist a = +a\nacl_smtp_rcpt=x\nbegin acl\nx:\n accept hosts = +a\n" >bad.conf &&
	policy 4 -p bad.conf --print && has "deep" errs'

cat >macros.conf <<'END'
LOCAL = @:localhost.example
NETS=: 127.0.0.1 : ::::1 : 192.0.2.0/24
.ifndef CHECK
CHECK = acl_check_rcpt
.endif
.ifdef NETS
LOCAL == LOCAL : example.org
.else
LOCAL == *
.endif
primary_hostname = mail.example.net
domainlist local_domains = LOCAL
hostlist relay_from_hosts = NETS
hostlist strangers = !+relay_from_hosts
acl_smtp_rcpt = CHECK
begin acl
acl_check_rcpt:
  deny hosts = +strangers : !10.0.0.0/8
       domains = far.example
  accept domains = +local_domains
         endpass
         verify = recipient
  accept hosts = !192.0.2.66 : ! +strangers
END
t 'Exim: macros, branches, lists that say no, the name of the server' '
	asked macros.conf 203.0.113.9 - a@b.example c@mail.example.net permit &&
	asked macros.conf 203.0.113.9 - a@b.example c@example.org permit &&
	asked macros.conf 203.0.113.9 - a@b.example c@localhost.example permit &&
	asked macros.conf 203.0.113.9 - a@b.example c@example.com refuse &&
	asked macros.conf 192.0.2.9 - a@b.example c@example.com permit &&
	asked macros.conf 192.0.2.9 - a@b.example c@far.example refuse &&
	asked macros.conf 192.0.2.66 - a@b.example c@example.com refuse &&
	asked macros.conf 10.0.0.9 - a@b.example c@far.example refuse &&
	has "verify = recipient. is not tried, and taken to hold" errs'
t 'Exim: what cannot be read has a line' '
	printf ".include /etc/x\nacl_smtp_rcpt=x\n" >bad.conf &&
	policy 4 -p exim:bad.conf --print && has "bad.conf:1: ..include. is not read" errs &&
	printf "acl_smtp_rcpt = y\nbegin acl\nx:\n accept\n" >bad.conf &&
	policy 4 -p bad.conf --print && has "bad.conf:1: no ACL .y" errs &&
	printf "acl_smtp_rcpt = x\n.ifdef A\nbegin acl\nx:\n accept\n" >bad.conf &&
	policy 4 -p exim:bad.conf --print && has "bad.conf:2: no .endif" errs &&
	printf "acl_smtp_rcpt = x\n.else\nbegin acl\n" >bad.conf &&
	policy 4 -p exim:bad.conf --print && has "bad.conf:2: ..else. without" errs &&
	{ seq 11 | sed "s/.*/.ifdef A/"; echo "acl_smtp_rcpt = x"; } >bad.conf &&
	policy 4 -p exim:bad.conf --print && has "bad.conf:11: .ifdef inside" errs &&
	perl -e "print chr(65 + \$_), q{ = }, chr(66 + \$_) x 16, qq{\n} for 0 .. 5;
	    print qq{x = A\n}" >bad.conf &&
	bound 4 10 400000 spoolpolicy -p exim:bad.conf --print &&
	has "bad.conf:[0-9]*: a value of more than" errs'

reg() {		# reg FLAGS [,00]: version 4, ANSI; or two bytes a character
	perl -e 'my $w = $ARGV[1] // "";
	    sub m_ { join ",", map { sprintf("%02x", ord) . $w } split //,
	    join("\0", @_) . "\0\0" }
	    (my $allow = m_("192.0.2.0;255.255.255.0", "198.51.100.7")) =~
	    s/^(.{30})/$1\\\r\n  /;
	    printf "REGEDIT4\r\n\r\n[HKEY_LOCAL_MACHINE\\SYSTEM\\CurrentControlSet\\Services\\MSExchangeIMC\\Parameters]\r\n\"RelayFlags\"=dword:%08x\r\n\"RelayAllowList\"=hex(7):%s\r\n\"RelayDenyList\"=hex(7):%s\r\n\"TurfTable\"=hex(7):%s\r\n",
	    $ARGV[0], $allow, m_("192.0.2.66", "203.0.113.0;255.255.255.0"),
	    m_("\@spam.example", ".")' "$@"
}
reg 11 >flags11.reg
reg 1 >flags1.reg
t '.reg: deny before allow, authentication, everything else not' '
	asked flags11.reg 192.0.2.1 - a@b.example c@far.example permit &&
	asked flags11.reg 192.0.2.66 - a@b.example c@far.example refuse &&
	asked flags11.reg 198.51.100.7 - a@b.example c@far.example permit &&
	asked flags11.reg 198.51.100.8 - a@b.example c@far.example refuse &&
	asked flags11.reg 198.51.100.8 bob a@b.example c@far.example permit &&
	asked flags11.reg 203.0.113.1 - a@b.example c@example.com permit &&
	has "sender LIKE .%@spam.example" errs'
t '.reg: each filter of TurfTable is a condition that spoollist understands' '
	{	printf "REGEDIT4\n[HKLM\\\\MSExchangeIMC\\\\Parameters]\n\"RelayFlags\"=dword:1\n\"TurfTable\"=hex(7):"
		perl -e "print join q{,}, map { sprintf q{%02x}, ord } split //,
		    join(qq{\\0}, @ARGV) . qq{\\0\\0}" @QuickMail.test "#@quickmail.test" \
		    a_b%c Ann_b@x_y.example "eve@[192.0.2.7]" "@[192.0.2.8]" . \
		    "@[192_8]" "x'"'"'y" @; } >turf.reg &&
	policy 0 -p turf.reg --print && has "turf.reg:4: TurfTable: " errs &&
	[ "$(grep -c "is not understood" errs)" = 3 ] &&
	sed -n "s/.*TurfTable: -w \"\(.*\)\"/\1/p" errs >conds && [ "$(wc -l <conds)" = 7 ] &&
	has "^sender LIKE .Ann~_b@x~_y.example. ESCAPE .~.$" conds &&
	while read -r c; do
		spoollist -c case.db -w "$c" >n 2>errs || [ $? = 1 ] || exit 1
		wc -l <n
	done <conds >counts && [ "$(head -n 1 counts)" -gt 50 ] &&
	[ "$(sed -n 2p counts)" -le "$(head -n 1 counts)" ]'
t '.reg: with a deny list alone everybody else may' '
	asked flags1.reg 198.51.100.8 - a@b.example c@far.example permit &&
	asked flags1.reg 203.0.113.1 - a@b.example c@far.example refuse'
t '.reg in UTF-16 is the same' '
	reg 1 ,00 | sed "s/REGEDIT4/Windows Registry Editor Version 5.00/" |
	    perl -0777 -ne "print \"\xff\xfe\", pack(\"v*\", unpack(\"C*\", \$_))" >wide.reg &&
	asked wide.reg 203.0.113.1 - a@b.example c@far.example refuse &&
	asked wide.reg 198.51.100.8 - a@b.example c@far.example permit'
t '.reg: what is broken has a line' '
	printf "REGEDIT4\n[x]\n" >bad.reg && policy 4 -p bad.reg --print &&
	has "has no key MSExchangeIMC" errs &&
	printf "REGEDIT4\n[HKLM\\\\MSExchangeIMC\\\\Parameters]\n\"RelayFlags\"=dword:xyz\n" >bad.reg &&
	policy 4 -p bad.reg --print && has "bad.reg:3: RelayFlags" errs &&
	printf "REGEDIT4\n[HKLM\\\\MSExchangeIMC\\\\Parameters]\n\"RelayAllowList\"=hex(7):zz\n" >bad.reg &&
	policy 4 -p bad.reg --print && has "bad.reg:3: .zz. is no byte" errs &&
	printf "REGEDIT4\n[HKLM\\\\MSExchangeIMC\\\\Parameters]\n\"RelayAllowList\"=hex(7):31,\\\\\n" >bad.reg &&
	policy 4 -p bad.reg --print && has "bad.reg:3: the file ends within a value" errs'
t '.reg: quotes in names, a second control set, a list that is not there' '
	sed "s/^\"RelayFlags.*/\"a\\\\\"b\"=\"c\"\r\n&/" flags11.reg >odd.reg && grep -q "^.a..b" odd.reg &&
	asked odd.reg 192.0.2.66 - a@b.example c@far.example refuse && hasnt "not there" errs &&
	printf "[HKEY_LOCAL_MACHINE\\\\SYSTEM\\\\ControlSet002\\\\Services\\\\MSExchangeIMC\\\\Parameters]\n\"RelayFlags\"=dword:3\n" >>odd.reg &&
	asked odd.reg 192.0.2.1 - a@b.example c@far.example refuse &&
	has "another MSExchangeIMC.Parameters: the last one counts" errs &&
	has "RelayFlags asks for RelayAllowList, which is not there" errs'

# list DENIED GRANTED: an address list of IIS; each is "MASK ADDRESS ..." for
# each mask, with a comma between them.
list() {
	perl -e 'my ($at, $n, $data, @head) = (24, 0, q{});
		my @v = map { [map { [map { pack q{C4}, split /\./ } split q{ }] }
		    split /,/] } @ARGV[0, 1];
		my @size = ((map { 8 + 20 * @$_ } @v), 8, 8);
		for (@size) { push @head, $at | 0x80000000; $at += $_ }
		my $lists = q{};
		for my $l (@v) {
			$n = 0; $n += @$_ - 1 for @$l;
			$lists .= pack q{V2}, scalar @$l, $n;
			for (@$l) {
				$lists .= pack q{V5}, 2, scalar @$_, 4, 0,
				    ($at + length $data) | 0x80000000;
				$data .= join q{}, @$_;
			}
		}
		print unpack q{H*}, pack(q{V6}, @head, 1, $at) . $lists .
		    pack(q{V4}, 0, 0, 0, 0) . $data' -- "$@"
}
one=255.255.255.255
metabase() {	# metabase LIST AUTH [ATTRIBUTES]
	relay=
	[ -z "$1" ] || relay="RelayIpList=\"$1\""
	cat <<-END
	<?xml version="1.0"?><configuration><MBProperty>
	<IIsSmtpService Location="/LM/SmtpSvc" AuthFlags="AuthAnonymous | AuthBasic"/>
	<IIsSmtpServer Location="/LM/SmtpSvc/1" $relay RelayForAuth="$2" ServerBindings=":25:
	:2525:" ${3-}/>
	<IIsSmtpDomain Location="/LM/SmtpSvc/1/Domain/partner.example" RouteAction="4096"/>
	<IIsSmtpServer Location="/LM/SmtpSvc/2" AuthFlags="AuthBasic" RelayForAuth="-1" ServerBindings="192.0.2.1:587:" SecureBindings=":465:"/>
	</MBProperty></configuration>
	END
}
t 'an address list of IIS is what it is known to be' '
	[ "$(list "" "$one 192.0.2.9")" = 1800008020000080"3c00008044000080\
010000004c000000000000000000000001000000010000000200000002000000\
04000000000000004c00008000000000000000000000000000000000ffffffffc0000209" ] &&
	list "$one 192.0.2.9" "" | grep -q "^18000080340000803c00008044000080"'
metabase "$(list "" "$one 192.0.2.9")" 0 >mb.xml
metabase "" -1 >mb2.xml
t 'MetaBase.xml: the list, its servers and ports, domains that may be relayed to' '
	asked mb.xml 192.0.2.9 - a@b.example c@far.example permit &&
	asked mb.xml 192.0.2.8 - a@b.example c@far.example refuse &&
	asked mb.xml 192.0.2.8 bob a@b.example c@far.example refuse &&
	asked mb.xml 192.0.2.8 - a@b.example c@partner.example permit &&
	asked mb2.xml 192.0.2.8 bob a@b.example c@far.example permit &&
	asked mb2.xml 192.0.2.8 - a@b.example c@far.example refuse &&
	policy 0 -p mb.xml --print && has "refuse port 587 465 not authenticated" &&
	has "permit port 25 2525 client 192.0.2.9/32" &&
	has "mb.xml:6: the address in a binding" errs'
metabase "$(list "" "255.255.255.0 192.0.2.0 198.51.100.0,$one 203.0.113.9")" 0 >mb3.xml
metabase "$(list "255.255.0.0 10.1.0.0,$one 203.0.113.9" "")" 0 >mb4.xml
metabase "$(list "" "$one 0.0.0.0")" 0 "IPSecurity=\"$(list "" "255.0.0.0 10.0.0.0")\"" >mb5.xml
metabase "" 0 "RelayIpList=\"\" IPSecurity=\"$(list "$one 192.0.2.9" "")\"" >mb6.xml
t 'MetaBase.xml in UTF-16 is the same' '
	for head in "<?xml version=\"1.0\" encoding=\"UTF-16\"?>" ""; do
		{ printf "\\377\\376"; { echo "$head"; sed "1s/^<?xml[^>]*>//; s/RelayForAuth/ServerComment=\"K$(printf "\\303\\266")ln\" &/" mb.xml; } |
		    iconv -f UTF-8 -t UTF-16LE; } >wide.xml
		asked wide.xml 192.0.2.9 - a@b.example c@far.example permit &&
		asked wide.xml 192.0.2.8 - a@b.example c@far.example refuse || exit 1
	done'
t 'MetaBase.xml: groups, all except the list below, who may connect' '
	asked mb3.xml 198.51.100.77 - a@b.example c@far.example permit &&
	asked mb3.xml 203.0.113.9 - a@b.example c@far.example permit &&
	asked mb3.xml 203.0.113.8 - a@b.example c@far.example refuse &&
	asked mb4.xml 203.0.113.8 - a@b.example c@far.example permit &&
	has "mb4.xml:3: RelayIpList says all except" errs &&
	asked mb4.xml 203.0.113.9 - a@b.example c@far.example refuse &&
	asked mb4.xml 10.1.2.3 - a@b.example c@far.example refuse &&
	asked mb4.xml 10.1.2.3 - a@b.example c@example.com permit &&
	asked mb5.xml 10.1.2.3 - a@b.example c@example.com permit &&
	asked mb5.xml 10.1.2.3 - a@b.example c@far.example refuse &&
	asked mb5.xml 192.0.2.9 - a@b.example c@example.com refuse &&
	asked mb6.xml 192.0.2.8 - a@b.example c@far.example permit &&
	has "open to everybody" errs &&
	asked mb6.xml 192.0.2.9 - a@b.example c@far.example refuse'
t 'MetaBase.xml: a list that is cut, or has another word anywhere, is told' '
	l=$(list "" "255.255.255.0 192.0.2.0,$one 203.0.113.9") && n=${#l} i=0
	while [ $i -lt $n ]; do
		c=$(printf %s "$l" | head -c $i) && metabase "${c:-00}" 0 >cut.xml &&
		bound 4 5 400000 spoolpolicy -p cut.xml --print &&
		has "cut.xml:3: RelayIpList " errs || exit 1
		metabase "$c"ffffff7f"$(printf %s "$l" | tail -c +$((i + 9)))" 0 >odd.xml
		spoolpolicy -p odd.xml --print >out 2>errs
		case $? in 0|4) ;; *) cat errs; exit 1 ;; esac
		i=$((i + 8))
	done'
t 'MetaBase.xml: a list of another form, broken XML and entities are refused' '
	metabase 00112233 0 >bad.xml && policy 4 -p bad.xml --print &&
	has "bad.xml:3: RelayIpList has a form that is not known" errs &&
	metabase zz 0 >bad.xml && policy 4 -p bad.xml --print &&
	has "bad.xml:3: RelayIpList is no address list" errs &&
	echo "<IIsSmtpServer" >bad.xml && policy 4 -p bad.xml --print &&
	has "bad.xml:[12]: " errs &&
	{ echo "<!DOCTYPE a [<!ENTITY x0 \"yyyyyyyyyyyyyyyyyyyyyyyyyy\">"
	    for i in 0 1 2 3 4 5 6 7 8; do e="&x$i;"
	    echo "<!ENTITY x$((i + 1)) \"$e$e$e$e$e$e$e$e$e$e\">"; done
	    echo "]><IIsSmtpServer a=\"&x9;\"/>"; } >bomb.xml &&
	bound 4 10 400000 spoolpolicy -p bomb.xml --print'

t 'the command line is checked' '
	run 2 spoolpolicy && run 2 spoolpolicy -c case.db x &&
	run 2 spoolpolicy -s inc/site.conf -c case.db &&
	has "which rules" errs && run 2 spoolpolicy -c case.db -o csv &&
	policy 4 -c case.db -p nowhere && policy 4 -c nowhere -p open.conf'
t 'a bad question is told, and the others are answered' '
	printf "x\n192.0.2.1 - a@b.example c@far.example\n" >asks &&
	policy 3 -p open.conf --ask asks && has "^permit" && has "line 1" errs'

t_done
