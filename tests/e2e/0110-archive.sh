#!/bin/sh
# spoolarchive: a tree is in the archive, all of it, and comes out again.
. "${0%/*}/lib.sh"

N=${N:-1200}
"$B/scripts/make-incident" -n "$N" -s 41 inc >/dev/null 2>&1

# Everything that a name can be and a file can have.
odd() {
	mkdir -p odd/sub 'odd/new
line' && cd odd || return 1
	printf a >'a
b'; printf b >"$(printf '\377\376')"; printf c >'per%cent'
	printf d >'back\slash'; printf e >'~odd-1'; printf f >'esc[0m'
	printf g >"$(printf '%0255d' 7)"; : >empty; printf h >'new
line/inner'
	printf hard >h1 && ln h1 h2 && ln h1 sub/h3
	ln -s sub/x link; ln -s "$(printf 'odd\377target')" oddlink
	mkfifo fifo; truncate -s 20M sparse
	printf xyz | dd of=sparse bs=1 seek=10000000 conv=notrunc 2>/dev/null
	head -c 3500000 /dev/urandom >large && ln large sub/large
	setfattr -n user.Zone.Identifier -v 'ZoneId=3
\001' empty 2>/dev/null
	chmod 4751 'per%cent'; chmod 500 sub
	touch -d '2001-02-03 04:05:06.123456789' empty sub
	cd ..
}
odd

# What an independent program sees of a tree.
look() {
	(cd "$1" && find . -printf '%P %y %m %u %g %s %T@ %l %n\0' |
	    LC_ALL=C sort -z | tr '\0' '\n' | sed 's/ d\(.*\) [0-9]* \([0-9]*\.[0-9]*\) \(.*\)/ d\1 \2 \3/'
	find . -type f -print0 | LC_ALL=C sort -z | xargs -0 sha256sum
	find . -print0 | LC_ALL=C sort -z | xargs -0 getfattr -h -d -m - 2>/dev/null)
}

t 'a spool becomes an archive and a digest' '
	run 0 spoolarchive inc inc.tar.zst && has "verified" &&
	sha256sum --quiet -c inc.tar.zst.sha256 && [ ! -e .inc.tar.zst.partial ]'
t 'zstd and GNU tar read it without a word' '
	zstd -q -t inc.tar.zst && tar -tf inc.tar.zst >names 2>errs && [ ! -s errs ] &&
	mkdir gnu && tar -C gnu -xpf inc.tar.zst 2>errs && [ ! -s errs ] &&
	diff -r inc gnu/inc/data'
t 'what GNU tar extracts is a bag' '
	cd gnu/inc && sha256sum --quiet -c manifest-sha256.txt tagmanifest-sha256.txt &&
	find data -type f | sort >../is && sed "s/^[^ ]*  //" manifest-sha256.txt | sort >../says &&
	cmp ../is ../says && grep -qx "BagIt-Version: 1.0" bagit.txt &&
	[ "Payload-Oxum: $(cat $(cat ../is) | wc -c).$(wc -l <../is)" = "$(grep Oxum bag-info.txt)" ]'
t 'each message is a line of entries.ndjson, as a scan has it' '
	spoolscan -o ndjson inc 2>errs | jq -r "[.id, .class, .reason, .sha256, .sender.address] | @tsv" | sort >want &&
	jq -r "[.id, .class, .reason, .sha256, .sender.address] | @tsv" gnu/inc/entries.ndjson | sort >got &&
	[ "$(wc -l <got)" -eq "$N" ] && cmp want got'
[ ! -e "$B/tests/spoil.so" ] || for at in 4 1000 "$(($(wc -c <inc.tar.zst) / 2))" \
    "$(($(wc -c <inc.tar.zst) - 100))"; do
	t "the disk keeps another byte at $at: it is found, and nothing is left" '
		run 4 env LD_PRELOAD="$B/tests/spoil.so" SPOIL=.partial SPOIL_AT="$at" \
		    spoolarchive inc spoilt.tar.zst &&
		has "look at the disk\\|damaged" errs && [ -z "$(ls -A | grep spoilt)" ]'
done
t 'the archive is a spool' '
	spoolscan -o ndjson inc.tar.zst 2>errs | jq -r .id | sort >got &&
	cut -f 1 want | sort >ids && cmp ids got'
