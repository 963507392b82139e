#!/usr/bin/env perl
# The other side of a replay, written from the tables of the formats and from
# nothing of ours: messages, what a profile must make of them, a server that
# takes files away, and the count of what it got.
#
#	box.pl spool DIR N		an old Imcdata with N messages in In
#	box.pl expect PROFILE OUT N	what must arrive, a file each
#	box.pl server PROFILE PICKUP TAKEN STOP	take files at random moments,
#					until there is a file STOP
#	box.pl count TAKEN EXPECT	"NAME TIMES" of all that is not once
#	box.pl sent DIR EXPECT		the same of what sink.pl got, and whether
#					each recipient was named, once
use strict;
use warnings;

# A message: envelope, header fields to keep and to lose, body lines.
sub message {
	my ($i) = @_;
	my @rcpts = map { "r$i-$_\@example.net" } 0 .. $i % 3;
	my @lines = ("line one of $i", ".", ".dot", "..", "", "caf\xe9 $i",
	    "x" x (70 + $i % 40), "X-Receiver: text\@example.org", "end.");
	push @lines, "a long one: " . "y" x 988 if $i % 5 == 0;
	return {
		sender => "s$i\@example.com", rcpts => \@rcpts,
		keep => ["Received: from a.example.org by b.example.org;\n\t"
		    . "Mon, 5 Jan 2004 01:00:00 +0000",
		    "From: S $i <s$i\@example.com>", "To: r$i-0\@example.net",
		    "Subject: message $i", "Message-ID: <m$i\@example.com>",
		    "Date: Mon, 5 Jan 2004 01:00:" . sprintf("%02d", $i % 60)
		    . " +0000"],
		lose => ["Bcc: hidden$i\@example.org",
		    "Return-Path: <forged$i\@example.org>",
		    "X-Receiver: forged$i\@example.org",
		    "x-sender: forged$i\@example.org"],
		body => \@lines, eol => $i % 2 ? "\n" : "\r\n",
	};
}

sub put {
	my ($file, $bytes) = @_;
	open my $f, ">:raw", $file or die "$file: $!\n";
	print $f $bytes;
	close $f or die "$file: $!\n";
}

sub get {
	my ($file) = @_;
	open my $f, "<:raw", $file or return;
	local $/;
	return scalar <$f>;
}

sub name { return sprintf "MSG%05d", $_[0] }

sub spool {
	my ($dir, $n) = @_;
	mkdir $_ for $dir, map { "$dir/$_" } qw(In Out Pickup Work);
	for my $i (1 .. $n) {
		my $m = message($i);
		my @keep = @{$m->{keep}};
		my @fields = ("X-Sender: $m->{sender}",
		    (map { "X-Receiver: $_" } @{$m->{rcpts}}), shift @keep,
		    $m->{lose}[0], $m->{lose}[1], shift @keep, $m->{lose}[2],
		    @keep, $m->{lose}[3]);
		my $s = join "", map { "$_\n" } @fields, "", @{$m->{body}};
		$s =~ s/\n/$m->{eol}/g;
		put("$dir/In/" . name($i), $s);
	}
}

my %profiles = (
	"ims55" => { open => "", shut => "", dots => qr/^\.$/, eol => "\r\n" },
	"iis" => { open => "", shut => "", dots => qr/^\./, eol => "\r\n" },
	"plain" => { plain => 1, dots => qr/^(?!)/, eol => "\r\n" },
	"ex2007-replay" => { open => "<", shut => ">", dots => qr/^(?!)/,
	    eol => "\r\n" },
);

sub expected {
	my ($profile, $i) = @_;
	my ($p, $m) = ($profiles{$profile}, message($i));
	my @block = $p->{plain} ? () : (
	    "X-Sender: $p->{open}$m->{sender}$p->{shut}",
	    map { "X-Receiver: $p->{open}$_$p->{shut}" } @{$m->{rcpts}});
	my @lines = (@block, (map { split /\n/ } @{$m->{keep}}), "", @{$m->{body}});
	return join "", map { (/$p->{dots}/ ? ".$_" : $_) . $p->{eol} } @lines;
}

sub entries {
	my ($dir) = @_;
	opendir my $d, $dir or return;
	return grep { -f "$dir/$_" } readdir $d;
}

# One file after the other, each at a moment of its own choice.  A server of
# Exchange 2007 renames what it reads.
sub server {
	my ($profile, $pickup, $taken, $stop) = @_;
	my $k = 0;
	until (-e $stop && !entries($pickup)) {
		my @names = entries($pickup);
		@names = sort { rand() <=> 0.5 } @names;
		for my $name (@names) {
			next if rand() < 0.3;
			my $from = "$pickup/$name";
			if ($profile =~ /^ex2007/) {
				next unless $name =~ /^(.*)\.eml$/;
				rename $from, "$pickup/$1.tmp" or next;
				$from = "$pickup/$1.tmp";
				select undef, undef, undef, rand 0.004;
			}
			rename $from, "$taken/" . ++$k . "-$$-$name";
		}
		last if -e $stop && -e "$stop.now";
		select undef, undef, undef, 0.001 + rand 0.01;
	}
}

sub count {
	my ($taken, $expect) = @_;
	my (%of, %times);
	$of{get("$expect/$_")} = $_, $times{$_} = 0 for entries($expect);
	for my $file (entries($taken)) {
		my $name = $of{get("$taken/$file")};
		$times{$name // "unlike:$file"} += defined $name ? 1 : 2;
	}
	$times{$_} == 1 or print "$_ $times{$_}\n" for sort keys %times;
}

sub sent {
	my ($dir, $expect) = @_;
	my (%of, %times);
	for my $name (entries($expect)) {
		my $i = $name =~ s/\D//gr + 0;
		$of{get("$expect/$name")} = $i;
		$times{"$name $_"} = 0 for @{message($i)->{rcpts}};
	}
	for my $file (entries($dir)) {
		my ($said, $data) = split /\n\n/, get("$dir/$file"), 2;
		my $i = $of{$data};
		defined $i or print("unlike:$file - 2\n"), next;
		my $from = "MAIL FROM:<" . message($i)->{sender} . ">";
		$said =~ /^\Q$from\E/ or print "sender:$file - 2\n";
		$times{name($i) . " $_"}++ for $said =~ /^RCPT TO:<(.*?)>/mg;
	}
	$times{$_} == 1 or print "$_ $times{$_}\n" for sort keys %times;
}

my ($what, @args) = @ARGV;
if ($what eq "spool") {
	spool(@args);
} elsif ($what eq "expect") {
	put("$args[1]/" . name($_), expected($args[0], $_)) for 1 .. $args[2];
} elsif ($what eq "server") {
	server(@args);
} elsif ($what eq "count") {
	count(@args);
} elsif ($what eq "sent") {
	sent(@args);
} else {
	die "usage: box.pl spool|expect|server|count|sent ...\n";
}
