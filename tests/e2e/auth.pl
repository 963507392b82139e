#!/usr/bin/perl
# The account bob with the password s3cret, for a Postfix with
# smtpd_sasl_type = dovecot.
#
#	auth.pl SOCKET
use strict;
use warnings;
use IO::Socket::UNIX;
use MIME::Base64;

my $listen = IO::Socket::UNIX->new(Local => $ARGV[0], Listen => 20)
    or die "listen: $!";
chmod 0666, $ARGV[0];
$SIG{CHLD} = 'IGNORE';
while (1) {
	my $c = $listen->accept or next;
	next if fork;
	$c->autoflush(1);
	print $c "VERSION\t1\t2\nMECH\tPLAIN\tplaintext\nSPID\t$$\nCUID\t1\n",
	    "COOKIE\t", '0' x 32, "\nDONE\n";
	while (<$c>) {
		chomp;
		my ($verb, $id, @more) = split /\t/;
		next if $verb ne 'AUTH';
		my ($resp) = map { /^resp=(.*)/ ? $1 : () } @more;
		print $c decode_base64($resp // '') eq "\0bob\0s3cret" ?
		    "OK\t$id\tuser=bob\n" : "FAIL\t$id\tuser=bob\n";
	}
	exit 0;
}
