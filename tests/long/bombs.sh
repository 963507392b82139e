#!/bin/sh
# Files made to use up a machine: bounded time and memory, and a word about it.
# MESSAGES=10000000 lines "From ", each a message of nothing.
. "${0%/*}/../e2e/lib.sh"

mkdir s && printf 'From: a@example.org\nSubject: x\n\nx\n' >s/1.eml
messages=${MESSAGES:-10000000}

t "an mbox of $messages lines From_: 300 bytes of memory for each" '
	perl -e "my \$f = qq(From a\\@example.org Mon Jan  5 01:00:00 2004\n\n) x 10000;
	    print \$f for 1 .. $messages / 10000" >m.mbox &&
	bound 0 1200 $((500000 + messages * 3 / 10)) spoolscan -j 1 m.mbox; r=$?
	rm m.mbox; [ $r -eq 0 ] && has "$(echo "$messages" | sed ":a; s/\([0-9]\)\([0-9]\{3\}\)\($\|,\)/\1,\2\3/; ta") messages"'
t 'a gzip of a gzip of a gzip, 40 deep, as a spool and as a log' '
	cp s/1.eml q && i=0 && while [ $i -lt 40 ]; do
		gzip -nc q >q2 && mv q2 q && i=$((i + 1)); done && mv q q.gz &&
	bound 4 60 300000 spoolscan q.gz && has "too many filters" errs &&
	bound 4 60 300000 spoollog q.gz && has "too many filters" errs'
t 'a gzip that unpacks to itself, as a spool, a log and an archive' '
	perl "$top/tests/long/quine.pl" >quine.gz && gzip -dc quine.gz | cmp - quine.gz &&
	for c in spoolscan spoollog spoolstat "spoolarchive --list"; do
		bound 4 60 300000 $c quine.gz && has "too many filters" errs || exit 1
	done && bound 1 60 300000 spoolarchive --verify quine.gz'
t 'a 7z with a member of 10 GB' '
	truncate -s 10G z && bsdtar --format 7zip --options compression=deflate,compression-level=1 \
	    -cf z.7z z s/1.eml && rm z &&
	bound 3 300 500000 spoolscan -0 z.7z && grep -qz "s/1.eml" out && has "z.7z/z" errs;
	r=$?; rm -f z z.7z; exit $r'
t 'a log of one line of 2 GB, and one that unpacks to it' '
	truncate -s 2G l.log && { bound 4 300 300000 spoollog l.log || [ $got -le 4 ]; } &&
	gzip -1 l.log && { bound 4 300 300000 spoollog l.log.gz || [ $got -le 4 ]; } && [ -s errs ];
	r=$?; rm -f l.log l.log.gz; exit $r'
t 'a zip of 4 GB of nothing is refused, and its neighbour read' '
	truncate -s 4G z && bsdtar --format zip -cf z.zip z s/1.eml && rm z &&
	bound 3 60 300000 spoolscan -0 z.zip && grep -qz "s/1.eml" out && has "too large\|many times" errs'
t 'links out of a tar lead nowhere' '
	ln -s /etc/passwd s/l && ln -s ../../../etc s/d && ln s/1.eml s/hard && tar -cf l.tar s &&
	bound 3 60 300000 spoolscan -o ndjson l.tar && hasnt root: && has "a link" errs'

t_done
