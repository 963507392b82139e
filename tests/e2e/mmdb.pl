# mmdb.pl >FILE <LINES - a small database in MaxMind's format, version 2.0.
#
# A line: network, country, number of the AS, its name; "-" for none:
#	203.0.113.0/25 NL 64496 Example Net
# The search tree is of IPv6, with IPv4 at ::/96, as the published ones are.
use strict;
use warnings;
use Socket qw(inet_pton AF_INET AF_INET6);

sub control { my ($type, $n) = @_;
	$n < 29 ? chr($type << 5 | $n) : chr($type << 5 | 29) . chr($n - 29) }
sub text { control(2, length $_[0]) . $_[0] }
sub map_of { my %m = @_; control(7, scalar keys %m) .
	join '', map { text($_) . $m{$_} } sort keys %m }
sub u16 { control(5, 2) . pack 'n', $_[0] }
sub u32 { control(6, 4) . pack 'N', $_[0] }

my (@nodes, $data) = ([undef, undef]);
$data = '';
while (my $line = <STDIN>) {
	my ($net, $country, $as, $name) = $line =~ /^(\S+) (\S+) (\S+) (.*)$/ or die $line;
	my ($ip, $bits) = split m{/}, $net;
	my $raw = $ip =~ /:/ ? inet_pton(AF_INET6, $ip) : "\0" x 12 . inet_pton(AF_INET, $ip);
	$bits += 96 if $ip !~ /:/;
	my %m;
	$m{country} = map_of(iso_code => text($country)) if $country ne '-';
	@m{qw(autonomous_system_number autonomous_system_organization)} =
	    (u32($as), text($name)) if $as ne '-';
	my $at = 0;
	my @path = split //, substr unpack('B128', $raw), 0, $bits;
	my $last = pop @path;
	for my $bit (@path) {
		push @nodes, [undef, undef] and $nodes[$at][$bit] = [node => $#nodes]
		    unless $nodes[$at][$bit];
		$at = $nodes[$at][$bit][1];
	}
	$nodes[$at][$last] = [data => length $data];
	$data .= map_of(%m);
}
my $count = @nodes;
binmode STDOUT;
for my $node (@nodes) {
	print pack 'N', !$_ ? $count : $_->[0] eq 'node' ? $_->[1] : $count + 16 + $_->[1]
	    for @$node;
}
print "\0" x 16, $data, "\xab\xcd\xefMaxMind.com", map_of(
    node_count => u32($count), record_size => u16(32), ip_version => u16(6),
    database_type => text('Test'), binary_format_major_version => u16(2),
    binary_format_minor_version => u16(0), build_epoch => "\x04\x02" . pack('N', 1),
    languages => "\x00\x04", description => control(7, 0));
