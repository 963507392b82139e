#!/bin/sh
# The tests of the case, with a kill at each call that changes something.
KILL_STEP=1 exec "${0%/*}/../e2e/0200-case.sh"
