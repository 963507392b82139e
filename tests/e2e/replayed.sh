# What was put back, and what came of it.  Source this after lib.sh.
#
#	taken DIR		of what a sink (taker.pl) took, a line for each
#				recipient: id, sender, recipient, NOTIFY, text
#	pending FILE		the first three of what a scan tells that its
#				server would still send, and was not told to keep

taken() {
	for f in "$1"/*; do
		[ -e "$f" ] || continue
		perl -MDigest::SHA=sha256_hex -e '
			local $/; $_ = <>;
			my ($said, $text) = /\A(.*?)\n\n(.*)/s or exit;
			$text =~ s/\r\n/\n/g;
			my ($id) = $text =~ /^Message-ID: *<(\d+)\@/m;
			my ($head, $body) = $text =~ /\A(.*?\n)\n(.*)/s;
			$body =~ s/\s+\z//;
			my ($from) = $said =~ /^MAIL FROM:<(.*?)>/mi;
			my $sum = substr sha256_hex($body), 0, 12;
			for my $to ($said =~ /^RCPT TO:(.*?)\r?$/mgi) {
				$to =~ s/(@[^>]*)/lc $1/e;
				my ($orcpt) = $to =~ /(ORCPT=\S+)/;
				my ($notify) = $to =~ /(NOTIFY=\S+)/;
				$to =~ s/> .*/>/;
				print join("\t", $id // "none", $from, $to,
				    $notify // "-", $sum), "\n";
			}' "$f"
	done | sort
}

pending() {
	jq -r 'select(.kind == "mail" and .sender.address != "" and
	    (.note // "" | test("frozen|quarantined") | not) and .folder != "hold" and
	    (.problems // [] | any(test("Qf file")) | not)) |
	    . as $m | .recipients[] | select(.state == "pending") |
	    "\($m.message_id | ltrimstr("<") | split("@")[0])\t\($m.sender.address)\t<\(.address)>"' "$1" | sort
}
