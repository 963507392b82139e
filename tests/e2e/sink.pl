#!/usr/bin/perl
# An SMTP server that answers each RCPT with one code, and drops the mail, or
# keeps each message in a file of DIR, with LF line ends.
#
#	sink.pl PORT CODE [DIR]
use strict;
use warnings;
use IO::Socket::INET;

my ($port, $code, $dir) = @ARGV;
my $n = 0;
my $listen = IO::Socket::INET->new(LocalAddr => '127.0.0.1',
    LocalPort => $port, Listen => 100, ReuseAddr => 1) or die "listen: $!";
$SIG{CHLD} = 'IGNORE';
sub keep {
	open my $f, '>', "$dir/$$." . $n++ or die "$dir: $!";
	print $f $_[0];
	close $f or die "$dir: $!";
}
while (1) {
	my $c = $listen->accept or next;
	next if fork;
	$c->autoflush(1);
	print $c "220 sink\r\n";
	while (<$c>) {
		if (/^EHLO/i) {
			print $c "250-sink\r\n250-8BITMIME\r\n250 SMTPUTF8\r\n";
		} elsif (/^RCPT/i) {
			print $c "$code answered\r\n";
		} elsif (/^DATA/i) {
			print $c "354 go\r\n";
			my $m = '';
			while (<$c>) {
				last if /^\.\r?$/;
				s/^\.//;
				s/\r\n\z/\n/;
				$m .= $_;
			}
			keep($m) if defined $dir;
			print $c "250 ok\r\n";
		} elsif (/^QUIT/i) {
			print $c "221 bye\r\n";
			last;
		} else {
			print $c "250 ok\r\n";
		}
	}
	exit 0;
}
