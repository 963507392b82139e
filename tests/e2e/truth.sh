# truth SERVER FROM TO N MOST: for each seed of FROM to TO a Postfix, or an
# Exim, with random rules answers N random questions; what spoolpolicy says
# otherwise is in differ, at most MOST of them.
# After servers.sh and lib.sh.

make_truth() { perl "$top/tests/e2e/policy-truth.pl" "$@"; }

truth_start() {
	server_root postfix truth &&
	{ perl "$top/tests/e2e/auth.pl" /mnt/truth/root/tmp/auth & } &&
	postfix_start truth 2599 'mynetworks = 127.0.0.0/8' &&
	cp /mnt/truth/root/etc/postfix/main.cf base.cf
}

# No daemon: each question is an exim -bs of its own.
truth_exim() {
	server_root exim exim && mkdir -p /mnt/exim/root/var/spool/exim4 \
	    /mnt/exim/root/var/log/exim4 &&
	chown 903:903 /mnt/exim/root/var/spool/exim4 /mnt/exim/root/var/log/exim4
}

# Another server, with the rules that are in place now.
truth_restart() {
	pid=$(tr -d ' ' </mnt/truth/root/var/spool/postfix/pid/master.pid)
	kill "$pid"
	while kill -0 "$pid" 2>/dev/null; do sleep 0.1; done
	chroot /mnt/truth/root /usr/lib/postfix/sbin/master -w && await 2599
}

postfix_one() {
	make_truth make "$1" "$2" "$3" && cp "$3"/* /mnt/truth/root/etc/postfix/ &&
	{	cat base.cf
		echo 'inet_protocols = all
		smtpd_authorized_xclient_hosts = 127.0.0.1
		smtpd_peername_lookup = no
		smtpd_reject_unlisted_recipient = no
		smtpd_reject_unlisted_sender = no
		smtpd_sasl_type = dovecot
		smtpd_sasl_path = /tmp/auth' | sed 's/^[[:blank:]]*//'
		cat "$3/main.cf"
	} >/mnt/truth/root/etc/postfix/main.cf &&
	truth_restart && make_truth ask 2599 "$3/asks" >"$3/real" || return 1
	for o in -n -nx; do
		chroot /mnt/truth/root /usr/sbin/postconf $o >"$3/postconf$o" || return 1
	done
}

# What postconf prints is the same rules.
truth_forms() {
	for f in "$1"/postconf*; do
		[ -e "$f" ] || continue
		spoolpolicy -s none.conf -p "$f" --ask "$1/asks" >"$1/form" 2>"$1/errs" || return 1
		cut -f 1 "$1/ours" >"$1/want" && cut -f 1 "$1/form" | cmp - "$1/want" || return 1
	done
}

exim_one() {
	make_truth make-exim "$1" "$2" "$3" && mv "$3/exim.conf" "$3/main.cf" &&
	cp "$3/main.cf" /mnt/exim/root/etc/exim4/exim4.conf &&
	make_truth ask-exim "$3/asks" chroot /mnt/exim/root /usr/sbin/exim4 \
	    -C /etc/exim4/exim4.conf >"$3/real"
}

truth_one() {
	d=$1$2
	mkdir "$d" && "$1_one" "$2" "$3" "$d" || return 1
	spoolpolicy -s none.conf -p "$1:$d/main.cf" --ask "$d/asks" \
	    >"$d/ours" 2>"$d/errs" || { cat "$d/errs"; return 1; }
	[ "$(wc -l <"$d/real")" -eq "$3" ] && [ "$(wc -l <"$d/ours")" -eq "$3" ] || return 1
	truth_forms "$d" || { echo "$f"; cat "$d/errs"; return 1; }
	paste "$d/ours" "$d/real" "$d/asks" | awk -F '\t' -v n="$2" \
	    '$1 != $3 { print n ": " $0 }' >>differ
}

truth() {
	: >differ
	printf '[site]\nlocal_domains = nobody.example\n' >none.conf
	i=$2
	while [ "$i" -le "$3" ]; do
		truth_one "$1" "$i" "$4" || { echo "seed $i"; return 1; }
		i=$((i + 1))
	done
	head -n 20 differ
	[ "$(wc -l <differ)" -le "$5" ]
}
