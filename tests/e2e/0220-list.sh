#!/bin/sh
# spoollist: entries of a case, chosen and printed.
. "$(dirname "$0")/lib.sh"

"$B/scripts/make-incident" -n 1000 -s 3 inc >/dev/null 2>&1
run 0 spoolscan -s inc/site.conf -c case.db inc || [ "$got" -eq 3 ] || exit 1
count() { tail -n +2 "$1" | wc -l; }
paths() { tr '\0' '\n' <"$1" | sed "s:^$work/::" | sort; }

t 'a case prints what the scan printed, in every form' '
	for o in ndjson csv ecs bodyfile; do
		spoolscan -s inc/site.conf -o $o inc >scan 2>errs </dev/null
		run 0 spoollist -c case.db -o $o || exit 1
		sed "s:$work/::g" out | sort >got; sort scan | cmp - got ||
		    { echo $o; exit 1; }
	done'

# Two ways to ask one question.
while read -r filter; do
	t "as in spoolscan: $filter" "
		spoolscan -s inc/site.conf -0 $filter inc >scan 2>errs </dev/null
		run 0 spoollist -c case.db -0 $filter &&
		paths out >got && paths scan | diff - got && [ -s got ]"
done <<'END'
--class relay,spam
--kind bounce
--reason 'relay/*'
--folder out,'in*'
--sender '*@Example.COM'
--sender '<>'
--rcpt '*@*.example'
--rcpt '*a*,*b*' --class relay
--client 198.51.100.0/24
--subject '*o*e*'
--since 2004-01-05T06:00:00Z --until 2004-01-05T12:00:00Z
--class legit --client 203.0.113.0/24,192.0.2.0/24
END

