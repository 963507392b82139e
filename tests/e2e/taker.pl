#!/usr/bin/perl
# An SMTP server that answers each RCPT with one code.
#
#	taker.pl PORT CODE [DIR]
#
# @FILE for a code: what stands in the file at that time.  Without DIR the
# mail is dropped; with one each message is a file in it: MAIL, the RCPTs that
# were taken, an empty line, and the bytes without the doubled dots.
use strict;
use warnings;
use IO::Socket::INET;

my ($port, $code, $dir) = @ARGV;
my $listen = IO::Socket::INET->new(LocalAddr => '127.0.0.1',
    LocalPort => $port, Listen => 100, ReuseAddr => 1) or die "listen: $!";
$SIG{CHLD} = 'IGNORE';

sub answer {
	my ($file) = $code =~ /^\@(.*)/ or return $code;
	open my $f, '<', $file or return 451;
	my $now = <$f> // 451;
	chomp $now;
	return $now;
}
sub keep {
	my ($n, @lines) = @_;
	return if !defined $dir;
	open my $f, '>:raw', "$dir/.$$-$n" or die;
	print $f @lines;
	close $f or die;
	rename "$dir/.$$-$n", "$dir/$$-$n" or die;
}

while (1) {
	my $c = $listen->accept or next;
	next if fork;
	my ($n, @said, @data) = (0);
	$c->autoflush(1);
	print $c "220 sink\r\n";
	while (my $line = <$c>) {
		if ($line =~ /^EHLO/i) {
			print $c "250-sink\r\n250-8BITMIME\r\n250-DSN\r\n",
			    "250 SMTPUTF8\r\n";
		} elsif ($line =~ /^MAIL/i) {
			@said = ($line);
			print $c "250 ok\r\n";
		} elsif ($line =~ /^RCPT/i) {
			my $now = answer();
			push @said, $line if $now =~ /^2/;
			print $c "$now answered\r\n";
		} elsif ($line =~ /^DATA/i) {
			if (@said < 2) {
				print $c "554 nobody\r\n";
				next;
			}
			print $c "354 go\r\n";
			@data = ();
			while ($line = <$c>) {
				last if $line =~ /^\.\r?$/;
				push @data, $line =~ s/^\.//r;
			}
			keep(++$n, @said, "\n", @data);
			print $c "250 ok\r\n";
		} elsif ($line =~ /^QUIT/i) {
			print $c "221 bye\r\n";
			last;
		} else {
			print $c "250 ok\r\n";
		}
	}
	exit 0;
}
