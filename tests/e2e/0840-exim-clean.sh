#!/bin/sh
# Entries of a real Exim spool go out, and come back, while it runs.
. "$(dirname "$0")/servers.sh"
box exim
. "$(dirname "$0")/lib.sh"

r=/mnt/y/root
spool=$r/var/spool/exim4
exim() { chroot "$r" /usr/sbin/exim4 -C /etc/exim4/exim4.conf "$@"; }
clean() { spoolclean -c case.db "$@"; }

server_root exim y || skip_all 'no root for the server'
echo 450 >soft
perl "$top/tests/e2e/taker.pl" 2861 250 &
perl "$top/tests/e2e/taker.pl" 2862 "@$work/soft" &
exim_start y 2860 'primary_hostname = mail.example.org
tls_advertise_hosts =
dsn_advertise_hosts = *
smtputf8_advertise_hosts = *
split_spool_directory = true
acl_smtp_rcpt = accept
acl_smtp_data = data
begin acl
data:
  warn condition = ${if def:h_X-Hold:}
       control = freeze/no_tell
  accept
begin routers
ok:
  driver = manualroute
  domains = ok.example.net
  route_list = * 127.0.0.1
  transport = ok
  self = send
slow:
  driver = manualroute
  domains = slow.example.net
  route_list = * 127.0.0.1
  transport = slow
  self = send
soft:
  driver = manualroute
  domains = *
  route_list = * 127.0.0.1
  transport = soft
  self = send
begin transports
ok:
  driver = smtp
  port = 2861
  allow_localhost
slow:
  driver = smtp
  port = 2863
  allow_localhost
soft:
  driver = smtp
  port = 2862
  allow_localhost
begin retry
* * F,1d,1s
' || skip_all 'the server does not start'

settle() {
	i=0
	while [ "$(cat /proc/[0-9]*/comm 2>/dev/null | grep -c '^exim4$')" -gt 1 ]; do
		i=$((i + 1))
		[ $i -lt 400 ] || return 1
		sleep 0.1
	done
}
files() { (cd $spool && find input msglog -type f | sort); }
state() { (cd $spool && find input msglog -type f -printf '%p %i %m %u %s %T@\n' | sort); }
scan() { run "${1:-0}" spoolscan -d example.org -c case.db $spool; }
complaints() {
	tail -n +$((${seen:-0} + 1)) $r/var/log/exim4/mainlog >new.log
	cat $r/var/log/exim4/paniclog new.log 2>/dev/null |
	    grep -E -e 'panic|error|not found|Format|failed' |
	    grep -v -e 'SMTP error' -e 'lost privilege' -e 'delivery error message'
	[ $? -eq 1 ]
}
mail_to() { printf 'Subject: %s\n\nx\n' "$1" | exim -i -f me@example.org -- "$@"; }

t 'a spool with mail that is deferred, had by some, and frozen' '
	perl "$top/tests/e2e/mailgen.pl" 2860 1-24 dsn utf8 >gen 2>&1 && settle &&
	[ "$(files | grep -c -e "-H$")" -ge 20 ] && scan && files >all && state >before'
[ $failed -eq 0 ] || t_done

t 'what was chosen goes out with its log, and the server knows it no more' '
	run 3 clean -w 1 --commit $spool && files | grep input >left &&
	exim -bp >bp && [ "$(grep -c frozen bp)" -eq "$(grep -c "<" bp)" ] &&
	[ "$(grep -c -e "-H$" left)" -eq "$(grep -c frozen bp)" ] && complaints'
t 'what is frozen stays, and it is said' '
	[ "$(grep -c "told to keep it (--held)" errs)" -eq "$(grep -c frozen bp)" ] &&
	! grep -v "told to keep it" errs'
