#!/usr/bin/perl
# A mail server that behaves as told, on a port of its own.
#
#	smtpd.pl BEHAVIOUR PORTFILE [DIR [ADDRESS]]
#
# The port is in PORTFILE when it listens.  What is taken goes into DIR, a
# maildir, as a copy or as a bounce.  It ends when its parent does.
use strict;
use warnings;
use IO::Socket::IP;

my ($how, $portfile, $dir, $address) = @ARGV;
my $listen = IO::Socket::IP->new(LocalHost => $address // '127.0.0.1',
    Listen => 20) or die "listen: $@";
my $parent = getppid;
my ($count, $out) = (0);
$SIG{CHLD} = 'IGNORE';
open my $p, '>', "$portfile.new" or die;
print $p $listen->sockport;
close $p;
rename "$portfile.new", $portfile;

# The recipient's form: plain, source or hidden.
sub form {
	my $r = shift;
	return 'source' if $r =~ /^\@/;
	return 'hidden' if $r =~ /[%!"]|\@.*\@/;
	return 'plain';
}

sub put {
	my ($name, @lines) = @_;
	mkdir $_ for $dir, "$dir/new", "$dir/cur", "$dir/tmp";
	open my $f, '>', "$dir/tmp/$name" or die;
	print $f map { "$_\n" } @lines;
	close $f;
	rename "$dir/tmp/$name", "$dir/new/$name";
}

sub bounce {
	my ($to, @lines) = @_;
	put("b$$." . ++$count, 'From: MAILER-DAEMON@mail.example.org',
	    'To: x@mail.example.org', 'Subject: Undeliverable',
	    'MIME-Version: 1.0',
	    'Content-Type: multipart/report; report-type=delivery-status; boundary=b',
	    '', '--b', '', 'No such user.', '--b',
	    'Content-Type: message/delivery-status', '',
	    'Reporting-MTA: dns; mail.example.org', '',
	    "Final-Recipient: rfc822; $to", 'Action: failed',
	    'Status: 5.1.1', '', '--b', 'Content-Type: message/rfc822', '',
	    @lines, '--b--');
}

my %rcpt = (
	open => sub { '250 2.1.5 fine' },
	closed => sub { '550 5.7.1 Unable to relay' },
	auth => sub { '530 5.7.0 Authentication required' },
	authtext => sub { '550 please authenticate first' },
	grey => sub { '450 4.2.0 come back later' },
	drop => sub { '421 4.3.2 going away' },
	hangup => sub { undef },
	garbage => sub { "\xff\x00 what" },
	multi => sub { "550-5.7.1 one\r\n550-5.7.1 two\r\n550 5.7.1 three" },
	bounce => sub { form($_[0]) eq 'hidden' ? '250 ok' : '550 no' },
	percent => sub { form($_[0]) eq 'hidden' ? '250 ok' : '550 no' },
	data => sub { form($_[0]) eq 'hidden' ? '250 ok' : '550 no' },
	late => sub { '550 no' },
	tarpit => sub { '550 no' },
	login => sub { $_[1] ? '250 ok' : '530 5.7.0 Authentication required' },
	useless => sub { '550 5.7.1 Unable to relay' },
);
$rcpt{limit} = $rcpt{closed};	# hangs up after three transactions
$rcpt{mute} = $rcpt{slow} = $rcpt{closed};

sub say_ {
	my $line = shift;
	if ($how eq 'tarpit') {
		for (split //, "$line\r\n") { print $out $_; select undef, undef, undef, 0.3 }
		return;
	}
	select undef, undef, undef, 0.03 if $how eq 'slow';
	print $out "$line\r\n";
}

sub serve {
	my ($c) = @_;
	my ($in, $to, $n) = (0, '', 0);
	$out = $c;
	$c->autoflush(1);
	sleep 30 if $how eq 'mute';
	say_('220 mail.example.org ready');
	while (my $line = <$c>) {
		$line =~ s/\r?\n$//;
		if ($line =~ /^EHLO/i) {
			say_($how =~ /^(login|useless)$/ ?
			    "250-mail.example.org\r\n250 AUTH PLAIN" :
			    '250 mail.example.org');
		} elsif ($line =~ /^AUTH PLAIN (\S+)/i) {
			$in = $1 eq 'AGJvYgBzM2NyZXQ=';	# bob, s3cret
			say_($in ? '235 2.7.0 in' : '535 5.7.8 no');
		} elsif ($line =~ /^RCPT TO:<(.*)>/i) {
			$to = $1;
			my $r = $rcpt{$how}->($to, $in);
			return if !defined $r;
			say_($r);
			return if $how eq 'drop' || $how eq 'garbage';
		} elsif ($line =~ /^DATA/i) {
			say_('354 go on');
			my @lines;
			while (my $l = <$c>) {
				$l =~ s/\r?\n$//;
				last if $l eq '.';
				push @lines, $l =~ s/^\.//r;
			}
			say_($how eq 'data' ? '554 5.7.1 not that' : '250 taken');
			bounce($to, @lines) if $how eq 'bounce';
			put("m$$." . ++$count, @lines)
			    if $how eq 'percent' || $how eq 'open';
		} elsif ($line =~ /^RSET/i) {
			return if $how eq 'limit' && ++$n == 3;
			say_('250 ok');
		} elsif ($line =~ /^QUIT/i) {
			say_('221 bye');
			return;
		} else {
			say_('250 ok');
		}
	}
}

$SIG{ALRM} = sub { exit 0 if getppid != $parent; alarm 1 };
alarm 1;
while (1) {
	my $c = $listen->accept or next;
	my $pid = fork // die;
	if ($pid == 0) {
		alarm 60;
		$SIG{ALRM} = 'DEFAULT';
		close $listen;
		serve($c);
		exit 0;
	}
	close $c;
}
