#!/usr/bin/perl
# A gzip file that unpacks to itself, on stdout.
#
# Deflate as a language of two words, each five bytes long: L n, the next 5 n
# bytes are text; R 4, the last 20 bytes again.  What prints itself in these
# was found by Russ Cox ("Zip Files All The Way Down", 2010); header and
# trailer have 15 bytes here, so that all repeats are of one length.  The
# CRC has to be that of bytes in which it stands: it is linear in them.
use strict;
use warnings;
use Compress::Raw::Zlib;

sub L { my $n = 5 * $_[0]; return pack 'Cvv', 0, $n, ~$n & 0xffff; }

# A fixed block of two matches, 10 bytes at distance 20 each.
my $match = '0001000' . '01000' . '110';
my $R = pack 'b40', "010$match${match}0000000";
my $P = pack 'CCCCVCCA4x', 31, 139, 8, 8, 0, 0, 3, 'q.gz';

sub file {
	my ($crc, $size) = @_;
	my $S = pack('b24', ('0100000000' x 2) . '1000') . pack('vv', 0, 0xffff)
	    . pack 'VV', $crc, $size;

	return $P . L(4) . $P . L(4) . $R . L(1) . $R . L(1) . L(1) .
	    L(4) . $R . L(1) . L(1) . L(4) . $R . L(4) . $R . L(4) . $R . L(4) .
	    $R . L(4) . $R . L(0) . L(0) . L(4) . $R . L(0) . L(0) . L(4) .
	    $R . $S . $R . $S;
}

my $size = length file(0, 0);
my $at0 = crc32(file(0, $size));
# Row i: what bit i of the CRC of the file changes, but for itself.
my @row = map { [1 << $_, crc32(file(1 << $_, $size)) ^ $at0 ^ 1 << $_] } 0 .. 31;
my ($crc, $want) = (0, $at0);
for my $bit (0 .. 31) {
	my ($k) = grep { $row[$_][1] >> $bit & 1 } 0 .. $#row or die "no such CRC";
	my ($with, $changes) = @{splice @row, $k, 1};
	($crc, $want) = ($crc ^ $with, $want ^ $changes) if $want >> $bit & 1;
	$_->[1] >> $bit & 1 and $_ = [$_->[0] ^ $with, $_->[1] ^ $changes] for @row;
}
binmode STDOUT;
print file($crc, $size);
