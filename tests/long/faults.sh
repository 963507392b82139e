#!/bin/sh
# Every call that the machine may refuse, refused in turn, with each error that
# it may have, in everything that writes; and every MEMORY-th allocation, ours or
# a library's.  ERRORS="0" takes the first error alone.
report=$(mktemp) r=0
for with in ${ERRORS:-0 1 2 memory}; do
	step=1 by=
	[ "$with" != memory ] || step=${MEMORY:-101} by=memory
	FAIL_STEP=$step FAIL_BY=$by FAIL_ALL=1 FAIL_WITH=$with FAIL_REPORT=$report \
	    "${0%/*}/../e2e/0510-faults.sh" | sed "s/^\(\(not \)\?ok\) [0-9]* - /\1 - error $with: /; /^1\.\./d" || r=1
done | awk '{ print } /^ok|^not ok/ { n++ } /^not ok/ { bad = 1 } END { print "1.." n; exit bad }' || r=1
sed 's/^/# /' "$report"
rm -f "$report"
exit $r
