# SPDX-License-Identifier: MIT
# daily: a search of a night.
MODE       := tpe
TRIALS     := 1000000
POOL       := 50000
MIN_TRADES := 30
SHORTLIST  := 5
