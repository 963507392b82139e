#!/bin/sh
# What spoolpolicy says of random rules is what a real Postfix and a real Exim
# say to clients with those addresses.  tests/long/policy.sh asks more.
. "$(dirname "$0")/servers.sh"
box postfix exim
. "$(dirname "$0")/lib.sh"
. "$top/tests/e2e/truth.sh"

t 'a Postfix with rules of its own starts' 'truth_start'
t 'three sets of random rules, 60 questions each: no answer differs' '
	truth postfix 4 6 60 0'
t 'the same with an Exim: ten sets, 30 questions each' '
	truth_exim && truth exim 1 10 30 0'

t_done
