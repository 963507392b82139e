#!/bin/sh
# What real mail does against the RFCs: a record for each fixture of
# tests/spool/wild, its title from the list there.
. "$(dirname "$0")/lib.sh"

wild=$top/tests/spool/wild
record=golden/wild.ndjson
mkdir wild golden
cp "$wild"/*.eml wild/
touch -d 2004-01-05T12:00:00Z wild/*	# the last resort for "arrived"
: >all.ndjson
if [ -z "${GOLD-}" ]; then
	cp "$golden/wild.ndjson" "$record"
fi
cat >site.conf <<'END'
[site]
local_domains = example.com
hosts = mx.example.com
	192.0.2.10
trusted = 192.0.2.0/24
END

# One record, and the golden one of this file.
read_alone() {
	run 0 spoolscan -s site.conf -f eml -o ndjson "wild/$1.eml" || return 1
	cat out >>all.ndjson
	[ -n "${GOLD-}" ] || grep -F "\"path\":\"$1.eml\"" "$record" |
	    diff -u - out
}

sed -n 's/^- `\(.*\)\.eml`: \(.*\)/\1	\2/p' "$wild/README.md" >list
while IFS='	' read -r name what; do
	t "$name: $what" "read_alone $name"
done <list

t 'the list names each file, once' '
	cut -f 1 list | sort >named
	(cd wild && ls) | sed "s/\.eml\$//" | sort >there
	diff -u there named'

t 'docs/WILD.md names each file, and no others' '
	grep -o "\`\(good\|odd\|bad\)-[a-z0-9-]*\`" "$top/docs/WILD.md" | tr -d "\`" |
	    sort -u >told
	diff -u there told'

t 'the records are the golden ones, and no others' '
	run 0 cat all.ndjson && same wild.ndjson'

t 'each record is JSON, with no control byte in it' '
	run 0 jq -e . all.ndjson && ! LC_ALL=C tr -d "\n\040-\176\200-\377" <all.ndjson | grep -q .'

t 'any number of threads prints the same bytes' '
	run 0 spoolscan -s site.conf -f eml -o ndjson -j 1 wild && mv out one &&
	run 0 spoolscan -s site.conf -f eml -o ndjson -j 7 wild && cmp one out'

t 'a table of all of it has no control byte and no escape' '
	run 0 spoolscan -s site.conf -f eml --explain wild &&
	! LC_ALL=C tr -d "\n\040-\176\200-\377" <out | grep -q .'

t_done
