# SPDX-License-Identifier: MIT
# deep: a weekly run begun by hand, with a wide pool.
MODE       := tpe
TRIALS     := 2000000
POOL       := 200000
MIN_TRADES := 30
SHORTLIST  := 10
