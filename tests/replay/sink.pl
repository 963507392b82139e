#!/usr/bin/env perl
# A server that takes mail, and behaves as told.
#
#	sink.pl BEHAVIOUR PORTFILE DIR
#
# good	takes everything		mixed	4xx to r*-1, 5xx to r*-2
# drop	hangs up after the final dot	lmtp	LMTP, mixed after the dot
# stall	never answers the final dot	bare	offers nothing: no extension
# few	hangs up at the second MAIL	some	hangs up at RCPT to r2-1
#
# Each message is a file in DIR: the commands, an empty line, the bytes as
# they were sent, without the doubled dots.  It ends with its parent.
use strict;
use warnings;
use IO::Socket::INET;

my ($how, $portfile, $dir) = @ARGV;
my $listen = IO::Socket::INET->new(LocalAddr => '127.0.0.1', Listen => 20)
    or die "listen: $!\n";
mkdir $dir;
open my $p, '>', "$portfile.new" or die;
print $p $listen->sockport;
close $p;
rename "$portfile.new", $portfile;
$SIG{CHLD} = 'IGNORE';
my $parent = getppid;

my %answer = (0 => '250 2.1.5 ok', 1 => '451 4.2.0 later', 2 => '550 5.1.1 no');
sub reply_to {
	my ($rcpt) = @_;
	return $answer{$rcpt =~ /^r\d+-([12])@/ ? $1 : 0};
}

sub keep {
	my ($n, $said, $data) = @_;
	open my $f, '>:raw', "$dir/$$-$n" or die;
	print $f join("", map { "$_\n" } @$said), "\n", $data;
	close $f;
}

sub serve {
	my ($c) = @_;
	my (@said, @to, $n);
	my $say = sub { print $c "$_[0]\r\n" };
	binmode $c;
	$c->autoflush(1);
	$say->('220 mail.example.org');
	while (my $line = <$c>) {
		$line =~ s/\r\n$//;
		if ($line =~ /^(?:EH|LH)LO/) {
			$say->($how eq 'bare' ? '250 mail.example.org' :
			    "250-mail.example.org\r\n250-PIPELINING\r\n"
			    . "250-SIZE 10000000\r\n250-8BITMIME\r\n250-DSN\r\n"
			    . "250 SMTPUTF8");
		} elsif ($line =~ /^MAIL/) {
			return if $how eq 'few' && @said;
			@said = $line;
			@to = ();
			$say->('250 ok');
		} elsif ($line =~ /^RCPT TO:<(.*?)>/) {
			my $rcpt = $1;
			return if $how eq 'some' && $rcpt =~ /^r2-1@/;
			my $r = $how eq 'mixed' ? reply_to($rcpt) : '250 ok';
			push @said, $line if $r =~ /^2/;
			push @to, $rcpt if $r =~ /^2/;
			$say->($r);
		} elsif ($line eq 'DATA') {
			if (!@to) {
				$say->('554 5.5.1 nobody');
				next;
			}
			$say->('354 go on');
			my ($data, $l) = '';
			while (defined($l = <$c>) && $l ne ".\r\n") {
				$l =~ s/^\.//;
				$data .= $l;
			}
			return if !defined $l;	# RFC 5321 4.1.1.4
			keep(++$n, \@said, $data);
			return if $how eq 'drop';
			sleep 60 if $how eq 'stall';
			$say->($_) for $how eq 'lmtp' ?
			    map { reply_to($_) } @to : '250 taken';
		} elsif ($line eq 'QUIT') {
			$say->('221 bye');
			return;
		} else {
			$say->('250 ok');
		}
	}
}

$SIG{ALRM} = sub { exit 0 if getppid != $parent; alarm 1 };
alarm 1;
while (1) {
	my $c = $listen->accept or next;
	my $pid = fork // die;
	if ($pid == 0) {
		$SIG{ALRM} = 'DEFAULT';
		alarm 60;
		close $listen;
		serve($c);
		exit 0;
	}
	close $c;
}
