#!/usr/bin/perl
# Queue messages of every shape over SMTP, for tests of queue readers.
#
#	mailgen.pl PORT FIRST-LAST FEATURE ...
#
# A feature is what the server at the port can do besides plain SMTP:
# xclient xforward dsn utf8 bdat auth; far: every third client is
# 192.0.2.1; strict: it takes no quoted local part, and
# no message without a header.  The N-th message is made of the
# features its number calls for, so that two runs make the same.
use strict;
use warnings;
use IO::Socket::INET;
use MIME::Base64;

my ($port, $which, @can) = @ARGV;
my ($first, $last) = split /-/, $which;
my %can = map { $_ => 1 } @can;
my $s;

sub reply {
	my $line;
	do {
		$line = <$s> // die "the server hung up\n";
	} while ($line =~ /^\d\d\d-/);
	return $line;
}
sub say_it {
	my ($cmd, $may_fail) = @_;
	print $s "$cmd\r\n";
	my $r = reply();
	die "$cmd: $r" if $r !~ /^[23]/ && !$may_fail;
	return $r;
}
sub begin {
	my ($n) = @_;
	my @from = $can{far} && $n % 3 == 0 ? (LocalAddr => '192.0.2.1') : ();
	$s = IO::Socket::INET->new(PeerAddr => '127.0.0.1', PeerPort => $port, @from)
	    or die "$port: $!\n";
	$s->autoflush(1);
	reply();
	say_it('EHLO client.example.net');
}

# What the recipients are: taken, put off, refused, behind an alias, quoted.
my @rcpts = (
	['a@soft.example.net'],
	['a@ok.example.net', 'b@soft.example.net'],
	['a@ok.example.net', 'b@hard.example.net', 'c@soft.example.net'],
	['sales@example.org'],
	['"john doe"@soft.example.net', '"a@b"@soft.example.net'],
	['MiXed@SOFT.example.net', 'MiXed@OK.example.net'],
	[map { "u$_\@soft.example.net" } 1 .. 40],
	['"q\"u\\\\o"@soft.example.net', 'a%b@soft.example.net'],
);
my @senders = ('alice@soft.example.net', '', 'x+tag=1@example.com',
    '"a b"@example.com', 'bounces-bob=example.net@soft.example.net');
my @bodies = (
	"plain\r\n",
	"",
	"..leading dot\r\n.\x01. no end\r\n",
	("long " x 1000) . "\r\nshort\r\n",
	"8-bit \xc3\xa4 \xe4\xff\r\n",
	join('', map { "line $_\r\n" } 1 .. 400),
	"last line without an end",
	"tab\tand blank \r\n \r\n\r\n",
);

sub head {
	my ($n) = @_;
	my @h = ("From: Alice <alice\@example.org>", "To: someone: ;",
	    "Subject: message $n", "Message-ID: <$n\@example.net>");
	push @h, 'Date: Mon, 5 Jan 2004 01:00:00 +0000' if $n % 4;
	push @h, "X-Long: " . ("word " x 400) if $n % 13 == 0;
	push @h, "X-Folded: a\r\n\tb\r\n c" if $n % 5 == 0;
	push @h, 'X-Hold: yes' if $n % 17 == 0;
	push @h, 'X-Redirect: yes' if $n % 31 == 0;
	push @h, 'X-Filter: yes' if $n % 29 == 0;
	push @h, 'X-Replace: yes' if $n % 19 == 0;
	push @h, 'X-Milter: ' . ($n / 7 % 6) if $n % 7 == 0;
	return join("\r\n", @h) . "\r\n";
}

sub xclient {
	my ($n) = @_;
	my $addr = $n % 2 ? '203.0.113.' . ($n % 200 + 1) : 'IPV6:2001:db8::' .
	    ($n % 99 + 1);
	say_it("XCLIENT NAME=host$n.example.com ADDR=$addr PORT=4242"
	    . " HELO=helo$n.example.com PROTO=ESMTP"
	    . ($n % 3 ? '' : " LOGIN=user$n"));
	say_it("EHLO helo$n.example.com");
}

sub send_one {
	my ($n) = @_;
	my ($mail, @to) = ('', @{$rcpts[$n % @rcpts]});
	my $from = $senders[$n % @senders];
	my $text = head($n) . ($n % 23 ? "\r\n" : '') . $bodies[$n % @bodies];
	my $bdat = $can{bdat} && $n % 3 == 1;

	$text = $bodies[$n % @bodies] if $n % 47 == 0;
	if ($can{strict}) {
		$from = 'ab@example.com' if $from =~ /"/;
		@to = grep { !/"/ } @to, 'a@soft.example.net' if "@to" =~ /"/;
		$text = head($n) . "\r\n" . $bodies[$n % @bodies];
	}
	begin($n);
	xclient($n) if $can{xclient} && $n % 4 == 1;
	say_it("XFORWARD NAME=far$n.example.net ADDR=198.51.100.7"
	    . " HELO=far$n PROTO=ESMTP") if $can{xforward} && $n % 4 == 2;
	say_it('AUTH PLAIN ' . encode_base64("\0user$n\0secret", ''))
	    if $can{auth} && $n % 4 == 1;
	if ($can{dsn} && $n % 5 == 2) {
		$mail = ' RET=' . ($n % 2 ? 'HDRS' : 'FULL') .
		    " ENVID=q+2B$n";
		@to = map { "<$_> NOTIFY=" . ($n % 2 ? 'NEVER' :
		    'SUCCESS,FAILURE,DELAY') . ($_ =~ /"/ ? '' :
		    ' ORCPT=rfc822;' . $_) } @to;
	} else {
		@to = map { "<$_>" } @to;
	}
	if ($can{utf8} && $n % 37 == 0) {
		$mail .= ' SMTPUTF8';
		@to = ("<j\xc3\xb6rg\@soft.example.net>");
		$text = "X-Hold: yes\r\n$text";
	}
	say_it("MAIL FROM:<$from>$mail");
	say_it("RCPT TO:$_") for @to;
	if ($bdat) {
		$text .= "nul \0 and cr \r here\r\n" if $n % 2;
		my $half = int(length($text) / 2);
		print $s "BDAT $half\r\n", substr($text, 0, $half);
		reply();
		print $s 'BDAT ', length($text) - $half, " LAST\r\n",
		    substr($text, $half);
	} else {
		say_it('DATA');
		$text .= "\r\n" if $text !~ /\n\z/;
		$text =~ s/^\./../gm;
		print $s "$text.\r\n";
	}
	my $r = reply();
	die "message $n: $r" if $r !~ /^2/;
	say_it('QUIT');
	close $s;
}

alarm 120;		# a server that hangs must not
send_one($_) for $first .. $last;
