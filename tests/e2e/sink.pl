#!/usr/bin/perl
# An SMTP server that answers each RCPT with one code, and drops the mail.
#
#	sink.pl PORT CODE
use strict;
use warnings;
use IO::Socket::INET;

my ($port, $code) = @ARGV;
my $listen = IO::Socket::INET->new(LocalAddr => '127.0.0.1',
    LocalPort => $port, Listen => 100, ReuseAddr => 1) or die "listen: $!";
$SIG{CHLD} = 'IGNORE';
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
			while (<$c>) {
				last if /^\.\r?$/;
			}
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
