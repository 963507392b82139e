#!/usr/bin/perl
# Random relay rules for a server, and random questions to it.
#
#	policy-truth.pl make SEED N DIR		DIR/main.cf, tables, DIR/asks
#	policy-truth.pl ask PORT ASKS		its answers, one a line
#	policy-truth.pl make-exim SEED N DIR	DIR/exim.conf, DIR/asks
#	policy-truth.pl ask-exim ASKS COMMAND	the same of exim -bs, run by
#						COMMAND
use strict;
use warnings;
use IO::Socket::INET;
use IPC::Open2;

my @nets = qw(192.0.2.0/24 192.0.2.64/26 198.51.100.0/25 203.0.113.0/28
    10.0.0.0/8 10.1.0.0/16 2001:db8::/32 2001:db8:1::/48);
my @ips = qw(192.0.2.1 192.0.2.70 192.0.2.130 198.51.100.5 198.51.100.200
    203.0.113.3 203.0.113.200 10.1.2.3 10.2.3.4 2001:db8::5 2001:db8:1::7);
my @doms = qw(example.org sub.example.org example.net mail.example.net
    example.com deep.sub.example.com partner.example);
my @names = qw(host.example.org a.sub.example.org mx.example.net
    dyn.isp.example example.com);

sub pick { $_[rand @_] }
sub some { my $n = shift; my %h; $h{pick(@_)} = 1 for 1 .. $n; sort keys %h }
sub bracket { $_[0] =~ m{^([0-9a-f:]*:[0-9a-f:]*)(/.*)?$} ? "[$1]" . ($2 // '') : $_[0] }
sub verdict { pick('OK', 'OK', 'REJECT', '554 no', 'DUNNO') }

sub table {
	my ($dir, $n, $kind) = @_;
	open my $f, '>', "$dir/$n" or die;
	print $f "# a table\n\n";
	my @keys = $kind eq 'cidr' ? some(4, @nets, @ips) :
	    $kind eq 'client' ? some(5, @ips, @names, @doms, '10', '10.1',
		'192.0.2', '198.51.100') :
	    some(4, @doms, map { "u1\@$_" } @doms);
	@keys = sort { rand() <=> .5 } @keys;
	print $f pick('', $kind eq 'cidr' ? '!' : ''), "$_\t",
	    pick('', "\n\t"), verdict(), "\n" for @keys;
	close $f;
	return ($kind eq 'cidr' ? 'cidr' : 'texthash') . ":/etc/postfix/$n";
}

sub make {
	my ($seed, $n, $dir) = @_;
	srand $seed;
	my @list = ('permit_mynetworks', 'permit_sasl_authenticated');
	@list = reverse @list if rand() < .3;
	splice @list, rand @list, 0, 'check_client_access ' .
	    table($dir, "t$_", pick('cidr', 'client')) for 1 .. rand 3;
	push @list, 'check_recipient_access ' . table($dir, 'rcpt', 'mail')
	    if rand() < .3;
	push @list, pick('reject_unauth_destination',
	    'defer_unauth_destination', 'permit_auth_destination, reject');
	open my $f, '>', "$dir/main.cf" or die;
	print $f "myhostname = mail.example.org\n";
	print $f "mynetworks = ", join(', ', map { pick('', '', '!') .
	    bracket($_) } some(3, @nets, @ips)), "\n";
	print $f "base = ", join(' ', some(2, @doms)), "\n";
	print $f "mydestination = \$base,\n  # more\n  ", pick(@doms), "\n";
	print $f "relay_domains = ", join(' ', some(1 + rand 2, @doms)), "\n";
	print $f "virtual_alias_domains = ", pick('', @doms), "\n";
	print $f "parent_domain_matches_subdomains = smtpd_access_maps\n"
	    if rand() < .3;
	print $f "smtpd_sasl_auth_enable = ", pick('yes', 'yes', 'no'), "\n";
	print $f "smtpd_relay_restrictions = ", join(",\n    ", @list), "\n";
	print $f "smtpd_client_restrictions = ",
	    'check_client_access ', table($dir, 'client', pick('cidr',
	    'client')), "\n" if rand() < .3;
	print $f "smtpd_sender_restrictions = permit_mynetworks, ",
	    'check_sender_access ', table($dir, 'sender', 'mail'), "\n"
	    if rand() < .3;
	print $f "smtpd_recipient_restrictions = ", pick('permit',
	    'permit_sasl_authenticated reject_unauth_destination',
	    'permit_mynetworks, reject_unauth_destination'), "\n"
	    if rand() < .4;
	close $f;
	open $f, '>', "$dir/asks" or die;
	for (1 .. $n) {
		my ($u, $d, $e) = (pick('u1', 'u2'), pick(@doms, 'far.example'),
		    pick(@doms, 'far.example'));
		my $to = rand() < .85 ? "$u\@$d" : pick("$u%$d\@$e",
		    "$d!$u\@$e", "\"$u\@$d\"\@$e", "\@$e:$u\@$d", $u);
		print $f join("\t", pick(@ips), pick('-', '-', 'bob'),
		    rand() < .1 ? '<>' : pick('u1', 'x') . '@' .
		    pick(@doms, 'far.example'), $to, pick(@names, '-')), "\n";
	}
	close $f;
}

sub answer {
	my ($port, $ip, $account, $sender, $to, $name) = @_;
	my $s = IO::Socket::INET->new(PeerAddr => '127.0.0.1',
	    PeerPort => $port, Timeout => 20) or return 'connection';
	my $reply = sub {
		my $l;
		while (defined($l = <$s>)) { last if $l =~ /^\d{3} / }
		return $l // '';
	};
	my $offer = '';
	$reply->();
	print $s "EHLO me.example\r\n";
	while (my $l = <$s>) {
		$offer = $l if $l =~ /XCLIENT/;
		last if $l =~ /^\d{3} /;
	}
	my $x = 'XCLIENT ADDR=' . ($ip =~ /:/ ? "IPV6:$ip" : $ip) . ' NAME=' .
	    ($name eq '-' ? '[UNAVAILABLE]' : $name);
	$x .= " LOGIN=$account" if $account ne '-' && $offer =~ /LOGIN/;
	print $s "$x\r\n";
	my $r = $reply->();
	$r =~ s/\s+$//;
	return "XCLIENT $r" if $r !~ /^220/;
	print $s "EHLO me.example\r\n";
	$reply->();
	print $s "MAIL FROM:", ($sender eq '<>' ? '<>' : "<$sender>"), "\r\n";
	$r = $reply->();
	if ($r =~ /^250/) {
		print $s "RCPT TO:<$to>\r\n";
		$r = $reply->();
	}
	print $s "QUIT\r\n";
	$r =~ s/\s+$//;
	return ($r =~ /^250/ ? 'permit' : 'refuse') . "\t$r";
}

# ---- Exim ----

# "a : !b", or with another separator; named lists in it.
sub exim_list {
	my ($plain, @named) = @_;
	my @v = (some(1 + rand 4, @$plain), map { "+$_" } grep { rand() < .4 }
	    @named);
	push @v, '*' if rand() < .05;
	@v = map { (rand() < .25 ? pick('!', '! ') : '') . $_ }
	    sort { rand() <=> .5 } @v;
	return join ' : ', map { s/:/::/gr } @v if rand() < .5;
	return '<; ' . join pick(' ; ', ';', " ; \\\n  # more\n    "), @v;
}

sub exim_conditions {
	my %of = @_;
	my @c;
	for my $k (sort keys %of) {
		next if rand() < .4;
		my ($plain, @named) = @{$of{$k}};
		push @c, pick('', '', '!') . "$k = " . (rand() < .6 ?
		    pick('', '', '!') . '+' . pick(@named) :
		    exim_list($plain, @named));
	}
	push @c, pick('', '', '', '!') . 'authenticated = *' if rand() < .25;
	push @c, pick('', '', '!') . 'local_parts = ^.*[@%!/|]' if rand() < .2;
	return @c ? @c : 'hosts = *';
}

sub make_exim {
	my ($seed, $n, $dir) = @_;
	srand $seed;
	my %of = (hosts => [[@nets, @ips]],
	    domains => [[@doms, '@', map { "*.$_" } @doms]]);
	open my $f, '>', "$dir/exim.conf" or die;
	print $f "primary_hostname = mail.example.org\n",
	    "NEAR = 192.0.2.0/24\nALSO = NEAR : 10.1.2.3\n";
	for my $k ('hosts', 'domains') {
		for my $i (0 .. rand 3) {
			my ($plain, @named) = @{$of{$k}};
			print $f $k =~ s/s$//r, "list $k$i = ", $k eq 'hosts' &&
			    rand() < .2 ? 'ALSO' : exim_list($plain, @named), "\n";
			push @{$of{$k}}, "$k$i";
		}
	}
	print $f ".ifdef ", pick('NEAR', 'NONE'), "\nACL = check\n.else\n",
	    "ACL = other\n.endif\nacl_smtp_rcpt = ACL\nbegin acl\n";
	for my $acl ('other', 'check') {
		print $f "$acl:\n";
		for (1 .. 2 + rand 4) {
			my $verb = pick('accept', 'accept', 'deny', 'require',
			    'drop', 'warn');
			my @c = exim_conditions(%of);
			splice @c, rand(@c + 1), 0, 'message = no'
			    if rand() < .3 && $verb ne 'accept';
			splice @c, 1, 0, 'endpass'
			    if $verb eq 'accept' && @c > 1 && rand() < .4;
			print $f "  $verb\t", join("\n\t", @c), "\n",
			    pick('', '', "\n", "  # more\n");
		}
		print $f pick('', "  accept\n", "  deny\n",
		    "  accept domains = +domains0\n");
	}
	print $f "begin routers\nno:\n  driver = redirect\n  data = :fail: no\n";
	close $f;
	open $f, '>', "$dir/asks" or die;
	print $f join("\t", pick(@ips), pick('-', '-', 'bob'), 'x@far.example',
	    pick('u1', 'u1', 'u1', 'u1%far.example', 'far.example!u1',
	    '"u1@far.example"') . '@' . pick(@doms, 'far.example',
	    'mail.example.org', 'a.example.org')), "\n" for 1 .. $n;
	close $f;
}

# As many answers as it gives before it hangs up, at least one.
sub exim_answers {
	my ($command, $ip, $account, @asks) = @_;
	my $pid = open2(my $out, my $in, @$command, '-bs', '-oMa', $ip,
	    $account eq '-' ? () : ('-oMaa', $account));
	local $SIG{PIPE} = 'IGNORE';
	print $in "HELO me.example\r\n", (map { "MAIL FROM:<$_->[1]>\r\n" .
	    "RCPT TO:<$_->[2]>\r\nRSET\r\n" } @asks), "QUIT\r\n";
	close $in;
	my @r = map { s/\s+$//r } grep { /^\d{3} / } <$out>;
	waitpid $pid, 0;
	splice @r, 0, 2;			# the greeting, and HELO's
	my @told;
	while (@r >= 2 && @told < @asks) {
		push @told, ($r[1] =~ /^250/ ? 'permit' : 'refuse') . "\t$r[1]";
		splice @r, 0, 3;
	}
	return @told ? @told : "no answer";
}

sub ask_exim {
	my ($asks, @command) = @_;
	open my $f, '<', $asks or die;
	my (%of, @told);
	while (<$f>) {
		chomp;
		my ($ip, $account, $sender, $to) = split /\t/;
		push @{$of{"$ip\t$account"}}, [$. - 1, $sender, $to];
	}
	for my $who (sort keys %of) {
		my @left = @{$of{$who}};
		$told[(shift @left)->[0]] = $_
		    for exim_answers(\@command, split(/\t/, $who), @left);
		$of{$who} = \@left;
		redo if @left;
	}
	print "$_\n" for @told;
}

my $what = shift;
$SIG{ALRM} = sub { die "no answer\n" };
alarm 120;
if ($what eq 'make') {
	make(@ARGV);
} elsif ($what eq 'make-exim') {
	make_exim(@ARGV);
} elsif ($what eq 'ask-exim') {
	ask_exim(@ARGV);
} else {
	my ($port, $asks) = @ARGV;
	open my $f, '<', $asks or die;
	while (<$f>) {
		chomp;
		print answer($port, split /\t/), "\n";
	}
}