t 'what is out can be read with its envelope' '
	aside=$(echo $spool.turf/2*) && run 0 spoolscan -o ndjson $aside &&
	jq -es "length > 10 and all(.format == \"exim\" and .folder == \"input\") and
	    any(.[].recipients[]; .state == \"done\") and
	    any(.[].recipients[]; .error // \"\" | test(\"450\"))" out'
t 'it comes back as it was' '
	run 0 clean --undo --commit $spool && state | diff before - && complaints'
t '--held takes what is frozen too, and it comes back frozen' '
	run 0 clean -w 1 --held --commit $spool && [ -z "$(files)" ] &&
	[ -z "$(exim -bp)" ] && run 0 clean --undo --commit $spool && state | diff before - &&
	exim -bp | grep -c frozen >n && [ "$(cat n)" = "$(grep -c frozen bp)" ] && complaints'

t 'what is being delivered stays: its -D is locked (EX-26)' '
	perl -MIO::Socket::INET -e "\$l = IO::Socket::INET->new(LocalAddr =>
	    \"127.0.0.1:2863\", Listen => 9, ReuseAddr => 1);
	    push @c, \$l->accept while 1" &
	mute=$!; await 2863; { mail_to one@slow.example.net & }
	i=0; while [ -z "$(find $spool/input -name "*-J")" ] && [ $((i += 1)) -lt 100 ]; do sleep 0.1; done
	scan && run 3 clean -w "rcpt = \"one@slow.example.net\"" --commit $spool &&
	has "its server has it locked" errs &&
	[ -n "$(grep -l one@slow.example.net $spool/input/*/*-H)" ]
	x=$?; kill $mute; settle; [ $x -eq 0 ] && exim -bp | grep -B 1 -A 1 one@slow &&
	scan && run 0 clean -w "rcpt = \"one@slow.example.net\"" --delete \
	    --no-archive-i-know --commit $spool && ! grep -l one@slow.example.net $spool/input/*/*-H'
t 'a lock of any other program counts, and a BSD lock does not' '
	h=$(files | grep -e "-H$" | tail -n 1) && d=$spool/${h%-H}-D; [ -n "$h" ] || exit 1
	perl -MFcntl -e "open my \$f, \"+<\", \$ARGV[0] or die;
	    \$l = pack(\"s s x4 q q i x4\", F_WRLCK, 0, 0, 19, 0);
	    fcntl(\$f, F_SETLK, \$l) or die \$!; print STDERR \"locked\n\";
	    sleep 100" "$d" &
	holder=$!; sleep 1; run 3 clean -w "path = \"$h\"" --held --commit $spool; x=$?
	kill $holder; [ $x -eq 0 ] && has "$h: .*locked" errs && [ -e $spool/$h ]'

t 'what was taken back is delivered once, to whom it had not reached' '
	exim -bp | grep -c "<" >n && echo 250 >soft && seen=$(wc -l <$r/var/log/exim4/mainlog) &&
	exim -qff && settle && complaints && exim -bp >bp &&
	! grep "<" bp | grep -v "<> \*\*\* frozen" &&
	[ "$(grep -c Completed new.log)" -ge $(($(cat n) - 4)) ] &&
	[ -z "$(sed -n "s/^[^ ]* [^ ]* \([^ ]*\) [=-]> \([^ ]*\) .*/\1 \2/p" \
	    $r/var/log/exim4/mainlog | sort | uniq -d)" ]'

# ---- killed: each so many calls here, each one in tests/long ----

KILL_STEP=${KILL_STEP:-25}
if [ -x "$B/tests/kill" ]; then
	echo 450 >soft; mkdir kept
	perl "$top/tests/e2e/mailgen.pl" 2860 2-5 dsn >gen 2>&1; settle
	rm -rf $spool.turf; scan >/dev/null 2>&1
	keep() { rm -rf "kept/$1" && mkdir -p "kept/$1" && cp -p case.db "kept/$1" &&
	    (cd ${spool%/*} && tar -cf "$work/kept/$1/q.tar" exim4/input exim4/msglog \
	    $([ ! -e exim4.turf ] || echo exim4.turf)); }
	bring() { rm -rf $spool/input $spool/msglog $spool.turf && rm -f case.db* &&
	    cp -p "kept/$1/case.db" . && tar -C ${spool%/*} -xf "kept/$1/q.tar"; }
	sums() { find $spool/input $spool/msglog $spool.turf -type f -exec md5sum {} + \
	    2>/dev/null | cut -c 1-32 | sort; }
	keep scanned && sums >all && files >names &&
	clean -w 1 --held --commit $spool >/dev/null && keep aside
	# no -H is ever there without its -D
	no_half() { for h in $(find $spool/input -name "*-H"); do
	    [ -e "${h%-H}-D" ] || { echo "no -D: $h"; return 1; }; done; }
	all_back() {
		no_half && sums | diff all - && { run 0 clean --undo --commit $spool ||
		    [ $got -eq 1 ]; } && sums | diff all - && files | diff names - &&
		run 0 spoollist -c case.db --verify
	}
	t 'killed at any change: no file is lost, no -H without -D, and --undo brings all back' '
	begin() { bring scanned; } && [ "$(wc -l <names)" -ge 9 ] && kill_each begin \
	    "spoolclean -c case.db -w 1 --held --commit $spool" all_back'
	t '--undo killed at any change: the next brings all back' '
	begin() { bring aside; } && kill_each begin \
	    "spoolclean -c case.db --undo --commit $spool" all_back'
	all_gone() {
		no_half && { run 0 clean -w 1 --held --delete --no-archive-i-know --commit $spool ||
		    [ $got -eq 1 ]; } && [ -z "$(sums)" ] &&
		run 0 spoollist -c case.db --verify -w 0
	}
	t '--delete killed at any change: the next run ends it' '
	begin() { bring scanned; } && kill_each begin \
	    "spoolclean -c case.db -w 1 --held --delete --no-archive-i-know --commit $spool" all_gone'
fi
t_done
