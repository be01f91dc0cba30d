# SPDX-License-Identifier: MIT
# weekly: twice the trials, twice the shortlist, for a weekend.
MODE       := tpe
TRIALS     := 2000000
POOL       := 50000
MIN_TRADES := 30
SHORTLIST  := 10
