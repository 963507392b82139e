#!/bin/sh
# The sandbox, seen from outside: tests/unit/case/test_sandbox.c has more of what
# it refuses, and without the commands.
. "${0%/*}/lib.sh"

mkdir -p spool/Out spool/In && printf 'X-Sender: a@example.org\nX-Receiver: b@example.net\nFrom: a@example.org\nSubject: x\n\nx\n' >spool/Out/00000001
cp spool/Out/00000001 spool/In/00000002

t 'a scan says what is in force when it is asked' '
	run 0 spoolscan -v spool && has "sandbox: .*Landlock.*seccomp" errs'
t 'and is silent about it otherwise, where the kernel has both' '
	run 0 spoolscan spool && { hasnt sandbox errs ||
	{ has "cannot be used here" errs && [ "$(grep -c sandbox errs)" -eq 1 ]; }; }'
t 'without it the same is printed' '
	run 0 spoolscan -o ndjson spool && mv out a &&
	run 0 spoolscan --no-sandbox -o ndjson spool && cmp a out'
t '--no-sandbox is said with -v' '
	run 0 spoolscan -v --no-sandbox spool && has "sandbox: none" errs'

t 'a case goes from command to command and stays one file' '
	run 0 spoolscan -c case.db spool && run 0 spoolscan -c case.db spool &&
	has "2 as before" errs && run 0 spoolmark -c case.db -w 1 legit &&
	run 0 spoollist -c case.db --verify && run 0 spoollist -c case.db -0 &&
	run 0 spoolshow -c case.db spool/Out/00000001 && has "Subject" &&
	[ "$(ls -d case.db*)" = case.db ]'
t 'a case may be named by a link, and is where the link leads' '
	mkdir elsewhere && ln -s ../elsewhere/c.db spool/../link.db && ln -sf elsewhere/c.db link.db &&
	run 0 spoolscan -c link.db spool && run 0 spoolscan -c link.db spool &&
	[ "$(ls elsewhere)" = c.db ] && [ -L link.db ]'
t 'messages are found that stdin names, in several spools' '
	cp -R spool second && run 0 spoolscan -0 spool second && mv out names &&
	run 0 sh -c "spoolshow -0 - <names" && [ "$(grep -c "^ *Subject\|subject" out)" -ge 1 ]'
t 'a folder in an archive, a message in an mbox' '
	tar -cf x.tar spool && run 0 spoolscan x.tar/spool && has "2 messages" &&
	{ echo "From a@example.org Mon Jan  5 01:00:00 2004"; cat spool/Out/00000001; } >box.mbox &&
	run 0 spoolshow box.mbox@0 && run 0 spoolshow x.tar/spool/Out/00000001'
t 'a site file and what it names are read' '
	echo "b@example.net" >users &&
	printf "local_domains = example.net\nvalid_recipients_file = users\n" >site.conf &&
	run 0 spoolscan -s site.conf spool &&
	run 0 spoolshow -s site.conf spool/Out/00000001 spool/In/00000002'

# ---- each command, taken over ----

# planted STATUS command ...: run it with tests/payload.c inside; told has what
# came of each attempt.
planted() {
	want=$1
	shift
	rm -f told new
	PAYLOAD=$work/told PAYLOAD_SPOOL=$work/spool/In/00000002 \
	    PAYLOAD_BESIDE=$work/new run "$want" \
	    env LD_PRELOAD="$B/tests/payload.so" "$@" || return 1
	[ "$(wc -l <told)" -eq 12 ] || { echo "it did not fire: $*"; return 1; }
}
# refused STATUS command ...: nothing that was tried is done.
refused() {
	planted "$@" && ! grep -v ^refused told && [ ! -e new ]
}
if ! $limit || [ ! -e "$B/tests/payload.so" ]; then
	echo '# nothing planted: a sanitizer is loaded before all else'
elif spoolscan -v spool 2>&1 | grep -q "no Landlock\|no seccomp"; then
	echo '# nothing planted: half a sandbox, in this kernel or container'
else
	touch new.is && spoolscan -c case.db spool >/dev/null 2>&1
	spoolarchive -c case.db spool kept.tar.zst >/dev/null 2>&1
	spoolmark -c case.db -w 1 legit >/dev/null 2>&1
	printf 'local_domains = example.net\n[policy]\nrules = permit\n' >policy.conf
	printf 'Jan  5 01:00:00 mx postfix/smtpd[1]: 3F9A2: client=a[192.0.2.1]\n' >mail.log
	t 'a payload in a command without a sandbox does all of it' '
		cp -p spool/In/00000002 one && planted 0 spoolscan --no-sandbox spool; r=$?
		[ -e new ] && mv one spool/In/00000002 && [ $r -eq 0 ] &&
		! grep -v ^done told'
	while read -r want command; do
		t "a payload in $command does none of it" "refused $want $command"
	done <<-'END'
	0 spoolscan spool
	0 spoolscan -c case.db spool
	0 spoolscan x.tar
	0 spoollist -c case.db
	0 spoollist -c case.db --verify
	0 spoolshow spool/In/00000002
	0 spoolshow -c case.db spool/In/00000002
	0 spoolmark -c case.db -w 1 legit
	0 spoolpolicy -c case.db -s policy.conf
	0 spoollog --year 2004 mail.log
	0 spoollog -c case.db --year 2004 mail.log
	0 spoolstat spool
	0 spoolstat --by class --write gauge --baseline normal spool
	0 spoolreport -c case.db -
	0 spoolreport -c case.db report.html
	0 spoolarchive --list kept.tar.zst
	0 spoolarchive --verify kept.tar.zst
	3 relaytest -r a@example.net 127.0.0.1:1
	END
	t 'and one in a replay by SMTP calls nobody and starts nothing' '
		planted 4 spoolreplay -c case.db -w 1 --to smtp:127.0.0.1:1 --commit
		! grep "^done [^(]" told && [ "$(grep -c "^refused" told)" -eq 4 ]'
fi

# As an other user, who may not list a folder above.
nobody() { setpriv --reuid 65534 --regid 65534 --clear-groups "$@"; }
if [ "$(id -u)" != 0 ] || ! nobody sh -c "spoolscan --help" >/dev/null 2>&1; then
	echo "# not tried as root and another user: not root, or they may not run $B"
else
	t "root reads others' files, and leaves the case with its owner" '
		mkdir -m 755 home && mkdir -m 700 home/spool && cp -R spool/Out home/spool &&
		chown -R 65534:65534 home && chmod 755 "$work" &&
		nobody sh -c "cd home && spoolscan -c case.db spool" >/dev/null 2>&1 &&
		run 0 spoolscan -c home/case.db home/spool &&
		[ "$(stat -c %u home/case.db)" = 65534 ] && [ "$(ls home)" = "case.db
spool" ]'
	t "access times of others' files stay as they were" '
		touch -a -d 2004-01-05 home/spool/Out/00000001 &&
		run 0 spoolscan -o ndjson home/spool &&
		[ "$(stat -c %X home/spool/Out/00000001)" = "$(date -d 2004-01-05 +%s)" ]'
fi

t_done
