#!/bin/sh
# Busy servers of Exim, sendmail and OpenSMTPD are scanned for two minutes
# each, 200 times at least: make long.
n=0
for server in 0861-live-exim 0862-live-sendmail 0863-live-opensmtpd; do
	n=$((n + 1))
	SECS=${SECS:-120} SCANS=${SCANS:-200} \
	    sh "${0%/*}/../e2e/$server.sh" >"/tmp/live-servers.$$" 2>&1
	status=$?
	sed 's/^ok/# ok/; s/^not ok/# not ok/; s/^1\.\./# &/' "/tmp/live-servers.$$"
	if grep -q '^1\.\.0 # SKIP' "/tmp/live-servers.$$"; then
		echo "ok $n - $server # SKIP no server here"
	elif [ $status -eq 0 ]; then
		echo "ok $n - $server: nothing misread, lost or doubled"
	else
		echo "not ok $n - $server"
	fi
	rm -f "/tmp/live-servers.$$"
done
echo "1..$n"
