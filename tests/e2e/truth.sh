# truth FROM TO N MOST: for each seed of FROM to TO a Postfix with random rules
# answers N random questions; what spoolpolicy says otherwise is in differ, at
# most MOST of them.
# After servers.sh and lib.sh.

truth_start() {
	server_root postfix truth &&
	{ perl "$top/tests/e2e/auth.pl" /mnt/truth/root/tmp/auth & } &&
	postfix_start truth 2599 'mynetworks = 127.0.0.0/8' &&
	cp /mnt/truth/root/etc/postfix/main.cf base.cf
	: >differ
	printf '[site]\nlocal_domains = nobody.example\n' >none.conf
}

# Another server, with the rules that are in place now.
truth_restart() {
	pid=$(tr -d ' ' </mnt/truth/root/var/spool/postfix/pid/master.pid)
	kill "$pid"
	while kill -0 "$pid" 2>/dev/null; do sleep 0.1; done
	chroot /mnt/truth/root /usr/lib/postfix/sbin/master -w && await 2599
}

truth_one() {
	mkdir "c$1" && perl "$top/tests/e2e/policy-truth.pl" make "$1" "$2" "c$1" &&
	cp "c$1"/* /mnt/truth/root/etc/postfix/ &&
	{	cat base.cf
		echo 'inet_protocols = all
		smtpd_authorized_xclient_hosts = 127.0.0.1
		smtpd_peername_lookup = no
		smtpd_reject_unlisted_recipient = no
		smtpd_reject_unlisted_sender = no
		smtpd_sasl_type = dovecot
		smtpd_sasl_path = /tmp/auth' | sed 's/^[[:blank:]]*//'
		cat "c$1/main.cf"
	} >/mnt/truth/root/etc/postfix/main.cf &&
	truth_restart &&
	perl "$top/tests/e2e/policy-truth.pl" ask 2599 "c$1/asks" >"c$1/real" &&
	spoolpolicy -s none.conf -p "c$1/main.cf" --ask "c$1/asks" \
	    >"c$1/ours" 2>"c$1/errs" || { cat "c$1/errs"; return 1; }
	[ "$(wc -l <"c$1/real")" -eq "$2" ] && [ "$(wc -l <"c$1/ours")" -eq "$2" ] || return 1
	paste "c$1/ours" "c$1/real" "c$1/asks" | awk -F '\t' -v n="$1" \
	    '$1 != $3 { print n ": " $0 }' >>differ
}

truth() {
	i=$1
	while [ "$i" -le "$2" ]; do
		truth_one "$i" "$3" || { echo "seed $i"; return 1; }
		i=$((i + 1))
	done
	head -n 20 differ
	[ "$(wc -l <differ)" -le "$4" ]
}
