#!/bin/sh
# 40 sets of random relay rules, 125 random questions each: a real Postfix
# and spoolpolicy answer the same, and so does a real Exim.  One recipient in
# seven that Postfix is asked about hides a route.
here=$(cd "$(dirname "$0")/../e2e" && pwd)
. "$here/servers.sh"
box postfix exim
. "$here/lib.sh"
. "$here/truth.sh"

t 'a Postfix with rules of its own starts' 'truth_start'
t '5,000 questions in 40 sets of rules: no answer differs' '
	truth postfix 1 40 125 0'
t 'the same with an Exim' 'truth_exim && truth exim 101 140 125 0'

t_done
