#!/usr/bin/perl
# An rspamd that answers as told, on a port of its own.
#
#	rspamd.pl BEHAVIOUR PORTFILE DIR
#
# What it is asked goes into DIR, a file each, and into DIR/log when each
# question began and ended.  A message with the word "pills" is spam.  It ends
# when its parent does.
use strict;
use warnings;
use IO::Socket::INET;
use Time::HiRes qw(time sleep);

my ($how, $portfile, $dir) = @ARGV;
my $listen = IO::Socket::INET->new(LocalAddr => '127.0.0.1', Listen => 40)
    or die "listen: $!";
my ($parent, $n) = (getppid, 0);
$SIG{CHLD} = 'IGNORE';
open my $p, '>', "$portfile.new" or die;
print $p $listen->sockport;
close $p;
rename "$portfile.new", $portfile;

sub answer {
	my $body = shift;
	return 'rspamd?' if $how eq 'garbage';
	return '{"action":"reject","score":"many"}' if $how eq 'words';
	return $body =~ /pills/ ? '{"is_skipped":false,"score":21.5,' .
	    '"required_score":15.0,"action":"reject","symbols":{' .
	    '"LIGHT":{"score":0.5},"HEAVY":{"score":9.5},"GOOD":{"score":-2},' .
	    '"OTHER":{"score":5.5},"MORE":{"score":6}}}' :
	    '{"score":-0.25,"required_score":15,"action":"no action"}';
}

sub serve {
	my ($c, $n) = @_;
	my ($start, $head, $body) = (time, '', '');
	$head .= $_ while defined($_ = <$c>) && /\S/;
	my ($len) = $head =~ /^Content-Length: (\d+)/mi;
	read $c, $body, $len // 0;
	open my $f, '>', "$dir/$n" or die;
	print $f "$head\n$body";
	close $f;
	sleep($how eq 'slow' ? .2 : $how eq 'hang' ? 60 : 0);
	my $say = answer($body);
	print $c $how eq 'error' ? "HTTP/1.1 503 Too busy\r\n\r\n" :
	    $how eq 'flood' ? "HTTP/1.1 200 OK\r\n\r\n" . ' ' x 3_000_000 :
	    "HTTP/1.1 200 OK\r\nContent-Length: " .
	    (length($say) + ($how eq 'half' ? 9 : 0)) . "\r\n\r\n$say";
	open my $log, '>>', "$dir/log" or die;
	print $log "$start 1\n", time, " -1\n";
}

while (getppid == $parent) {
	my $in = '';
	vec($in, fileno $listen, 1) = 1;
	next if select($in, undef, undef, .5) < 1;
	my $c = $listen->accept or next;
	$n++;
	next if fork;
	close $listen;
	serve($c, $n);
	exit 0;
}
