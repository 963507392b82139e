#!/bin/sh
# spoolarchive --list, --extract, --prune.
. "${0%/*}/lib.sh"

N=${N:-800}
"$B/scripts/make-incident" -n "$N" -s 43 inc >/dev/null 2>&1

# Everything that a name can be and a file can have, but a way out.
odd() {
	mkdir -p odd/sub 'odd/new
line' && cd odd || return 1
	printf a >'a
b'; printf b >"$(printf '\377\376')"; printf c >'per%cent'
	printf d >'back\slash'; printf e >'~odd-1'
	printf g >"$(printf '%0255d' 7)"; : >empty; printf h >'new
line/inner'
	printf hard >h1 && ln h1 h2 && ln h1 sub/h3
	ln -s sub/x link; ln -s "$(printf 'odd\377target')" oddlink
	ln -s ../h1 sub/up
	mkfifo fifo; truncate -s 20M sparse
	printf xyz | dd of=sparse bs=1 seek=10000000 conv=notrunc 2>/dev/null
	head -c 3500000 /dev/urandom >large && ln large sub/large
	setfattr -n user.Zone.Identifier -v 'ZoneId=3' empty 2>/dev/null
	for kind in access default; do	# user 1234 may write
		setfattr -n system.posix_acl_$kind -v 0x0200000001000700ffffffff02000700d204000004000500ffffffff10000700ffffffff20000000ffffffff \
		    'new
line' . 2>/dev/null
	done
	setfattr -n user.note -v 'of the root' . 2>/dev/null
	chmod 4751 'per%cent'; chmod 2510 sub; chmod 711 .
	touch -h -d '2001-02-03 04:05:06.123456789' empty link sub .
	cd ..
}
odd

# All that find, sha256sum and getfattr see of a tree; folders have no size.
look() {
	(cd "$1" &&
	find . \( -type d -printf '%P %y %m %u %g %T@\0' \) -o \
	    \( -type l -printf '%P %y %u %g %T@ %l\0' \) -o \
	    -printf '%P %y %m %u %g %s %T@ %n\0' | sort -z | tr '\0' '\n'
	find . -type f -print0 | sort -z | xargs -0 sha256sum
	find . -print0 | sort -z | xargs -0 getfattr -h -d -m - 2>/dev/null
	find . -name sparse -size +20000k -printf '%b blocks\n')
}

t 'what went in comes out, odd or not' '
	run 0 spoolarchive odd odd.tar.zst && run 0 spoolarchive --extract odd.tar.zst all &&
	look odd >a && look all >b && diff a b && [ ! -s errs ]'
for z in tar tar.gz; do
	t "the same of $z" "
		run 0 spoolarchive odd odd.$z && run 0 spoolarchive --extract odd.$z out.$z &&
		look odd >a && look out.$z >b && diff a b"
done
t 'a second extraction leaves what is there alone' '
	cp -a all kept && run 3 spoolarchive --extract odd.tar.zst all && has "exists already" errs &&
	look kept >a && look all >b && diff a b'
run 0 spoolarchive inc inc.tar.zst
t 'a list has each name, with class and id of messages' '
	run 0 spoolarchive --list inc.tar.zst && plain out &&
	[ "$(wc -l <out)" -eq "$(find inc | wc -l)" ] && [ "$(grep -c "relay/" out)" -gt 100 ] &&
	run 0 spoolarchive --list -0 inc.tar.zst && tr "\0" "\n" <out | sort >a &&
	find inc -printf "%P\n" | sort >b && cmp a b'
t 'one entry comes out by its id, the beginning of it, or its path' '
	tar -xOf inc.tar.zst inc/entries.ndjson >entries && sed -n 100p entries >one &&
	id=$(jq -r .id one) path=$(jq -r .path one) &&
	run 0 spoolarchive --extract inc.tar.zst o1 "$id" && cmp "inc/$path" "o1/$path" &&
	run 0 spoolarchive --extract inc.tar.zst o2 "$(echo $id | cut -c 1-9)" && cmp "inc/$path" "o2/$path" &&
	run 0 spoolarchive --extract inc.tar.zst o3 "$path" && cmp "inc/$path" "o3/$path" &&
	[ "$(find o3 -type f | wc -l)" -eq 1 ]'