t 'any number of threads packs the same tree' '
	run 0 spoolarchive -j 1 inc one.tar.zst && run 0 spoolarchive -j 5 inc five.tar.zst &&
	tar -xOf one.tar.zst one/manifest-sha256.txt >a && tar -xOf five.tar.zst five/manifest-sha256.txt >b && cmp a b'
for z in tar tar.gz; do
	t "$z is one as well" "
		run 0 spoolarchive inc plain.$z && run 0 spoolarchive --verify plain.$z &&
		mkdir $z.d && tar -C $z.d -xf plain.$z 2>errs && [ ! -s errs ] && diff -r inc $z.d/plain/data"
done
t 'frames take no more than a stream of the tree would, with a case or not' '
	{ spoolscan -c size.db -s inc/site.conf inc >/dev/null 2>&1 || [ $? -eq 3 ]; } &&
	run 0 spoolarchive -c size.db --no-verify inc size.tar.zst &&
	stream=$(tar -C inc -cf - . | zstd -3 -qc | wc -c) &&
	alone=$(perl "$top/tests/payload.pl" inc.tar.zst) && cased=$(perl "$top/tests/payload.pl" size.tar.zst) &&
	echo "$alone $cased $stream" && [ "$alone" -le $((stream * 106 / 100)) ] && [ "$cased" -le "$stream" ]'
t 'odd names, links, holes, attributes: GNU tar has no word about them' '
	run 0 spoolarchive odd odd.tar.zst && mkdir gnuodd &&
	tar -C gnuodd --xattrs -xpf odd.tar.zst >log 2>&1 && [ ! -s log ] &&
	cd gnuodd/odd && sha256sum --quiet -c manifest-sha256.txt'
t 'an archive is never written over' '
	cp inc.tar.zst before && run 2 spoolarchive inc inc.tar.zst &&
	has "nothing is ever written over" errs && cmp before inc.tar.zst'
t 'an archive in its own tree is refused, and nothing is left of it' '
	run 2 spoolarchive inc inc/self.tar.zst && [ -z "$(find inc -name "*self*")" ]'
