# evlog.pl evt|evtx >FILE <LINES - a log of Windows events.
#
# A line: seconds since 1970, source, id, strings; with tabs.  The layouts are
# those that Microsoft ([MS-EVEN6], ELF_LOGFILE_HEADER, EVENTLOGRECORD) and the
# authors of libevt and libevtx have published.
use strict;
use warnings;

my @events = map { chomp; [split /\t/, $_, -1] } <STDIN>;
sub wide { my $s = shift; join '', map { pack 'v', ord } split //, $s }
binmode STDOUT;
print $ARGV[0] eq 'evt' ? evt() : evtx();

# ---- .evt: a header, records, and one that says where they end

sub evt {
	my ($n, $out) = (0, '');
	for (@events) {
		my ($at, $source, $id, @strings) = @$_;
		my $names = wide("$source\0") . wide("MAIL01\0");
		my $text = join '', map { wide("$_\0") } @strings;
		my $from = 56 + length $names;
		my $size = $from + length($text) + 4;
		my $pad = -$size % 4;
		$size += $pad;
		$out .= pack('V6 v4 V6', $size, 0x654c664c, ++$n, $at, $at, $id | 0x40000000,
		    4, scalar @strings, 0, 0, 0, $from, 0, $from, 0, $size - 4 - $pad)
		    . $names . $text . "\0" x $pad . pack 'V', $size;
	}
	my $end = 48 + length $out;
	return pack('V12', 48, 0x654c664c, 1, 1, 48, $end, $n + 1, 1, $end + 40, 0, 0, 48)
	    . $out . pack 'V10', 40, 0x11111111, 0x22222222, 0x33333333, 0x44444444,
	    48, $end, $n + 1, 1, 40;
}

# ---- .evtx: chunks of 64 KB, records in binary XML, a template each

my @crc;
sub crc32 {
	my $c = 0xffffffff;
	if (!@crc) {
		for my $i (0 .. 255) {
			my $v = $i;
			$v = $v & 1 ? $v >> 1 ^ 0xedb88320 : $v >> 1 for 1 .. 8;
			push @crc, $v;
		}
	}
	$c = $crc[($c ^ $_) & 255] ^ $c >> 8 for unpack 'C*', $_[0];
	return $c ^ 0xffffffff;
}

# All offsets of names are from the beginning of the chunk; $at is where the
# piece will stand.  Each name stands where it is used.
sub name { my ($at, $s) = @_;
	my $h = 0;
	$h = ($h * 65599 + ord) & 0xffffffff for split //, $s;
	pack('V', $at + 4) . pack('V v v', 0, $h & 0xffff, length $s) . wide("$s\0") }
sub value { "\x05\x01" . pack('v', length $_[0]) . wide($_[0]) }
sub filled { \ ("\x0d" . pack 'v C', @_) }	# by a value of the record: which, its type
sub attribute { my ($at, $name, $s) = @_; "\x06" . name($at + 1, $name) . value($s) }

# Pieces: text, [name, [attribute, its value], pieces...] for an element, a
# reference to bytes as they are.
sub element { my ($at, $name, $attr, @in) = @_;
	my $head = 1 + 2 + 4;
	my $in = name($at + $head, $name);
	if (@$attr) {
		my $a = attribute($at + $head + length($in) + 4, @$attr);
		$in .= pack('V', length $a) . $a;
	}
	if (@in) {
		$in .= "\x02";
		for (@in) {
			my $to = $at + $head + length $in;
			$in .= ref $_ eq 'ARRAY' ? element($to, @$_) : ref $_ ? $$_ : value($_);
		}
		$in .= "\x04";
	} else {
		$in .= "\x03";
	}
	return (@$attr ? "\x41" : "\x01") . pack('v V', 0xffff, length $in) . $in;
}

sub record { my ($at, $n, $e) = @_;
	my ($secs, $source, $id, @strings) = @$e;
	my $nt = ($secs + 11644473600) * 10000000;
	my $head = "\x0f\x01\x01\x00";
	my $at_def = $at + 24 + length($head) + 10;	# the template, of this record alone
	my $def = $head;
	$def .= element($at_def + 24 + length $def, 'Event', [], ['System', [],
	    ['Provider', [Name => $source]], ['EventID', [], filled(0, 6)], ['Computer', [], 'MAIL01']],
	    ['EventData', [], map { ['Data', [], filled($_, 1)] } 1 .. @strings]) . "\0";
	my $xml = $head . "\x0c\x01" . pack('V2', $n, $at_def) . pack('V4 V V', 0, $n, 0, 0, 0,
	    length $def) . $def . pack('V v C2', 1 + @strings, 2, 6, 0)
	    . join('', map { pack 'v C2', 2 * length, 1, 0 } @strings)
	    . pack('v', $id) . join('', map { wide($_) } @strings) . "\0";
	my $size = 24 + length($xml) + 4;
	my $pad = -$size % 8;
	$size += $pad;
	return "**\0\0" . pack('V Q< Q<', $size, $n, $nt) . $xml . "\0" x $pad . pack 'V', $size;
}

sub chunk { my ($first, $last, $recs, $end) = @_;
	my $head = "ElfChnk\0" . pack('Q<4 V4', $first, $last, $first, $last, 128, $end, 512 +
	    length $recs, crc32($recs)) . "\0" x 64 . pack('V', 1);
	my $tables = "\0" x 384;
	$head .= pack 'V', crc32($head . $tables);
	return substr $head . $tables . $recs . "\0" x 65536, 0, 65536;
}

sub evtx {
	my ($n, $first, $recs, $last, @chunks) = (0, 1, '', 512);
	for (@events) {
		my $r = record(512 + length $recs, $n + 1, $_);
		if (512 + length($recs) + length $r > 65536) {
			push @chunks, chunk($first, $n, $recs, $last);
			($first, $recs) = ($n + 1, '');
			$r = record(512, $n + 1, $_);
		}
		$last = 512 + length $recs;
		$recs .= $r;
		$n++;
	}
	push @chunks, chunk($first, $n, $recs, $last);
	my $head = "ElfFile\0" . pack('Q<3 V v4', 0, $#chunks, $n + 1, 128, 1, 3, 4096,
	    scalar @chunks) . "\0" x 76 . pack('V', 0);
	$head .= pack 'V', crc32($head);
	return $head . "\0" x (4096 - length $head) . join '', @chunks;
}
