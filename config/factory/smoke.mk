# SPDX-License-Identifier: MIT
# smoke: does the whole chain work? About a minute on two cores, the build included.
MODE       := random
TRIALS     := 2000
POOL       := 20
MIN_TRADES := 10
SHORTLIST  := 3
