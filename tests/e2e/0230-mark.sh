#!/bin/sh
# spoolmark: a person decides; spoolshow -c: one entry, wherever it is now.
. "$(dirname "$0")/lib.sh"

"$B/scripts/make-incident" -n 300 -s 4 inc >/dev/null 2>&1
scan() { spoolscan -s inc/site.conf -c case.db "$@" >out 2>errs </dev/null; }
scan inc || [ $? -eq 3 ] || exit 1
id() { spoollist -c case.db --columns id -o csv -n 1 "$@" | tail -n 1 | tr -d '\r'; }
total() { spoollist -c case.db -0 "$@" | tr '\0' '\n' | wc -l; }
r=$(id --class relay --sort path)

t 'one entry is marked, and shown so everywhere' '
	run 0 spoolmark -c case.db --because "asked bob" $r legit &&
	has "^1 marked legit; they were relay 1$" &&
	run 0 spoollist -c case.db -w "marked_by IS NOT NULL" && has "^legit  *marked by " &&
	run 0 spoollist -c case.db -w "id = '"'$r'"'" -o ndjson &&
	jq -e ".class == \"legit\" and .mark.judged == \"relay\" and
	    .mark.because == \"asked bob\" and (.reason | startswith(\"relay/\"))" out &&
	run 0 spoolshow -c case.db $r && has "^class  *legit, marked by " &&
	has "^  judged  *relay, relay/" && has "^  marked  *legit by .*: asked bob$" &&
	[ "$(total -w "id = '"'$r'"'" --class relay)" -eq 0 ]'

t 'a second scan does not change what a person decided' '
	scan inc; run 0 spoollist -c case.db --class legit -w "id = '"'$r'"'"'

t 'marked so already is no second mark' '
	run 0 spoolmark -c case.db --because "asked bob" $r legit &&
	has "^0 marked legit; 1 were so already" &&
	run 0 spoolshow -c case.db $r && [ "$(grep -c "^  marked" out)" -eq 1 ]'

t 'undo gives the judge its word back, and all of it is in the ledger' '
	run 0 spoolmark -c case.db --undo $r && has "^1 mark taken back" &&
	run 0 spoollist -c case.db --class relay -w "id = '"'$r'"'" &&
	run 0 spoollist -c case.db --ledger -o ndjson &&
	jq -es "map(.verb) | index(\"mark\") and index(\"unmark\")" out &&
	has "asked bob" && run 0 spoollist -c case.db --verify'

t 'a condition marks all that it chooses, filters too' '
	n=$(total --class unsure) && [ "$n" -gt 0 ] &&
	run 0 spoolmark -c case.db -w "class = '"'unsure'"'" spam && has "^$n marked spam" &&
	[ "$(total --class unsure)" -eq 0 ] &&
	run 0 spoolmark -c case.db --undo --class spam -w "judged = '"'unsure'"'" &&
	[ "$(total --class unsure)" -eq "$n" ]'

t 'names from a list, with NUL or line by line' '
	n=$(total --kind bounce --class relay,backscatter) &&
	spoollist -c case.db -0 --kind bounce --class relay,backscatter >list &&
	spoolmark -c case.db -0 - unsure <list >out 2>errs && has "^$n marked unsure" &&
	tr "\0" "\n" <list >lines && spoolmark -c case.db --undo - <lines >out &&
	has "^$n marks taken back"'

t 'one name that is none, and nothing is marked' '
	spoollist -c case.db --ledger -o csv >before &&
	run 2 spoolmark -c case.db $r nosuchid legit && has "nosuchid" errs &&
	run 2 spoolmark -c case.db -w "nope" legit && run 2 spoolmark -c case.db legit &&
	run 2 spoolmark -c case.db $r good && run 2 spoolmark -c case.db -w 1 $r legit &&
	run 1 spoolmark -c case.db -w "size < 0" legit &&
	run 0 spoollist -c case.db --ledger -o csv && cmp before out &&
	run 1 spoollist -c case.db -w "marked_by IS NOT NULL"'

t 'what a person types can attack nobody' '
	run 0 spoolmark -c case.db --because "$(printf "\033[2J=cmd")" $r legit &&
	run 0 spoolshow -c case.db $r && plain out &&
	for o in table ndjson csv; do
		run 0 spoollist -c case.db -w "id = '"'$r'"'" -o $o && plain out || exit 1
		run 0 spoollist -c case.db --ledger -o $o && plain out || exit 1
	done && run 0 spoolmark -c case.db --undo $r'

# One entry, whole.
f=$(spoollist -c case.db -0 -w "id = '$r'" | tr -d '\0')
t 'by id, by its beginning, by path below the spool, by file' '
	p=$(id -w "id = '"'$r'"'" --columns path) &&
	run 0 spoolshow -c case.db -s inc/site.conf $r && cp out want &&
	for name in "$(echo $r | cut -c 1-9)" "$p" "$f"; do
		run 0 spoolshow -c case.db -s inc/site.conf "$name" && cmp out want || exit 1
	done'

t 'class and evidence are those of the whole scan' '
	hasnt "judged alone" want &&
	spoolscan -s inc/site.conf -o ndjson inc 2>/dev/null >scan
	jq -r "select(.id == \"$r\") | .evidence[] | \"\(.rule): \(.fact)\"" scan >rules
	[ -s rules ] && while read -r l; do grep -qF "$l" want || exit 1; done <rules'

t 'bytes, parts and header come from where they are' '
	spoolshow -c case.db --raw $r >raw && cmp raw "$f" &&
	[ "$(sha256sum <raw | cut -c 1-64)" = "$(sed -n "s/^sha256  *//p" want)" ] &&
	run 0 spoolshow -c case.db --headers $r && plain out && has "^Received: "'

t 'a message whose bytes changed is not shown as the one of the case' '
	cp "$f" keep && echo more >>"$f" && run 0 spoolshow -c case.db $r &&
	has "^its bytes are not here" && has "another message" && hasnt "^header" &&
	run 4 spoolshow -c case.db --raw $r && [ ! -s out ] && cp keep "$f"'

t 'one that is gone is shown from the case' '
	rm "$f" && run 0 spoolshow -c case.db $r && has "^class  *relay" &&
	has "^its bytes are not here" && cp keep "$f"'

mkdir box
printf 'From a@example.org Mon Jan  5 01:00:00 2004\nSubject: one\n\n1\n\nFrom a@example.org Mon Jan  5 01:00:00 2004\nSubject: two\n\n2\n' >box/x.mbox
mkdir -p tarred/Imcdata && cp -R "$top/tests/spool/ims55/good-imcdata/." tarred/Imcdata
tar -cf t.tar -C tarred Imcdata
spoolscan -d example.org -c other.db box t.tar >out 2>errs
t 'entries in an mbox and inside archives are shown, and verified' '
	spoollist -c other.db -o csv --columns id >ids && tail -n +2 ids | tr -d "\r" >list &&
	n=$(wc -l <list) && [ "$n" -ge 6 ] &&
	spoolshow -c other.db -d example.org - <list >out 2>errs; [ $? -eq 0 ] &&
	[ "$(grep -c "^id  " out)" -eq "$n" ] && hasnt "bytes are not here" &&
	run 0 spoollist -c other.db --verify && has "^entries: $n as they were"'

t_done