t 'an entry comes with its companions' '
	id=$(jq -r "select(.format == \"iis\" and .folder == \"badmail\") | .id" entries | head -n 1) &&
	run 0 spoolarchive --extract inc.tar.zst o4 "$id" && [ "$(find o4 -type f | wc -l)" -ge 2 ]'
t 'it reads the index and one frame' '
	command -v strace >/dev/null || { echo "no strace: not looked at" >&2; exit 0; }
	export ASAN_OPTIONS=detect_leaks=0	# no leak check under ptrace
	strace -qq -y -o trace -e trace=pread64 "$B/bin/spoolarchive" --extract inc.tar.zst o5 "$(jq -r .path one)" &&
	[ "$(grep -c "inc.tar.zst" trace)" -eq 3 ]'
# Ten messages of up to 1 MB that do not compress, and small ones.
broad() {
	perl -e '
		srand 3;
		mkdir $_ for qw(wide wide/In wide/Out wide/Pickup);
		for my $i (0 .. 39) {
			my $left = $i % 4 ? 200 * $i : 1_048_576 - 4000 * ($i % 3);
			open my $f, ">", sprintf "wide/%s/M%07d", $i % 8 ? "In" : "Out", $i or die;
			my $head = "X-Sender: a$i\@example.org\nX-Receiver: b\@example.net\nSubject: $i\n\n";
			print $f $head;
			$left -= length $head;
			for (; $left > 0; $left -= 64) {
				print $f map({ chr 33 + int rand 90 } 2 .. ($left < 64 ? $left : 64)), "\n";
			}
		}' && spoolscan -c wide.db -d example.org wide >/dev/null 2>&1 &&
	spoolarchive -c wide.db wide wide.tar.zst >/dev/null
}
# Bytes read of the archive by a command.
bytes_read() {
	strace -f -qq -y -o trace -e trace=read,pread64 "$@" >shown &&
	awk '/wide.tar.zst/ { n += $NF } END { print n + 0 }' trace
}
t 'an entry of 1 MB lies in two frames at most, and so do companions' '
	broad && command -v strace >/dev/null || { echo "no strace: not looked at" >&2; exit 0; }
	export ASAN_OPTIONS=detect_leaks=0
	for id in $(spoollist -c wide.db -o ndjson | jq -r "select(.size > 1000000) | .id"); do
		strace -qq -y -o trace -e trace=pread64 "$B/bin/spoolarchive" --extract wide.tar.zst o12 "$id" &&
		[ "$(grep -c "wide.tar.zst" trace)" -le 4 ] || { cat trace; exit 1; }
	done; [ "$(find o12 -type f -size +900k | wc -l)" -eq 10 ]'