t 'a condition means any recipient, any client' '
	run 0 spoollist -c case.db -o csv -w "rcpt_domain = '"'example.com'"'" &&
	n=$(count out) && spoolscan -s inc/site.conf -o ndjson inc >scan 2>errs
	[ "$n" -eq "$(jq -c "select(any(.recipients[]?;
	    .address | endswith(\"@example.com\")))" scan | wc -l)" ]'

t 'totals add up, the largest first, hours in order' '
	run 0 spoollist -c case.db --by client -o csv && cut -d, -f2 out | tail -n +2 >n &&
	sort -rnc n && [ "$(awk "{ s += \$1 } END { print s }" n)" -eq 1000 ] &&
	run 0 spoollist -c case.db --by hour -o csv &&
	cut -d, -f1 out | tail -n +2 | sort -c &&
	run 0 spoollist -c case.db --by sender -n 3 && [ "$(wc -l <out)" -eq 4 ] &&
	run 0 spoollist -c case.db --by client -o ndjson --class relay &&
	jq -es "map(.entries == .relay) | all" out'

t 'totals by class are what the classes list' '
	run 0 spoollist -c case.db --by class -o csv && mv out classes &&
	tail -n +2 classes | tr -d "\r" | cut -d, -f1,2 | while IFS=, read -r c k; do
		run 0 spoollist -c case.db --class "$c" -o csv &&
		[ "$(count out)" -eq "$k" ] || exit 1
	done &&
	[ "$(awk -F, "NR > 1 { s += \$2 } END { print s }" classes)" -eq 1000 ]'
t 'columns, order and number are as asked' '
	run 0 spoollist -c case.db --columns id,size,from --sort -size -n 20 -o csv &&
	[ "$(head -n 1 out | tr -d "\r")" = id,size,from ] &&
	cut -d, -f2 out | tail -n +2 >n && [ "$(wc -l <n)" -eq 20 ] && sort -rnc n &&
	run 0 spoollist -c case.db -w "campaign = 1" --columns campaign -o csv &&
	[ "$(tr -d "\r" <out | sort | uniq -c | awk "{ print \$2 }" | tr "\n" " ")" = "1 campaign " ] &&
	run 0 spoollist -c case.db --columns id,problems -n 1 && [ "$(wc -l <out)" -eq 2 ] &&
	run 2 spoollist -c case.db --columns id,nope && has "not one of id" errs &&
	run 2 spoollist -c case.db --sort nope && run 2 spoollist -c case.db -o ecs --columns id'

t 'nothing chosen is status 1' '
	run 1 spoollist -c case.db -w "size < 0" && run 1 spoollist -c case.db --by client -w 0'

# -w can read, and nothing else.
cp case.db before.db
while read -r word; do
	t "a condition cannot: $word" "
		run 2 spoollist -c case.db -w \"$word\" && [ ! -s out ] &&
		has 'the condition' errs && plain errs && cmp case.db before.db"
done <<'END'
1; DELETE FROM entry
1); DELETE FROM entry; --
1) UNION SELECT 1 FROM (DELETE FROM entry RETURNING 1
1 IN (INSERT INTO mark VALUES (1,1,1,1,1,1) RETURNING 1)
1; ATTACH 'x.db' AS x
load_extension('/tmp/x.so')
1; PRAGMA writable_schema = 1
1 IN (SELECT 1 FROM pragma_journal_mode('delete'))
writefile('x', 'y')
1 = (
clas = 'relay'
END

t 'the message points at the wrong word' '
	run 2 spoollist -c case.db -w "class = '"'relay'"' AND sneder = 1" &&
	has "character 21, \"sneder\"" errs &&
	run 2 spoollist -c case.db -w "in_network('"'nonsense'"', client)" &&
	has "neither an address nor a network" errs'

t 'a case that is none, and none at all' '
	echo no case >x && run 4 spoollist -c x && run 4 spoollist -c none.db &&
	run 2 spoollist && [ ! -e none.db ]'

t 'ledger: what was done, in each form' '
	run 0 spoollist -c case.db --ledger && has "^ *1  .* spoolscan  scan " &&
	run 0 spoollist -c case.db --ledger -o ndjson &&
	jq -es "length == 1 and .[0].id == 1 and (.[0].hash | length == 64)" out &&
	run 0 spoollist -c case.db --ledger -o csv && [ "$(count out)" -eq 1 ]'

t 'verify: all is as it was, and the head is known again' '
	run 0 spoollist -c case.db --verify && has "^schema: as it should be" &&
	has "^entries: [0-9]* as they were scanned, 0 changed, 0 gone" &&
	head=$(sed -n "s/.* head //p" out) &&
	run 0 spoollist -c case.db --verify --head $head &&
	run 1 spoollist -c case.db --verify --head $(echo $head | tr 0-9a-f 1-9a-f0) &&
	has "no row with that hash" errs && run 2 spoollist -c case.db --verify --head 12'

if command -v sqlite3 >/dev/null; then
	t 'verify finds a dropped trigger, and a changed row of the ledger' '
		cp case.db bad.db && sqlite3 bad.db "DROP TRIGGER ledger_delete" &&
		run 1 spoollist -c bad.db --verify && has "triggers, not" errs &&
		sqlite3 bad.db "DROP TRIGGER ledger_update;
		    UPDATE ledger SET result = '"'nothing'"'" &&
		run 1 spoollist -c bad.db --verify && has "not what was written" errs'
	# foreign WHAT SQL: a case that somebody changed so is opened by nobody.
	foreign() {
		cp case.db bad.db && sqlite3 bad.db "$2" && cp bad.db was.db || return 1
		for c in "spoollist -c bad.db" "spoolreport -c bad.db -" \
		    "spoolmark -c bad.db -w 1 relay" "spoolshow -c bad.db x" \
		    "spoolscan -c bad.db inc"; do
			bound 4 20 2000000 $c && has "the $1 is not ours" errs &&
			cmp bad.db was.db || return 1
		done
	}
	endless="WITH RECURSIVE x(a) AS (SELECT 1 UNION ALL SELECT a + 1 FROM x)"
	t 'a view that says something else is not asked' '
		foreign "view timeline" "DROP VIEW timeline; CREATE VIEW timeline AS SELECT 1"'
	t 'nor a view without end in the place of a table' '
		foreign "view entry" "DROP TABLE entry; CREATE VIEW Entry AS
		    $endless SELECT a AS entry, a AS spool, 1 AS path FROM x"'
	t 'a trigger that keeps what is done out of the case does not run' '
		foreign "trigger t" "CREATE TRIGGER t BEFORE INSERT ON replay
		    BEGIN SELECT RAISE(IGNORE); END"'
	t 'nor one without end' '
		foreign "trigger t" "CREATE TRIGGER t AFTER INSERT ON mark BEGIN
		    INSERT INTO meta SELECT a, a FROM ($endless SELECT a FROM x); END"'
	t 'an index that would refuse rows is not kept up' '
		foreign "index u" "CREATE UNIQUE INDEX u ON mark (class)" &&
		foreign "index entry_id" "DROP INDEX entry_id;
		    CREATE UNIQUE INDEX entry_id ON entry (id)"'
	t 'a UUID that would lead out of the folder it names is none' '
		cp case.db bad.db && sqlite3 bad.db "UPDATE meta SET
		    value = '"'../../../../../../../../../../../tmp/x'"' WHERE key = '"'uuid'"'" &&
		run 4 spoollist -c bad.db && has "UUID is none" errs &&
		run 4 spoolmark -c bad.db -w 1 relay'
	t 'tables and views of your own do no harm' '
		cp case.db bad.db && sqlite3 bad.db "CREATE TABLE notes (a);
		    CREATE VIEW mine AS SELECT * FROM entry" &&
		run 0 spoollist -c bad.db && run 0 spoolmark -c bad.db -w 1 relay &&
		run 1 spoollist -c bad.db --verify && has "mine is not as" errs'
	t 'a value of a gigabyte is not read' '
		cp case.db bad.db && sqlite3 bad.db "UPDATE entry SET
		    subject = zeroblob(100000000) WHERE rowid = 1" &&
		bound 4 60 400000 spoollist -c bad.db && has "too big" errs; r=$?
		rm -f bad.db; exit $r'
	t 'a digest that is none is told' '
		cp case.db bad.db && sqlite3 bad.db "UPDATE entry SET sha256 = char(65) WHERE row = 1" &&
		run 1 spoollist -c bad.db --verify && has " 1 changed" && has "digest in the case is damaged" errs'
else
	t 'skipped: no sqlite3 here # SKIP' true
fi

t 'verify finds changed files, and counts those that are gone' '
	f=$(spoollist -c case.db -0 -n 1 --sort size -w "size > 100" | tr "\0" "\n") &&
	g=$(spoollist -c case.db -0 -n 1 --sort -size | tr "\0" "\n") &&
	cp "$f" keep && echo more >>"$f" && rm "$g" &&
	run 1 spoollist -c case.db --verify && has " 1 changed, 1 gone" &&
	grep -qF "$f" errs && cp keep "$f"'

t 'it reads what it may not write' '
	chmod 400 case.db && run 0 spoollist -c case.db -n 1; r=$?; chmod 600 case.db; exit $r'

# Values that attack, in every form, and read by somebody else.
mkdir bad
i=0
while read -r subject; do
	i=$((i + 1))
	{ printf 'Received: from x ([203.0.113.5]) by mail.example.org with SMTP; Mon, 5 Jan 2004 01:00:00 +0000\nFrom: a@example.net\nTo: b@example.org\nDate: Mon, 5 Jan 2004 01:00:00 +0000\nSubject: '
	printf "$subject"
	printf '\n\n.\n'; } >"bad/$i.eml"
done <<'END'
\033]0;x\a\033[2Jend
=cmd|/c calc!A1
<script>alert(1)</script>, "quoted"
\377\376 no UTF-8 \303\050
100%%1B[2J|0|1|2 a bar and a percent
\342\200\256gnp.exe turned round
END
{ printf 'From: a@example.net\nTo: b@example.org\nX-Long: '
head -c 1000000 /dev/zero | tr '\0' a
printf '\nSubject: behind 1 MB\n\n.\n'; } >bad/7.eml
run 0 spoolscan -d example.org -c bad.db bad

t 'nothing that attacks gets through, in any form' '
	for o in table csv ndjson ecs bodyfile; do
		run 0 spoollist -c bad.db -o $o && plain out || { echo $o; exit 1; }
	done &&
	run 0 spoollist -c bad.db -x && plain out &&
	run 0 spoollist -c bad.db --by sender && plain out'

if command -v python3 >/dev/null; then
	t 'an independent reader has the CSV and the JSON as they were meant' '
		spoollist -c bad.db -o csv >b.csv && spoollist -c bad.db -o ndjson >b.ndjson &&
		spoollist -c bad.db -o ecs >b.ecs && run 0 python3 - <<EOF
import csv, json
rows = list(csv.DictReader(open("b.csv", newline="", encoding="utf-8")))
docs = [json.loads(l) for l in open("b.ndjson", encoding="utf-8")]
ecs = [json.loads(l) for l in open("b.ecs", encoding="utf-8")]
assert len(rows) == len(docs) == len(ecs) == 7
by = {d["path"]: d for d in docs}
for r in rows:
    assert not any(str(v)[:1] in "=+-@\t\r" and v for v in r.values()), r
    assert r["id"] == by[r["path"]]["id"]
assert by["1.eml"]["subject"] == "\x1b]0;x\x07\x1b[2Jend"
assert by["2.eml"]["subject"] == "=cmd|/c calc!A1"
assert [r for r in rows if r["path"] == "2.eml"][0]["subject"] == "\x27=cmd|/c calc!A1"
assert by["3.eml"]["subject"] == "<script>alert(1)</script>, \"quoted\""
assert [r for r in rows if r["path"] == "3.eml"][0]["subject"] == by["3.eml"]["subject"]
assert "header beyond the limit" in " ".join(by["7.eml"]["problems"])
e = [x for x in ecs if x["file"]["path"].endswith("/2.eml")][0]
assert e["email"]["from"]["address"] == ["a@example.net"]
assert e["email"]["to"]["address"] == ["b@example.org"]
assert e["@timestamp"] == "2004-01-05T01:00:00Z" and e["source"]["ip"] == "203.0.113.5"
assert len(e["file"]["hash"]["sha256"]) == 64
EOF'
else
	t 'skipped: no python3 here # SKIP' true
fi

if command -v mactime >/dev/null; then
	t 'mactime reads the body file' '
		spoollist -c bad.db -o bodyfile >b.body &&
		run 0 env TZ=UTC mactime -b b.body -d -y && plain out &&
		has "^2004-01-05T01:00:00Z,.*5.eml" && hasnt "^0000" &&
		has "100%1B" && [ "$(grep -c "^2004" out)" -ge 6 ] &&
		spoollist -c case.db -o bodyfile >c.body &&
		run 0 env TZ=UTC mactime -b c.body -d -y &&
		[ "$(grep -c . out)" -gt 900 ]'
else
	t 'skipped: no mactime here (sleuthkit) # SKIP' true
fi

t 'a full disk is an error' '
	[ -c /dev/full ] || { echo "no /dev/full"; exit 0; }
	spoollist -c bad.db >/dev/full 2>errs; [ $? -eq 4 ]'

t_done
