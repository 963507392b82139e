#!/bin/sh
# A machine that runs a Postfix of its own: make demo and make check leave it
# installed, running, and its queue untouched.  The machine is a Debian in a
# folder, in namespaces of its own; what its packages need is fetched before,
# as it has no network.  Half an hour, and a gigabyte.
#
#	MACHINE=DIR	a Debian that is kept; default: made anew (debootstrap)
#	TARGETS=...	default: demo check
#
# The first half runs here, the second, with IN_MACHINE set, in there.
set -u
top=$(cd "$(dirname "$0")/../.." && pwd)
self=$top/tests/long/${0##*/}

skip() { echo "1..0 # SKIP $1"; exit 0; }
n=0 bad=0
ok() {		# title command
	n=$((n + 1))
	if eval "$2" >/tmp/own.out 2>&1; then
		echo "ok $n - $1"
	else
		echo "not ok $n - $1"
		tail -n 40 /tmp/own.out | sed 's/^/# /'
		bad=$((bad + 1))
	fi
}

# ---- in the machine ----

state() (
	dpkg-query -W -f '${Package} ${Version} ${Status}\n' postfix
	dpkg -V postfix
	pid=$(tr -d ' ' </var/spool/postfix/pid/master.pid)
	echo "master $pid since $(cut -d ' ' -f 22 "/proc/$pid/stat")"
	echo "$(readlink "/proc/$pid/exe")"
	postfix status >/dev/null 2>&1 && echo 'it is running'
	find /etc/postfix /etc/aliases -type f -exec md5sum {} + | sort
	cd /var/spool/postfix &&
	    find incoming active deferred hold defer bounce maildrop corrupt \
	    -type f -printf '%p %i %m %u %g %s %T@\n' -exec md5sum {} + | sort
)
if [ -n "${IN_MACHINE-}" ]; then
	perl -e 'socket my $s, 2, 2, 0 or die;	# as box of tests/e2e/servers.sh
	    my $i = pack "a16s x14", "lo", 0;
	    ioctl $s, 0x8913, $i or die;
	    substr($i, 16, 2) = pack "s", 1 | unpack "s", substr $i, 16, 2;
	    ioctl $s, 0x8914, $i or die'
	echo 1024 >/proc/sys/net/unix/max_dgram_qlen
	postsuper -d ALL >/dev/null 2>&1	# of a machine that is kept
	postfix start >/dev/null 2>&1
	for k in 1 2 3 4 5 6 7 8 9; do
		printf 'Subject: %d\n\nkept\n' $k | sendmail -i -f root@example.org \
		    -- "a$k@example.net" "b$k@example.com"
	done
	sleep 5
	postsuper -h "$(postqueue -j | sed -n '1s/.*"queue_id": "\([^"]*\).*/\1/p')" 2>/dev/null
	ok 'there is a Postfix that runs, and has mail' 'state >/tmp/before; cat /tmp/before
		[ "$(grep -c "^[0-9a-f]*  deferred/" /tmp/before)" -eq 8 ] &&
		[ "$(grep -c "^[0-9a-f]*  hold/" /tmp/before)" -eq 1 ] &&
		grep -q "it is running" /tmp/before'
	cd /root/spoolkit || exit 1
	for target in $TARGETS; do
		ok "make $target" "make $target >/root/$target.log 2>&1 </dev/null
			x=\$?; tail -n 60 /root/$target.log; [ \$x -eq 0 ]"
		ok "after make $target it is installed, runs, and its queue is as it was" \
		    'state >/tmp/after; diff /tmp/before /tmp/after'
	done
	grep -h '^deps:\|^skipped' /root/*.log | sort -u | sed 's/^/# /'
	postfix stop >/dev/null 2>&1
	echo "1..$n"
	exit $bad
fi

# ---- here ----

[ "$(id -u)" = 0 ] || skip 'only root makes machines'
unshare -mnpu --fork true 2>/dev/null || skip 'no private namespaces here'
: "${TARGETS=demo check}"
if [ -z "${MACHINE-}" ]; then
	command -v debootstrap >/dev/null || skip 'no debootstrap'
	MACHINE=$(mktemp -d) && trap 'rm -rf --one-file-system "$MACHINE"' EXIT
fi
in_there() {	# with what namespaces, command ...
	ns=$1
	shift
	unshare "$ns" --fork --kill-child sh -c '
		m=$1; shift
		mount --make-rprivate / && mount --bind "$m" "$m" &&
		mount -t proc proc "$m/proc" &&
		mount --rbind /dev "$m/dev" && mount -t tmpfs tmpfs "$m/tmp" &&
		exec chroot "$m" env -i HOME=/root TARGETS="$TARGETS" \
		    DEBIAN_FRONTEND=noninteractive LC_ALL=C \
		    PATH=/usr/sbin:/usr/bin:/sbin:/bin "$@"' - "$MACHINE" "$@"
}
export TARGETS
[ -e "$MACHINE/bin/sh" ] || debootstrap --variant=minbase \
    --include=ca-certificates,git bookworm "$MACHINE" >/dev/null ||
    skip 'no Debian could be made'
packages=$(sed -n 's/^build=.\(.*\).$/\1/p; s/^check="$build \(.*\)"$/\1/p' \
    "$top/scripts/deps" | tr '\n' ' ')
printf '#!/bin/sh\nexit 101\n' >"$MACHINE/usr/sbin/policy-rc.d"
chmod +x "$MACHINE/usr/sbin/policy-rc.d"
cp /etc/resolv.conf "$MACHINE/etc/resolv.conf"
in_there -mp sh -ec '
	apt-get -q update
	echo "postfix postfix/main_mailer_type select Local only" | debconf-set-selections
	apt-get -q -y --no-install-recommends install postfix make procps
	apt-get -q -y --no-install-recommends --download-only install "$@"' - $packages \
    >"$MACHINE/root/apt.log" 2>&1 || skip "apt: see $MACHINE/root/apt.log"
cat >"$MACHINE/etc/postfix/main.cf" <<'END'
compatibility_level = 3.6
maillog_file = /var/log/postfix.log
myhostname = mail.example.org
inet_interfaces = loopback-only
alias_maps =
alias_database =
defer_transports = smtp
queue_run_delay = 100000
minimal_backoff_time = 100000
maximal_backoff_time = 100000
END
rm -rf "$MACHINE/root/spoolkit"
git clone -q --no-hardlinks "$top" "$MACHINE/root/spoolkit" || exit 1
in_there -mp sh -c 'cd /root/spoolkit && scripts/servers' \
    >>"$MACHINE/root/apt.log" 2>&1 || skip "servers: see $MACHINE/root/apt.log"
in_there -mnpu env IN_MACHINE=1 sh "/root/spoolkit/tests/long/${0##*/}"