t 'a message is shown and replayed by the index, not by all of the archive' '
	mv wide away && [ "$(wc -c <wide.tar.zst)" -gt 8000000 ] || exit 1
	export ASAN_OPTIONS=detect_leaks=0
	for path in Out/M0000000 In/M0000020 In/M0000021; do
		id=$(spoollist -c wide.db -w "path = \"$path\"" -o ndjson | jq -r .id) &&
		run 0 spoolshow -c wide.db --raw "$id" && cmp out "away/$path" &&
		n=$(bytes_read "$B/bin/spoolshow" -c wide.db "$id") && [ "$n" -lt 2700000 ] || { echo "$n bytes"; exit 1; }
		# rows of the index have 16 bytes, its end 40
		n=$(awk "/wide.tar.zst/ && \$NF > 40" trace | wc -l) && [ "$n" -ge 1 ] && [ "$n" -le 2 ] || { echo "$n frames"; exit 1; }
	done
	mkdir -p to/In to/Out to/Pickup && spoolmark -c wide.db -w 1 --because seen legit &&
	n=$(bytes_read "$B/bin/spoolreplay" -c wide.db -w "path = \"In/M0000021\"" --to ims55:to/Pickup); [ "$n" -lt 8000000 ] || { echo "$n bytes"; exit 1; }
	spoolreplay -c wide.db -w "path = \"In/M0000021\"" --to ims55:to/Pickup --stall 0 --commit >/dev/null 2>&1
	grep -q "^Subject: 21" to/Pickup/*'
t 'and it has the envelope that its companions gave it' '
	cp -a inc incc && { spoolscan -c incc.db incc >/dev/null 2>&1 || [ $? -eq 3 ]; } &&
	spoollist -c incc.db -w "folder = \"badmail\" OR row % 60 = 1" -o ndjson | jq -r .id >some && [ "$(wc -l <some)" -gt 10 ] &&
	all() { while read -r id; do spoolshow -c incc.db "$id" </dev/null | grep -v "^spool "; done <some; } &&
	all >a && spoolarchive -c incc.db incc incc.tar.zst >/dev/null && mv incc incaway && all >b && diff a b && has "@" a'
t 'a hard link comes out alone, with its bytes' '
	run 0 spoolarchive --extract odd.tar.zst o6 sub/h3 && [ "$(cat o6/sub/h3)" = hard ] &&
	run 0 spoolarchive --extract odd.tar.zst o7 sub/large && cmp odd/large o7/sub/large'
t 'what is not in it is told' '
	run 1 spoolarchive --extract inc.tar.zst o8 nosuch && has "not in the archive" errs'

# Archives made to hurt, in the form of ours.
bag() {
	mkdir -p "$1/data" && echo "BagIt-Version: 1.0" >"$1/bagit.txt"
}
t 'no member leads out of the folder' '
	bag h && printf evil >h/data/evil && ln -s /etc h/data/abs && ln -s ../.. h/data/up &&
	mkdir h/data/d && ln -s .. h/data/d/l && ln -s d/l/../../x h/data/chain &&
	tar --transform "s,data/evil,data/../../evil,;" -P -cf hurt.tar h &&
	run 3 spoolarchive --extract hurt.tar o9 && [ ! -e evil ] && [ ! -e o9/../evil ] &&
	[ ! -L o9/abs ] && [ ! -L o9/up ] && [ ! -L o9/chain ] && [ -L o9/d/l ] &&
	[ "$(grep -c "leads out" errs)" -eq 4 ]'
t 'a link that is there already is not followed' '
	mkdir o10 outside && ln -s ../outside o10/Imcdata &&
	run 3 spoolarchive --extract inc.tar.zst o10 && [ -z "$(ls -A outside)" ]'

t 'prune shows what it would remove, and removes nothing' '
	cp -a inc old && run 0 spoolarchive old old.tar.zst && look old >a &&
	run 0 spoolarchive --prune old old.tar.zst && has "to be removed" &&
	look old >b && cmp a b'
t 'what changed, is new or in use stays' '
	f1=$(find old -type f | sort | sed -n 3p) f2=$(find old -type f | sort | sed -n 9p) &&
	f3=$(find old -type f | sort | sed -n 20p) &&
	printf x >>"$f1" && echo new >old/new && exec 7<"$f2" && touch "$f3" &&
	run 3 spoolarchive --prune --commit old old.tar.zst; r=$?; exec 7<&-
	[ $r = 0 ] && find old -type f | sort >left && printf "%s\n" "$f1" "$f2" "$f3" old/new | sort >want &&
	cmp left want && has "a process has it open" errs && [ "$(grep -c "it changed" errs)" -eq 2 ]'
t 'it can be run again, and goes on' '
	run 3 spoolarchive --prune --commit old old.tar.zst && [ "$(find old -type f | wc -l)" -eq 3 ]'
t 'an odd tree goes to the last name' '
	cp -a odd oldodd && run 0 spoolarchive oldodd oldodd.tar.zst &&
	run 0 spoolarchive --prune --commit oldodd oldodd.tar.zst && [ ! -e oldodd ]'
t 'an archive that differs prunes nothing' '
	cp -a inc old2 && run 0 spoolarchive old2 old2.tar.zst && look old2 >a &&
	perl -e "open F, q(+<), q(old2.tar.zst); seek F, 50000, 0; print F q(x)" &&
	run 4 spoolarchive --prune --commit old2 old2.tar.zst && has "nothing is removed" errs &&
	look old2 >b && cmp a b'
t 'an archive of another tree prunes nothing, not even its empty folders' '
	mkdir -p inc/Imcdata/Pickup &&
	look inc >a && run 1 spoolarchive --prune --commit inc old.tar.zst && look inc >b && diff a b'
t 'what is no archive is named, whatever is asked of it' '
	printf hello >hello && : >none && printf x >x && tar -cf theirs.tar x &&
	for f in hello none theirs.tar; do
		run 4 spoolarchive --list "$f" && has "^spoolarchive: $f: " errs &&
		run 4 spoolarchive --extract "$f" o11 && has "^spoolarchive: $f: " errs &&
		run 1 spoolarchive --verify "$f" && hasnt "^spoolarchive: [^:]*is missing" errs &&
		[ -z "$(grep -v "^spoolarchive: $f[:.]" errs)" ] || { cat errs; exit 1; }
	done'
t 'a live spool keeps its folders, an old generation does not' '
	for tree in Spool Spool.20261121T0755Z Spool_old; do
		mkdir -p $tree/In $tree/Out/sub && printf "From: a@example.org\n\nx\n" >$tree/In/AAAA0001 &&
		run 0 spoolarchive -f ims55 $tree $tree.tar.zst &&
		run 0 spoolarchive -f ims55 --prune --commit $tree $tree.tar.zst || exit 1
		if [ $tree = Spool ]; then
			has "its folders stay" errs && [ -d $tree/In ] && [ -d $tree/Out/sub ] &&
			[ -z "$(find $tree -type f)" ] || exit 1
		else
			[ ! -e $tree ] || exit 1
		fi
	done'
t 'of a damaged archive all that lies elsewhere comes out' '
	mkdir many && for i in 1 2 3 4 5 6 7 8; do
		head -c 600000 /dev/urandom >many/$i || exit 1
	done && run 0 spoolarchive many many.tar.zst &&
	perl -e "open F, q(+<), q(many.tar.zst); seek F, 1000000, 0; print F q(XXXX)" &&
	run 3 spoolarchive --extract many.tar.zst all8 &&
	[ "$(wc -l <errs)" -eq 1 ] && has "^spoolarchive: bytes [0-9]* to [0-9]* of the archive: .*damaged archive" errs &&
	diff -rq many all8 >lost; cat lost
	[ "$(grep -c "^Only in many" lost)" -le 2 ] && [ "$(grep -c differ lost)" -eq 0 ] &&
	gone=$(sed -n "1s/.*: //p" lost) && [ -n "$gone" ] && there=$(ls all8 | tail -n 1) &&
	run 3 spoolarchive --extract many.tar.zst some8 $gone $there &&
	has "^spoolarchive: $gone: .*damaged archive" errs && cmp many/$there some8/$there'
t 'of a damaged archive the files that are lost are told, and no others' '
	run 1 spoolarchive --verify many.tar.zst &&
	sed -n "s/^Only in many: //p" lost | sort >want && [ -s want ] &&
	sed -n "s/.*many.tar.zst: \([0-9]\): a file that is not in the archive/\1/p" errs | sort >got &&
	cmp want got && hasnt "another place" errs'
t 'who may not give files away gets their bytes, and is told' '
	command -v setpriv >/dev/null && [ "$(id -u)" = 0 ] || { echo "not root: not looked at" >&2; exit 0; }
	mkdir theirs && echo one >theirs/a && echo two >theirs/b && chmod 755 . &&
	run 0 spoolarchive theirs theirs.tar.zst && chmod 644 theirs.tar.zst* &&
	mkdir -m 777 open && cp "$B/bin/spoolarchive" open/ && cp theirs.tar.zst* open/ &&
	run 3 setpriv --reuid 65534 --regid 65534 --clear-groups open/spoolarchive --extract open/theirs.tar.zst open/got &&
	diff -r theirs open/got && [ "$(grep -c "[ab]: is there, but not all" errs)" -eq 2 ] && hasnt "cannot be extracted" errs'
t 'a full disk names the file that has no room, and leaves no part of it' '
	mkdir two small && { mount -t tmpfs -o size=400k none small 2>/dev/null || exit 0; }
	head -c 300000 /dev/urandom >two/a && head -c 300000 /dev/urandom >two/b &&
	run 0 spoolarchive two two.tar.zst &&
	run 4 spoolarchive --extract two.tar.zst small/two &&
	has "two.tar.zst: b: cannot be extracted: .*No space left" errs &&
	cmp two/a small/two/a && [ ! -e small/two/b ] && mount -o remount,size=2m small &&
	run 3 spoolarchive --extract two.tar.zst small/two && has "a: exists already" errs &&
	diff -r two small/two
	r=$?; umount small; [ $r = 0 ]'

t_done
