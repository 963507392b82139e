#!/bin/sh
# Queues of real servers in full size: make long.  A minute.
for server in 0810-postfix 0820-exim 0822-sendmail 0825-opensmtpd; do
	MAILS=340 sh "${0%/*}/../e2e/$server.sh" >"/tmp/queues.$$" 2>&1
	status=$?
	sed 's/^ok/# ok/; s/^not ok/# not ok/; s/^1\.\./# &/' "/tmp/queues.$$"
	n=$((${n:-0} + 1))
	if grep -q '^1\.\.0 # SKIP' "/tmp/queues.$$"; then
		echo "ok $n - $server # SKIP no server here"
	elif [ $status -eq 0 ]; then
		echo "ok $n - $server: 340 messages and more, field by field"
	else
		echo "not ok $n - $server"
	fi
	rm -f "/tmp/queues.$$"
done
echo "1..$n"