t 'parts are bags of their own, and none is larger than was said' '
	run 0 spoolarchive --split 300000 inc part.tar.zst && set -- part-*.tar.zst &&
	[ $# -ge 3 ] && for f; do
		[ "$(wc -c <$f)" -le 300000 ] && run 0 spoolarchive --verify $f &&
		tar -xf $f || exit 1
	done && cat part-*/manifest-sha256.txt | sort >a &&
	sort gnu/inc/manifest-sha256.txt >b && cmp a b'
# Each entry's bytes from where the case knows them, the tree being gone.
shown() {
	spoollist -c "$1" -o ndjson | jq -r .id | sort >ids && : >got &&
	for i in $(awk "NR % 40 == 1" ids); do spoolshow -c "$1" --raw "$i" | sha256sum; done
}
t 'a case knows which part or selection holds an entry' '
	mkdir box && cp -a inc box/inc && { spoolscan -c box/case.db box/inc/Imcdata >/dev/null 2>&1 || [ $? -eq 3 ]; } &&
	cp box/case.db box/only.db && shown box/case.db >want &&
	run 0 spoolarchive -c box/case.db --split 400000 box/inc/Imcdata box/p.tar.zst && [ -e box/p-002.tar.zst ] &&
	run 0 spoolarchive -c box/only.db --only "class <> \"relay\"" box/inc/Imcdata box/o.tar.zst &&
	mv box/inc box/away && shown box/case.db >got1 && cmp want got1 &&
	id=$(spoollist -c box/only.db -w "class = \"relay\"" -o ndjson | jq -r .id | head -n 1) &&
	run 4 spoolshow -c box/only.db --raw "$id" && hasnt "o.tar.zst" errs &&
	id=$(spoollist -c box/only.db -w "class <> \"relay\"" -o ndjson | jq -r .id | head -n 1) &&
	run 0 spoolshow -c box/only.db --raw "$id" && [ -s out ]'
t 'what lies in archives only is verified in one pass over each of them' '
	run 0 spoollist -c box/case.db --verify && has "entries: [1-9][0-9]* as they were scanned, 0 changed, 0 gone" &&
	run 0 spoollist -c box/only.db --verify -w "class <> \"relay\"" && has "0 changed, 0 gone" &&
	run 0 spoollist -c box/only.db --verify -w "class = \"relay\"" && has "entries: 0 as .* [1-9][0-9]* gone" &&
	cp box/only.db box/other.db && command -v strace >/dev/null && command -v sqlite3 >/dev/null ||
	    { echo "no strace or no sqlite3: the passes are not counted" >&2; exit 0; }
	export ASAN_OPTIONS=detect_leaks=0	# no leak check under ptrace
	strace -f -qq -o trace -e trace=openat "$B/bin/spoollist" -c box/case.db --verify >/dev/null &&
	for f in box/p-*.tar.zst; do
		[ "$(grep -c "$f" trace)" -le 4 ] || { grep -c "$f" trace; exit 1; }
	done && sqlite3 box/other.db "UPDATE entry SET sha256 = zeroblob(32) WHERE row = (SELECT min(row) FROM entry WHERE class = \"legit\")" &&
	run 1 spoollist -c box/other.db --verify -w "class = \"legit\"" && has " 1 changed, 0 gone" &&
	has "o.tar.zst/.*holds another message than when it was scanned" errs'
t 'a full disk is an error, and nothing is left' '
	mkdir small && { mount -t tmpfs -o size=128k none small 2>/dev/null || exit 0; }
	run 4 spoolarchive inc small/x.tar.zst && has "small/x.tar.zst: cannot write the archive: No space" errs
	r=$? left=$(ls -A small); umount small; [ $r = 0 ] && [ -z "$left" ]'
t 'where nothing is open, as a daemon may start it, no file is the standard output' '
	spoolarchive odd closed.tar.zst <&- >&- 2>&-; [ $? -eq 4 ] &&
	run 0 spoolarchive --verify closed.tar.zst &&
	spoolarchive --extract closed.tar.zst closed <&- >&- 2>&-
	diff -r odd closed | grep -v "[Ff]ifo"; rm closed.tar.zst*
	spoolscan -o ndjson inc >&- 2>errs; [ $? -eq 4 ] &&
	hasnt "temporary file" errs && has "stdout: write error" errs'
t 'of a file with a bad place on the disk all the rest is in the archive' '
	command -v strace >/dev/null || { echo "no strace: not looked at" >&2; exit 0; }
	export ASAN_OPTIONS=detect_leaks=0	# no leak check under ptrace
	mkdir worn && head -c 3500000 /dev/urandom >worn/big && echo hi >worn/small &&
	worn() { strace -f -qq -o trace -P "$work/worn/big" -e trace=pread64 "$@" spoolarchive -j 1 -d example.com worn worn.tar.zst; } &&
	run 0 worn && rm worn.tar.zst* &&
	at=$(grep -n " 1048576, 1048576)" trace | head -n 1 | cut -d : -f 1) &&
	run 3 worn -e "inject=pread64:error=EIO:when=$at" &&
	has "big: parts cannot be read, and are zeros: Input/output error" errs &&
	run 0 spoolarchive --verify worn.tar.zst && run 0 spoolarchive --extract worn.tar.zst unworn &&
	cmp worn/small unworn/small && [ "$(stat -c %s unworn/big)" -eq 3500000 ] &&
	n=$(cmp -l worn/big unworn/big | wc -l) && [ "$n" -gt 0 ] && [ "$n" -le 1048576 ] &&
	tar -xOf worn.tar.zst worn/members.ndjson | grep "\"parts cannot be read"'
t 'a level that gzip has not is a usage error, and nothing is left' '
	run 2 spoolarchive --level 12 odd level.tar.gz && has "gzip has 1 to 9" errs &&
	[ -z "$(ls -A | grep level)" ] && run 0 spoolarchive --level 9 odd level.tar.gz'
t 'a folder that cannot be written is an error' '
	run 4 spoolarchive inc nowhere/x.tar.zst && has "cannot open its folder" errs'
t 'a read-only target is an error' '
	mkdir ro && { mount -t tmpfs -o ro none ro 2>/dev/null || { echo "no mount: not looked at" >&2; exit 0; }; }
	run 4 spoolarchive inc ro/x.tar.zst && has "Read-only" errs
	r=$?; umount ro; [ $r = 0 ]'
# A file that is written to, and one that goes away, while others are packed.
restless() {
	mkdir live && head -c 30000000 /dev/urandom >live/a-large && truncate -s 31M live/z-gone && printf kept >live/b-kept &&
	: >writing || return 1
	while [ -e writing ]; do
		printf x >>live/a-large
		[ ! -s .live.tar.zst.partial ] || rm -f live/z-gone
		sleep 0.005
	done &
	run 3 spoolarchive -j 1 live live.tar.zst
	r=$?; rm writing; wait; return $r
}
t 'what changes or vanishes meanwhile is told, and the archive is good' '
	restless && has "a-large: changed while it was read" errs && has "1 files went away" errs &&
	run 0 spoolarchive --verify live.tar.zst && tar -xOf live.tar.zst live/members.ndjson >members &&
	[ "$(jq -r "select(.absent).path" members)" = z-gone ] &&
	[ "$(jq -r "select(.problem == \"changed while it was read\").path" members)" = a-large ]'
t 'and what changed is not pruned' '
	printf new >live/z-gone && run 3 spoolarchive --prune --commit live live.tar.zst &&
	[ "$(ls live | tr "\n" " ")" = "a-large z-gone " ]'
t 'sockets, as a live Postfix has, are told in one line, and nothing is amiss' '
	mkdir -p tied/private && printf a >tied/a && perl -MIO::Socket::UNIX -e "
	    IO::Socket::UNIX->new(Local => qq(tied/private/\$_), Listen => 1) or die for qw(smtp error)" &&
	run 0 spoolarchive tied tied.tar.zst && has "2 sockets, which have no bytes" errs && [ "$(wc -l <errs)" -eq 1 ] &&
	tar -I zstd -xOf tied.tar.zst tied/members.ndjson | jq -r "select(.type == \"socket\") | .path" | sort >got &&
	printf "private/error\nprivate/smtp\n" | diff - got'
t 'what cannot be read is told, and stays' '
	command -v setpriv >/dev/null && [ "$(id -u)" = 0 ] || { echo "not root: not looked at" >&2; exit 0; }
	mkdir -p shut/d && printf a >shut/open && printf b >shut/shut && printf c >shut/d/c && chmod 0 shut/shut shut/d &&
	mkdir theirs && chown -R 65534 shut theirs && chmod 755 . &&
	as="setpriv --reuid=65534 --regid=65534 --clear-groups --bounding-set=-all" &&
	run 3 $as "$B/bin/spoolarchive" shut theirs/s.tar.zst && [ "$(grep -c "Permission denied" errs)" -eq 2 ] &&
	run 0 spoolarchive --verify theirs/s.tar.zst &&
	run 0 $as "$B/bin/spoolarchive" --prune --commit shut theirs/s.tar.zst && [ ! -e shut/open ] &&
	[ "$(cat shut/shut shut/d/c)" = bc ]'
few() {
	"$B/scripts/make-incident" -n 60 -s 44 few >/dev/null 2>&1
	run 0 spoolarchive few few.tar.zst && cp few.tar.zst kept
}
t 'one flipped byte, every 1000th is tried, is found, and prune refuses' '
	few && size=$(wc -c <kept) && at=7 tried=0 && [ $size -gt 20000 ] && (cd few && find . | sort) >before &&
	while [ $at -lt $size ]; do
		cp kept few.tar.zst && perl -e "open F, q(+<), q(few.tar.zst); seek F, $at, 0; read F, \$c, 1;
		    seek F, $at, 0; print F chr(ord(\$c) ^ 4)" &&
		run 1 spoolarchive --verify few.tar.zst || { echo "at $at"; exit 1; }
		spoolarchive --prune --commit few few.tar.zst >out 2>errs; got=$?
		[ $got = 1 ] || [ $got = 4 ] || { echo "prune: $got at $at"; exit 1; }
		at=$((at + 1000)) tried=$((tried + 1))
	done && (cd few && find . | sort) >after && cmp before after && [ $tried -gt 20 ]'
t 'what is cut off is found' '
	head -c 100000 inc.tar.zst >cut.tar.zst && run 1 spoolarchive --verify cut.tar.zst'
t 'what is no archive is none' '
	run 1 spoolarchive --verify site.conf 2>/dev/null || :
	printf hello >hello && run 1 spoolarchive --verify hello'

t_done
