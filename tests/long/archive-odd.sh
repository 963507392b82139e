#!/bin/sh
# 20,000 odd files and 5 GB of nothing: packed, extracted, compared.  Minutes,
# and 1 GB of disk.
. "$(dirname "$0")/../e2e/lib.sh"

make_odd() {
	mkdir odd && cd odd && perl -e '
	use strict; use Time::HiRes qw(utime);
	sub w { open my $f, ">", $_[0] or die "$_[0]: $!"; print $f $_[1] or die; close $f or die }
	srand 7;
	for my $i (0 .. 19999) {
		my $k = $i % 10;
		my $d = sprintf $k == 3 ? "line\n%02d" : "d%02d", $i / 500;
		mkdir $d;
		my $n = sprintf "%s/%05d", $d, $i;
		if ($k == 1) { $n .= "\n\r\e[2J"; }
		elsif ($k == 2) { $n .= "\xff\xfe%\\~odd-$i"; }
		elsif ($k == 4) { $n .= "x" x (255 - 5); }
		if ($k == 5) { w $n, ""; }
		elsif ($k == 6) { symlink $i % 20 == 6 ? "../\xff$i" : "nowhere", $n or die; next; }
		elsif ($k == 7) { link sprintf("%s/%05d", $d, $i - 7), $n or die; next; }
		elsif ($k == 8) {
			open my $f, ">", $n or die; seek $f, int rand 1e5, 0; print $f "end";
			truncate $f, 2e5 if $i % 20 == 8; close $f;
		} else { w $n, pack("C*", map { int rand 256 } 1 .. rand 900); }
		chmod $k == 9 ? 04000 | int rand 512 : 0400 | int rand 512, $n;
		system("setfattr", "-n", "user.Zone.Identifier", "-v", "0x5a0a00ff", $n) if $k == 5 && $i % 50 == 5;
		utime 1e9 + $i, 978307200 + $i + 0.123456 * ($i % 8), $n;
	}' && truncate -s 5G huge && printf end | dd of=huge bs=1 seek=4000000000 conv=notrunc 2>/dev/null
	cd ..
}
# Names, types, modes, owners, sizes, times, links; bytes; attributes.
look() {
	(cd "$1" &&
	find . \( -type d -printf '%P %y %m %u %g %T@\0' \) -o \
	    \( -type l -printf '%P %y %u %g %T@ %l\0' \) -o \
	    -printf '%P %y %m %u %g %s %T@ %n\0' | sort -z
	find . -type f -print0 | sort -z | xargs -0 sha256sum -z
	find . -print0 | sort -z | xargs -0 getfattr -h -d -m - 2>/dev/null)
}
t 'a tree of 20,000 odd files and 5 GB' '
	make_odd && [ "$(find odd ! -type d -printf x | wc -c)" -eq 20001 ]'
t 'is packed and verified' '
	run 0 spoolarchive odd odd.tar.zst && has verified && cat out >&2'
t 'comes out as it went in, as find, sha256sum and getfattr see it' '
	run 0 spoolarchive --extract odd.tar.zst all && look odd >a && look all >b && cmp a b'
t 'and takes no more room' '
	[ "$(du -s all | cut -f 1)" -le $(($(du -s odd | cut -f 1) * 11 / 10)) ]'
t 'GNU tar has no word about it, and sha256sum none about the bag' '
	mkdir gnu && tar -C gnu --xattrs -xpf odd.tar.zst >log 2>&1 && [ ! -s log ] &&
	cd gnu/odd && sha256sum --quiet -c manifest-sha256.txt tagmanifest-sha256.txt'
t 'and is pruned to the last name' '
	run 0 spoolarchive --prune --commit odd odd.tar.zst && [ ! -e odd ]'

t_done
