#!/bin/sh
# The made incident, to its end: of what its key calls legit, all mail that
# people wait for goes on its way once; and again nothing does.
. "$(dirname "$0")/lib.sh"
command -v sqlite3 >/dev/null 2>&1 || skip_all 'no sqlite3'

"$B/scripts/make-incident" -n 3000 -s 7 made >/dev/null 2>&1 || exit 1
spoolscan -s made/site.conf -c case.db made >/dev/null 2>&1
mkdir -p new/Imcdata/Pickup
again() {
	spoolreplay -c case.db -w "class='legit'" --trust-headers --max-waiting 0 \
	    --to ims55:new/Imcdata/Pickup --stall 0 --commit >out 2>errs
}
# PATH of what was put there; and CLASS, WHY and KIND by the key
replayed() {
	sqlite3 case.db 'SELECT source FROM replays' | sed "s|^$work/made/||" | sort -u >paths
	sort made/key.tsv >key && join -t "$(printf '\t')" paths key >went
}

t 'all legit mail goes that is no copy, and each message is one file' '
	again; replayed
	awk -F "\t" "\$2 == \"legit\" && \$4 == \"mail\" && \$1 !~ /Archive/ { print \$1 }" key |
	    sort >pending && [ "$(wc -l <pending)" -gt 100 ] &&
	comm -23 pending paths >missing && cat missing && [ ! -s missing ] &&
	[ "$(ls new/Imcdata/Pickup | wc -l)" -eq "$(wc -l <paths)" ]'
t 'nothing that was relayed, bounced or is spam goes' '
	awk -F "\t" "\$2 != \"legit\"" went >wrong && cat wrong && [ ! -s wrong ]'
t 'nor a report or a copy in Archive' '
	awk -F "\t" "\$4 == \"bounce\" || \$4 == \"delay\" || \$1 ~ /Archive/" went >wrong &&
	cat wrong && [ ! -s wrong ]'
t 'each Message-ID is there once' '
	cat new/Imcdata/Pickup/* | grep -a -i "^Message-ID:" | sort | uniq -d >wrong; cat wrong
	[ ! -s wrong ]'
t 'a second run replays nothing' '
	ls new/Imcdata/Pickup >before; again; [ $? -eq 1 ] && ls new/Imcdata/Pickup | cmp - before &&
	has " 0  of [0-9]* messages go"'
t_done
