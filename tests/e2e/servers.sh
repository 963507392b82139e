# Real mail servers for a test, in private mount, network and pid namespaces:
# nothing they do is seen outside, and all are gone when the test ends.
# Source this before lib.sh.
#
#	box NAME ...		be in the namespaces; or skip, with the reason
#	server_root NAME DIR	a file system of its own at /mnt/DIR/root: this
#				machine's, with the server's files, and all
#				that is written in memory.  Not below $work,
#				which is removed at the end: it has /dev in it
#	postfix_start DIR PORT 'main.cf lines' ['master.cf lines']
#	exim_start DIR PORT 'configuration'
#	opensmtpd_start DIR PORT 'configuration' [option ...]
#				its process is $work/DIR.pid
#	sendmail_start DIR PORT		two queue groups, one of them split; it has
#				mailers to the ports behind its own
#	await PORT		until somebody listens there
#
# scripts/servers unpacks them.

self=$(cd "$(dirname "$0")" && pwd)/${0##*/}
servers=${SERVERS:-$(cd "$(dirname "$0")/../.." && pwd)/build/servers}

box_skip() {
	echo "1..0 # SKIP $1"
	echo "skipped ${0##*/}: $1" >&2
	exit 0
}

box() {
	for s in "$@"; do
		[ -d "$servers/$s" ] || box_skip "no $s: run scripts/servers"
	done
	if [ -z "${IN_BOX-}" ]; then
		[ "$(id -u)" = 0 ] ||
		    box_skip 'servers want several users: only root has them'
		unshare -mnp --fork --kill-child true 2>/dev/null ||
		    box_skip 'no private namespaces here'
		IN_BOX=1 exec unshare -mnp --fork --kill-child --mount-proc \
		    sh "$self" "$@"
	fi
	mount -t tmpfs none /mnt || box_skip 'no file system in memory here'
	# lo: SIOCGIFFLAGS, SIOCSIFFLAGS with IFF_UP; iproute2 may not be here
	perl -e 'socket my $s, 2, 2, 0 or die;
	    my $i = pack "a16s x14", "lo", 0;
	    ioctl $s, 0x8913, $i or die;
	    substr($i, 16, 2) = pack "s", 1 | unpack "s", substr $i, 16, 2;
	    ioctl $s, 0x8914, $i or die;
	    # SIOCSIFADDR: a client that is not this host itself
	    $i = pack "a16 S x2 C4 x8", "lo:1", 2, 192, 0, 2, 1;
	    ioctl $s, 0x8916, $i or die' || box_skip 'no loopback here'
}

# NAME:UID:GROUP of what packages would have made.
server_users='postfix:901:901 postdrop:902:902 Debian-exim:903:903
    smmta:904:904 smmsp:905:905 opensmtpd:906:906 opensmtpq:907:907'

# A server that this machine has itself lends neither its queue nor its users.
server_left='etc/postfix var/lib/postfix var/spool/postfix var/log/postfix.log
    etc/exim4 var/spool/exim4 var/log/exim4 etc/mail var/spool/mqueue
    var/spool/mqueue-client var/spool/smtpd'
server_root() {
	mkdir -p "/mnt/$2/up" "/mnt/$2/tmp" "/mnt/$2/root"
	mount -t overlay overlay -o "lowerdir=/,upperdir=/mnt/$2/up,workdir=/mnt/$2/tmp" \
	    "/mnt/$2/root" &&
	(cd "/mnt/$2/root" && rm -rf $server_left) &&
	cp -a "$servers/$1/." "/mnt/$2/root/" &&
	mount --rbind /dev "/mnt/$2/root/dev" &&
	mount --rbind /proc "/mnt/$2/root/proc" || return 1
	for u in $server_users; do
		name=${u%%:*} ids=${u#*:}
		sed -i "/^$name:/d" "/mnt/$2/root/etc/passwd" "/mnt/$2/root/etc/group"
		echo "$name:x:$ids::/:/bin/false" >>"/mnt/$2/root/etc/passwd"
		echo "$name:x:${ids#*:}:" >>"/mnt/$2/root/etc/group"
	done
	printf '127.0.0.1 localhost mail.example.org\n192.0.2.1 far.example.com\n' \
	    >"/mnt/$2/root/etc/hosts"
	echo 'hosts: files' >"/mnt/$2/root/etc/nsswitch.conf"	# no DNS here
	mkdir -p "/mnt/$2/root/tmp"
}

await() {
	perl -MIO::Socket::INET -e '
		for (1 .. 100) {
			exit 0 if IO::Socket::INET->new(PeerPort => $ARGV[0],
			    PeerAddr => "127.0.0.1", Timeout => 1);
			select undef, undef, undef, 0.1;
		}
		exit 1' "$1" || { echo "nobody listens on $1"; return 1; }
}

# A network of its own begins with 10 datagrams a socket; postlogd, which also
# writes to itself, waits for ever when they are used up.
postfix_start() {
	echo 1024 >/proc/sys/net/unix/max_dgram_qlen || :
	r=/mnt/$1/root
	[ -d "$r" ] || server_root postfix "$1" || return 1
	cp "$r/usr/share/postfix/master.cf.dist" "$r/etc/postfix/master.cf"
	chgrp 902 "$r/usr/sbin/postdrop" "$r/usr/sbin/postqueue"
	chmod 2555 "$r/usr/sbin/postdrop" "$r/usr/sbin/postqueue"
	mkdir -p "$r/var/lib/postfix" "$r/var/spool/postfix"
	chown 901 "$r/var/lib/postfix"
	: >"$r/etc/aliases"
	cat >"$r/etc/postfix/main.cf" <<-END
	compatibility_level = 3.6
	maillog_file = /var/log/postfix.log
	maillog_file_prefixes = /var
	myhostname = mail.example.org
	mydomain = example.org
	inet_interfaces = loopback-only
	inet_protocols = ipv4
	alias_maps =
	alias_database =
	local_recipient_maps =
	default_transport = hold:
	relay_transport = hold:
	local_transport = hold:
	disable_dns_lookups = yes
	smtpd_error_sleep_time = 0
	smtpd_hard_error_limit = 10000
	smtpd_junk_command_limit = 10000
	in_flow_delay = 0
	smtpd_delay_reject = yes
	$3
	END
	{	sed '/^smtp  *inet/d' "$r/etc/postfix/master.cf" |
		    sed 's/^\([a-z#-].*\) y  \(  *[-0-9?]*  *[-0-9]*  *[a-z+]*\)/\1 n  \2/'
		echo "127.0.0.1:$2 inet n - n - - smtpd"
		echo 'hold unix - - n - - error'
		echo "${4-}"
	} >"$work/$1.cf" && mv "$work/$1.cf" "$r/etc/postfix/master.cf"
	chroot "$r" /usr/sbin/postfix start >"$work/$1.log" 2>&1
	await "$2" || { cat "$work/$1.log" "$r/var/log/postfix.log"; return 1; }
}

exim_start() {
	r=/mnt/$1/root
	[ -d "$r" ] || server_root exim "$1" || return 1
	mkdir -p "$r/var/spool/exim4" "$r/var/log/exim4"
	chown -R 903:903 "$r/var/spool/exim4" "$r/var/log/exim4"
	printf '%s\n' "$3" >"$r/etc/exim4/exim4.conf"
	chroot "$r" /usr/sbin/exim4 -C /etc/exim4/exim4.conf -bdf \
	    -oX "127.0.0.1.$2" >"$work/$1.log" 2>&1 &
	await "$2" || { cat "$work/$1.log"; return 1; }
}

sendmail_start() {
	r=/mnt/$1/root
	[ -d "$r" ] || server_root sendmail "$1" || return 1
	mkdir -p "$r/etc/mail" "$r/var/spool/mqueue/q1/qf" \
	    "$r/var/spool/mqueue/q1/df" "$r/var/spool/mqueue/q1/xf" \
	    "$r/var/spool/mqueue/q2"
	chmod 755 "$r" "$r/etc/mail"
	chmod -R go= "$r/var/spool/mqueue"
	echo 'sales: one@soft.example.net, two@ok.example.net' >"$r/etc/mail/aliases"
	cat >"$r/etc/mail/sendmail.cf" <<'END'
V10/Berkeley
Cwlocalhost example.org mail.example.org
Djmail.example.org
DnMAILER-DAEMON
CPREDIRECT
Tsmmta root
O AliasFile=/etc/mail/aliases
O Timeout.ident=0
O QueueDirectory=/var/spool/mqueue/q*
O DeliveryMode=background
O EightBitMode=pass8
O ErrorMode=m
O PidFile=/tmp/sendmail.pid
O Timeout.queuereturn=5d
O SmtpGreetingMessage=$j
O OperatorChars=.:%@!^/[]+
O UnixFromLine=From $g  $d
O QueueSortOrder=filename
O RetryFactor=1
O RefuseLA=10000
O QueueLA=10000
H?P?Return-Path: <$g>
HReceived: $?sfrom $s $.$?_($?s$|from $.$_)
	$.by $j (8.17.1)$?r with $r$. id $i$?u
	for $u; $|;
	$.$b
H?D?Date: $a
H?F?From: $?x$x <$g>$|$g$.
H?x?Full-Name: $x
H?M?Message-Id: <$t.$i@$j>
S3
R$@			$@ <@>
R$*:$*;$*		$@ <@>
R$*<>$*			$@ <@>
R$*<$*>$*		$2
R$+@$+			$: $1<@$2>
S0
R<@>			$#local $: postmaster
R$+<@ok.example.net>	$#ok $@ [127.0.0.1] $: $1<@ok.example.net>
R$+<@OK.example.net>	$#ok $@ [127.0.0.1] $: $1<@ok.example.net>
R$+<@hard.example.net>	$#hard $@ [127.0.0.1] $: $1<@hard.example.net>
R$+<@$=w>		$#local $: $1
R$+<@$+>		$#soft $@ [127.0.0.1] $: $1<@$2>
R$+			$#local $: $1
S4
R<@>			$@
R$+<@$+>		$1@$2
Mok,	P=[IPC], F=mDFMuXk8, T=DNS/RFC822/SMTP, A=TCP $h 2851
Mhard,	P=[IPC], F=mDFMuXk8, T=DNS/RFC822/SMTP, A=TCP $h 2853
Msoft,	P=[IPC], F=mDFMuXk8, T=DNS/RFC822/SMTP, A=TCP $h 2852
Mlocal,	P=/bin/false, F=lsDFMAw5:/|@q, T=DNS/RFC822/X-Unix, A=false $u
Mprog,	P=/bin/sh, F=lsDFM, T=X-Unix/X-Unix/X-Unix, A=sh -c $u
END
	chroot "$r" /usr/libexec/sendmail/sendmail -C /etc/mail/sendmail.cf \
	    -bi >"$work/$1.log" 2>&1
	chroot "$r" /usr/libexec/sendmail/sendmail -C /etc/mail/sendmail.cf -bD \
	    -O "DaemonPortOptions=Name=MTA,Addr=127.0.0.1,Port=$2" \
	    >"$work/$1.log" 2>&1 &
	await "$2" || { cat "$work/$1.log"; return 1; }
}

opensmtpd_start() {
	r=/mnt/$1/root
	[ -d "$r" ] || server_root opensmtpd "$1" || return 1
	sed -i 's/^opensmtpd:.*/opensmtpd:x:906:906::\/var\/lib\/opensmtpd\/empty:\/bin\/false/' \
	    "$r/etc/passwd"
	mkdir -p "$r/var/lib/opensmtpd/empty" "$r/var/spool/smtpd" "$r/run" "$r/var/run"
	chmod 711 "$r/var/spool/smtpd"
	chgrp 907 "$r/usr/sbin/smtpctl"
	chmod 2555 "$r/usr/sbin/smtpctl"
	echo mail.example.org >"$r/etc/mailname"
	printf '%s\n' "$3" >"$r/etc/smtpd.conf"
	server=$1 port=$2
	shift 3
	chroot "$r" /usr/sbin/smtpd -d "$@" >"$work/$server.log" 2>&1 &
	echo $! >"$work/$server.pid"
	await "$port" || { cat "$work/$server.log"; return 1; }
}
