#!/bin/sh
# Campaigns of 50,000 mails, three seeds, up to 30 % of their words varied:
# adjusted Rand index against the key of tests/campaigns.c at least 0.95.
. "$(cd "$(dirname "$0")/../e2e" && pwd)/lib.sh"

for percent in 0 15 30; do
	for seed in 1 2 3; do
		t "50,000 mails, $percent % varied, seed $seed" '
			run 0 "$B/tests/campaigns" -n 50000 -v $percent -s $seed; s=$?
			cat out; [ $s -eq 0 ]'
		sed 's/^/# /' out
	done
done
t_done
