#!/bin/sh
# What spoolpolicy says of random rules is what a real Postfix says to
# clients with those addresses.  tests/long/policy.sh asks more.
. "$(dirname "$0")/servers.sh"
box postfix
. "$(dirname "$0")/lib.sh"
. "$top/tests/e2e/truth.sh"

t 'a Postfix with rules of its own starts' 'truth_start'
t 'three sets of random rules, 60 questions each: no answer differs' '
	truth 4 6 60 0'

t_done
