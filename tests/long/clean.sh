#!/bin/sh
# The tests of spoolclean, killed at each system call that changes something.
KILL_STEP=1 exec "${0%/*}/../e2e/0310-clean.sh"
