# payload.pl ARCHIVE: bytes of its frames before those of the tag files, as the
# index at its end has them (common/io/seek.h).
use strict;
use warnings;
my $file = shift;
open my $in, '<:raw', $file or die "$file: $!\n";
my $size = -s $file;
seek $in, $size - 40, 0;
read $in, my $tail, 40;
my ($frames, $places, undef, undef, $mark) = unpack 'Q<Q<Q<Q<a8', $tail;
die "$file: no index\n" unless $mark eq 'SPKSEEK1';
seek $in, $size - 40 - 16 * ($frames + $places), 0;
read $in, my $rows, 16 * $frames;
my $tags;
open my $tar, '-|', 'tar', '-tRf', $file or die "tar: $!\n";
while (<$tar>) {
	$tags = 512 * $1 if m{^block (\d+): [^/]*/entries\.ndjson$};
}
die "$file: no entries.ndjson\n" unless defined $tags;
my $payload;
for my $i (0 .. $frames - 1) {
	my ($at, $raw) = unpack 'Q<Q<', substr $rows, 16 * $i, 16;
	$payload = $at if ($raw & ~(1 << 63)) <= $tags;
}
print "$payload\n";
