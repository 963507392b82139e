#!/bin/sh
# Of a large file the summary, the table and the filters see a first look:
# what they say must be what the whole file says.
. "$(dirname "$0")/lib.sh"

mkdir -p Imcdata/In Imcdata/Out
words() { yes "$1" | head -n "$2" | sed 's/$/\r/'; }
end() { printf '%s\r\n' "$@"; }

# A report whose machine-readable part begins behind 40 KB of text.
{
	end 'X-Sender: <>' 'X-Receiver: bob@example.org' \
	    'From: postmaster@example.net' 'To: bob@example.org' \
	    'Subject: Delivery' 'MIME-Version: 1.0' \
	    'Content-Type: multipart/report; report-type=delivery-status;' \
	    '	boundary=b' '' '--b' 'Content-Type: text/plain' ''
	words 'Your message was not taken, and this is why, at length.' 800
	end '--b' 'Content-Type: message/delivery-status' '' \
	    'Reporting-MTA: dns; mail.example.net' '' \
	    'Final-Recipient: rfc822; x@example.net' 'Action: failed' \
	    'Status: 5.1.1' '' '--b--'
} >Imcdata/In/REPORT01

# The subject behind 30 KB of header.
{
	end 'Received: from a.example.net ([192.0.2.9]) by mail.example.org' \
	    '	with SMTP id A; Mon, 5 Jan 2004 10:00:00 +0000' \
	    'From: ann@example.net' 'To: bob@example.org'
	words 'X-Long: one more field that nobody asked for' 700
	end 'Subject: far down' '' 'text'
} >Imcdata/In/HEADER01

# The last recipient behind 60 KB of envelope.
{
	end 'X-Sender: ann@example.org'
	seq 2000 | sed 's/.*/X-Receiver: user&@lists.example.net\r/'
	end 'From: ann@example.org' 'Subject: to many' '' 'text'
} >Imcdata/Out/ENVELOPE

# Plain mail of 100 KB: here the first look is enough.
{
	end 'From: ann@example.net' 'To: bob@example.org' 'Subject: large' ''
	words 'text that goes on' 6000
} >Imcdata/In/LARGE001

where() { [ "$(tr '\0' ' ' <out)" = "$1 " ]; }

t 'a report is known by its parts, however far down they are' '
	run 0 spoolscan -0 --kind bounce Imcdata &&
	where Imcdata/In/REPORT01'
t 'a field counts, however far down it is' '
	run 0 spoolscan -0 --subject "far down" Imcdata &&
	where Imcdata/In/HEADER01'
t 'a recipient counts, however far down he is' '
	run 0 spoolscan -0 --rcpt "user2000@lists.example.net" Imcdata &&
	where Imcdata/Out/ENVELOPE'
t 'class and reason are those of the whole file' '
	run 0 spoolscan -d example.org -o csv Imcdata &&
	awk -F, "NR > 1 { print \$2, \$3 }" out | sort >whole &&
	for class in relay backscatter spam legit unsure; do
		spoolscan -d example.org -0 --class $class Imcdata 2>/dev/null |
		tr "\\0" "\\n" | sed "s/^/$class /"
	done | cut -d" " -f1 | sort >look &&
	cut -d" " -f1 whole | sort | cmp - look'
t 'the size is that of the file' '
	run 0 spoolscan -l --subject large Imcdata &&
	grep -q "$(wc -c <Imcdata/In/LARGE001)" out'
t_done
