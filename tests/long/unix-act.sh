#!/bin/sh
# Taking out of Postfix, Exim and qmail, putting back, and replaying, killed
# at each call that changes something: make long.  Some minutes.
k=0
for test in 0830-postfix-clean 0840-exim-clean 0848-stopped-clean 0855-unix-inject; do
	k=$((k + 1))
	KILL_STEP=1 sh "${0%/*}/../e2e/$test.sh" >"/tmp/unix-act.$$" 2>&1
	status=$?
	sed 's/^ok/# ok/; s/^not ok/# not ok/; s/^1\.\./# &/' "/tmp/unix-act.$$"
	if grep -q '^1\.\.0 # SKIP' "/tmp/unix-act.$$"; then
		echo "ok $k - $test # SKIP no server here"
	elif [ $status -eq 0 ]; then
		echo "ok $k - $test: each kill"
	else
		echo "not ok $k - $test"
	fi
	rm -f "/tmp/unix-act.$$"
done
echo "1..$k"
