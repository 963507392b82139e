#!/usr/bin/perl
# A milter that edits a message as its field X-Milter says, for what edits
# leave in a queue file.
#
#	milter.pl PORT
#
# 0 Subject changed, a field added; 1 a field in front, From deleted;
# 2 a recipient added; 3 one taken off; 4 the sender changed;
# 5 the body replaced, and the message held
use strict;
use warnings;
use IO::Socket::INET;

my %edits = (
	0 => [['m', pack('N', 1) . "Subject\0changed by a filter\0"],
	    ['h', "X-Added\0yes\0"]],
	1 => [['i', pack('N', 0) . "X-First\0yes\0"],
	    ['m', pack('N', 1) . "From\0\0"]],
	2 => [['+', "<added\@soft.example.net>\0"]],
	3 => [['-', "<a%b\@soft.example.net>\0"]],
	4 => [['e', "<changed\@soft.example.net>\0"]],
	5 => [['b', "another body\r\n" . ("x" x 3000) . "\r\n"],
	    ['q', "held by a filter\0"]],
);

my $listen = IO::Socket::INET->new(LocalAddr => '127.0.0.1',
    LocalPort => $ARGV[0], Listen => 50, ReuseAddr => 1) or die "listen: $!";
$SIG{CHLD} = 'IGNORE';
while (1) {
	my $c = $listen->accept or next;
	next if fork;
	$c->autoflush(1);
	my ($head, $what) = ('');
	while (read($c, $head, 4) == 4) {
		my ($cmd, $data) = ('', '');
		my $n = unpack('N', $head);
		read($c, $data, $n) == $n or last;
		($cmd, $data) = (substr($data, 0, 1), substr($data, 1));
		my $put = sub {
			print $c pack('N', 1 + length $_[1]), $_[0], $_[1];
		};
		last if $cmd eq 'Q';
		next if $cmd eq 'D' || $cmd eq 'A';
		if ($cmd eq 'O') {		# only fields are asked for
			$put->('O', pack('NNN', 6, 0xff, 0x5f));
			next;
		}
		$what = $1 if $cmd eq 'L' && $data =~ /^X-Milter\0 *(\d)/;
		if ($cmd eq 'E') {
			$put->(@$_) for @{$edits{$what // ''} // []};
			undef $what;
		}
		$put->('c', '');
	}
	exit 0;
}
