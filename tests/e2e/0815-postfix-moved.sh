#!/bin/sh
# A message that its server moves while we ask where it lies is met once: it
# was seen in two folders, and seems to be in both (PF-39).
. "$(dirname "$0")/lib.sh"

[ -e "$B/tests/moves.so" ] || skip_all 'no tests/moves.so'
$limit || skip_all 'a sanitizer wants to be loaded first'
cp -r "$top/tests/spool/postfix/good-queue" q
f=$(cd q/deferred && find . -type f | sort | head -n 1) id=${f##*/}
ln "q/deferred/$f" "q/active/$id"

t 'what lies in two folders is told twice' '
	run 0 spoolscan -f postfix -d example.org -o ndjson q &&
	[ "$(jq -r "select(.queue_id == \"$id\").folder" out | xargs)" = "active deferred" ]'
t 'what goes from one of them while we ask is told once, where it is' '
	run 0 env MOVES="$id" LD_PRELOAD="$B/tests/moves.so" spoolscan --no-sandbox \
	    -f postfix -d example.org -o ndjson q && [ ! -e "q/active/$id" ] &&
	[ "$(jq -r "select(.queue_id == \"$id\").folder" out)" = deferred ]'
t_done
