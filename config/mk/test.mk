# SPDX-License-Identifier: MIT
# The test targets. Steps are small programs in test/; test/run runs them and sums what they count.
J      ?= $(shell nproc)
GOLDEN ?= ../shared/golden
export B CC CXX NVCC NVCC_PATH GOLDEN
# What a step needs to know, as absolute paths: bats tests run in directories of their own.
STEP_ENV = OCQ_ROOT=$(CURDIR) OCQ_BIN=$(abspath $(B))/bin
# The long ones first, so that none is left alone at the end.
LONG    := test/sweep_gpu.bats test/sweep.bats test/machines.bats test/factory.bats
SUITES  ?= $(LONG) $(filter-out $(LONG),$(wildcard test/*.bats))
# Texts, pages and the kernel's form: the same whatever compiler and flags the build has.
STATIC  := test/layers test/lists test/kernel test/cuda test/shell test/pages 'MUTANTS=none test/mutate/run'

# Debian packages of a group: present, or installed when that is allowed (config/need).
$(B)/have-%: config/need config/packages.debian
	@mkdir -p $(@D)
	@config/need build $* && touch $@

check: $(B)/have-test all $(UNIT) completion  ## every test that needs no network, no GPU, no golden data
	@$(STEP_ENV) test/run -j $(J) $(STATIC) $(UNIT) $(SUITES) test/bytes test/corpora
check-suites: all $(UNIT) completion  ## unit tests and bats suites only
	@$(STEP_ENV) test/run -j $(J) $(filter-out $(SKIP_SUITES),$(SUITES)) $(UNIT)
check-golden: all  ## every case of $(GOLDEN), record for record
	@$(STEP_ENV) test/run test/golden

# Lanes on the local exchange, held against replays; LANE_KILLS programs of each are killed on the way.
LANE_KILLS ?= 20
check-lane: all tools  ## eight lanes through fifty days of $(GOLDEN), then again with kills
	@$(STEP_ENV) test/run test/lane-golden 'test/lane-golden $(LANE_KILLS)'

# A month of market data over a bad connection, with kills; a day of it is in test/feed.bats.
FEED_DAYS ?= 30
check-feed: $(B)/have-test all tools $(B)/test/t_feed  ## the feed through a simulated month at ocq-paperx
	@FEED_DAYS=$(FEED_DAYS) $(STEP_ENV) test/run $(B)/test/t_feed 'test/feed-month $(FEED_DAYS)'

# The suites under sanitizers: a finding ends the program with 99, which no test expects. Six are left out that take minutes there and
# reach no code that unit tests and the others do not: one kernel in many builds and batches, make and shell around the
# sweep, lanes that run with the clock.
SANITIZE := -O1 -g -fno-omit-frame-pointer -fsanitize=address,undefined -fno-sanitize-recover=all
NOT_ASAN := $(addprefix test/,paper.bats runbook.bats sweep.bats sweep_gpu.bats machines.bats factory.bats)
check-asan: $(B)/have-test  ## unit tests and suites under ASan and UBSan
	@ASAN_OPTIONS=exitcode=99:detect_leaks=1 UBSAN_OPTIONS=print_stacktrace=1:exitcode=99 \
		$(MAKE) --no-print-directory B=$(B)/asan CC='$(CC)' CFLAGS='$(SANITIZE)' SKIP_SUITES='$(NOT_ASAN)' check-suites
# The small cases under valgrind, where memory is checked that the sanitizers cannot see (libyaml, SQLite).
check-valgrind: $(B)/have-test all $(UNIT)  ## small cases under valgrind
	@$(STEP_ENV) test/run -j $(J) 'test/valgrind programs' 'test/valgrind odd' 'test/valgrind even'

# Fuzzers: test/fuzz/f_X.c is a libFuzzer target, test/fuzz/corpus/f_X what it has learnt.
FUZZ_SECONDS ?= 600
FUZZ_FLAGS := -O1 -g -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all
fuzzers: $(B)/have-test
	@$(MAKE) --no-print-directory -s B=$(B)/fuzz CC=clang CFLAGS='$(FUZZ_FLAGS)' fuzz-programs
fuzz-programs: $(patsubst test/fuzz/%.c,$(B)/%,$(wildcard test/fuzz/f_*.c))
$(B)/f_%: test/fuzz/f_%.c $(B)/libocq.a $(B)/flags | $(GEN_H)
	$(call say,link)$(CC) $(CPPFLAGS) $(CFLAGS) -fsanitize=fuzzer $(LDFLAGS) -o $@ $< $(B)/libocq.a $(LDLIBS)
fuzz: fuzzers  ## each fuzzer for FUZZ_SECONDS (600), starting from its corpus
	@FUZZ_SECONDS=$(FUZZ_SECONDS) test/run -j $(J) $(patsubst test/fuzz/%.c,'test/corpora %',$(wildcard test/fuzz/f_*.c))

MUTANTS ?= all
mutate: $(B)/have-test  ## break 40 kernel rules, one at a time; MUTANTS=n takes n chosen by the commit
	@MUTANTS='$(MUTANTS)' test/mutate/run

BENCH := $(patsubst test/bench/%.c,$(B)/bench/%,$(wildcard test/bench/bench_*.c))
bench: all $(BENCH) $(B)/bench/best  ## speed, against the targets of docs/performance.md
	@$(STEP_ENV) test/bench/run $(BENCH)
$(B)/bench/%: test/bench/%.c $(B)/libocq.a $(B)/flags | $(GEN_H)
	@mkdir -p $(@D)
	$(call say,link)$(CC) $(CPPFLAGS) -MMD -MP -MF $@.d $(CFLAGS) $(LDFLAGS) -o $@ $< $(B)/libocq.a $(LDLIBS)
.PHONY: check check-suites check-golden check-lane check-feed check-asan check-valgrind fuzzers fuzz-programs fuzz mutate bench
