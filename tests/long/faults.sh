#!/bin/sh
# Every call that the machine may refuse, refused in turn, with each error that
# it may have, in everything that writes.  ERRORS="0" takes the first alone.
report=$(mktemp) r=0
for with in ${ERRORS:-0 1 2}; do
	FAIL_STEP=1 FAIL_ALL=1 FAIL_WITH=$with FAIL_REPORT=$report \
	    "${0%/*}/../e2e/0510-faults.sh" | sed "s/^\(\(not \)\?ok\) [0-9]* - /\1 - error $with: /; /^1\.\./d" || r=1
done | awk '{ print } /^ok|^not ok/ { n++ } /^not ok/ { bad = 1 } END { print "1.." n; exit bad }' || r=1
sed 's/^/# /' "$report"
rm -f "$report"
exit $r
