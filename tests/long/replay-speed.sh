#!/bin/sh
# How fast a replay goes into a folder, durably: beside a loop that writes,
# syncs, renames and syncs one message after the other, in the same run.  And
# how much memory MANY messages take.
#
# On a file system of its own, where it can be made: ext4 looks at each inode
# that was given up in the last minutes when it makes a file, and so what was
# deleted before, by anybody, would be measured.
here=$(dirname "$0")
if [ -z "${FRESH-}" ] && [ "$(id -u)" -eq 0 ] &&
    command -v mkfs.ext4 >/dev/null && unshare -m true 2>/dev/null; then
	image=$(mktemp) && truncate -s 4G "$image" &&
	mkfs.ext4 -q -F -E lazy_itable_init=0,lazy_journal_init=0 "$image"
	FRESH=yes unshare -m sh -c '
		mount -o loop "$1" /tmp && exec sh "$2"' - "$image" "$0"
	r=$?
	rm -f "$image"
	exit $r
fi
. "$here/../e2e/lib.sh"

messages=${MESSAGES:-5000}
many=${MANY:-100000}

# N messages of 10 KB with an X-block in DIR
make_spool() {
	perl -e '
		my ($dir, $n) = @ARGV;
		mkdir $_ for $dir, "$dir/In", "$dir/Out", "$dir/Pickup";
		my $body = ("x" x 76 . "\r\n") x 128;
		for (1 .. $n) {
			open my $f, ">", sprintf "%s/In/M%07d", $dir, $_ or die;
			print $f "X-Sender: s$_\@example.com\r\n",
			    "X-Receiver: r$_\@example.net\r\n",
			    "From: s$_\@example.com\r\nSubject: $_\r\n",
			    "Message-ID: <$_\@example.com>\r\n\r\n$body";
		}' "$1" "$2"
}

# seconds of one after the other
one_by_one() {
	perl -MTime::HiRes=time -MIO::Handle -e '
		my ($from, $stage, $to) = @ARGV;
		mkdir $_ for $stage, $to;
		opendir my $d, $from or die;
		my @names = grep /^M/, readdir $d;
		my $began = time;
		for my $n (@names) {
			open my $in, "<", "$from/$n" or die;
			my $bytes = do { local $/; <$in> };
			open my $f, ">", "$stage/$n" or die;
			print $f $bytes;
			$f->flush && $f->sync or die;
			close $f;
			rename "$stage/$n", "$to/$n" or die;
			open my $t, "<", $to or die;
			IO::Handle->new_from_fd($t, "r")->sync or die;
		}
		printf "%.3f\n", time - $began' "$@"
}

make_spool old "$messages"
mkdir -p srv/Imcdata/Pickup
find "$work/old/In" -type f | sort >list
# what was written to make them is not what is measured
sync
one_by_one old/In srv/one srv/ones >one
sync
began=$(date +%s.%N)
spoolreplay --to ims55:srv/Imcdata/Pickup --commit --max-waiting 0 --stall 0 - \
    <list >out 2>errs
ended=$(date +%s.%N)
awk -v one="$(cat one)" -v all="$(echo "$ended $began" | awk '{ print $1 - $2 }')" \
    -v n="$messages" 'BEGIN { printf "# %d messages: one by one %.0f us each, " \
    "replayed %.0f us each, %.1f times as fast\n", n, one * 1e6 / n, \
    all * 1e6 / n, one / all }' | tee figures

t 'at least four times as fast as one after the other, synced all the same' '
	[ "$(find srv/Imcdata/Pickup -type f | wc -l)" = "$messages" ] &&
	awk "{ exit !(\$(NF - 3) >= 4) }" figures'

rm -rf old srv .spoolkit-stage
make_spool old "$many"
mkdir -p srv/Imcdata/Pickup
find "$work/old/In" -type f | sort >list
t "$many messages in less than 100 MB" '
	"$B/tests/bench/peak" "$B/bin/spoolreplay" --to ims55:srv/Imcdata/Pickup \
	    --commit --max-waiting 0 --stall 0 - <list >kb
	[ "$(cat kb)" -lt 100000 ] && [ "$(find srv/Imcdata/Pickup -type f | wc -l)" = "$many" ]'
echo "# $many messages in $(($(cat kb) / 1000)) MB"
t_done
