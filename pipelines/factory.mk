# SPDX-License-Identifier: MIT
# factory.mk - from market data to candidates that replays have proven: a rule per stage, a plain file per target
# (docs/factory.md). pipelines/factory runs it in the directory of the run. A target is written in tmp/ and renamed: what has its
# name is whole. Nothing below settings.mk depends on a file outside: strategy, specification and market are frozen copies.
SHELL       := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
MAKEFLAGS   += -rR

P   := $(dir $(abspath $(lastword $(MAKEFILE_LIST))))
put  = sync tmp/$(@F) && mv -T tmp/$(@F) $@
flag = $(findstring $1,$(filter-out --%,$(firstword -$(MAKEFLAGS))))
say  = @$(if $(call flag,s)$(call flag,n),,printf '  %-8s %s\n' $1 $@;)
# Makes a phony target quiet when all is there; asked whether it is, make wants no recipe.
nothing = $(if $(call flag,n)$(call flag,q),,@:)

# ---- settings: the first call freezes them, a later one may not change them; a profile has those that are not here ----

SETTINGS := PROFILE DATA PACK_OPTIONS SYNTH CONFIG SPEC MODE TRIALS SEED BATCH HOLDOUT_PCT BALANCE LOOKBACK POOL MIN_TRADES SHORTLIST
PROFILE      ?= smoke
DATA         ?=
PACK_OPTIONS :=
SYNTH        := -n 12 --from 2025-01-01 --days 240 --late 2 --delisted 1 --seed 7
CONFIG       := config/strategy.yaml
SPEC         := config/sweep-all.yaml
SEED         := 42
BATCH        := 256
HOLDOUT_PCT  := 25
BALANCE      := 10000
LOOKBACK     :=

# given: on the command line, or the two of the environment.
given = $(filter command $(if $(filter PROFILE DATA,$1),environment),$(firstword $(origin $1)))
define settle
ifeq ($$(call given,$1),)
$1 := $$(frozen.$1)
else ifneq ($$($1),$$(frozen.$1))
$$(error RUN=$(RUN) was begun with $1=$$(frozen.$1), not $$($1): another setting is another RUN)
endif
endef
$(eval $(file <settings.mk))
ifdef frozen.PROFILE
$(foreach s,$(SETTINGS),$(eval $(call settle,$s)))
else
$(if $(wildcard settings.mk),$(error settings.mk is damaged: what it says cannot be trusted. Begin again: rm -r $(CURDIR)))
include $P../config/factory/$(PROFILE).mk
endif
# A misspelt setting would run with the default, which nobody wanted: hours for the wrong question.
BUILD    := B CC CFLAGS CPPFLAGS LDFLAGS V J NVCC CUDA_ARCHS CUDA_B
HOW      := RUN ARTIFACTS SWEEP SHARDS NODES THREADS SWEEPER
unknown  := $(strip $(foreach v,$(.VARIABLES),$(if $(filter command,$(firstword $(origin $v))),$(filter-out $(SETTINGS) $(HOW) $(BUILD),$v))))
$(if $(unknown),$(error $(firstword $(unknown)): no such setting. There are $(filter-out $(BUILD),$(SETTINGS) $(HOW))))
whole = $(if $(shell [[ '$($1)' =~ ^[0-9]+$$ ]] && echo ok),,$(error $1=$($1): it is a whole number))
$(foreach s,$(if $(filter grid,$(MODE)),,TRIALS SEED) $(if $(filter tpe,$(MODE)),BATCH) POOL MIN_TRADES SHORTLIST HOLDOUT_PCT,$(call whole,$s))
$(if $(filter grid random tpe,$(MODE)),,$(error MODE=$(MODE): it is one of grid random tpe))
$(if $(filter tpe-parallel tpe-slurm,$(MODE)-$(SWEEP)),$(error SWEEP=$(SWEEP): the optimiser learns from each batch, in one process: SWEEP=cpu or gpu, or MODE=random))
export RUN SETTINGS $(SETTINGS)

# ---- 1. freeze ----

settings.mk:
	$(call say,freeze)$Pfreeze settings >tmp/$(@F) && $(put)
strategy.yaml: settings.mk
	$(call say,freeze)$Pfreeze strategy >tmp/$(@F) && $(put)
spec.yaml: strategy.yaml
	$(call say,freeze)$Pfreeze spec >tmp/$(@F) && $(put)
market.pack: strategy.yaml
	$(call say,freeze)$Pfreeze market && $(put)
options: market.pack spec.yaml
	$(call say,freeze)$Pfreeze options >tmp/$(@F) && $(put)
run.json: options
	$(call say,freeze)$Pfreeze run >tmp/$(@F) && $(put)

# ---- 2. sweep, pool, shortlists ----

# Of a candidate: ids become names of files.
NAME     := [A-Za-z0-9_][A-Za-z0-9._-]*

OUT      := sweep.ndjson
STRATEGY := strategy.yaml
GRID     := $(if $(filter random,$(MODE)),--random $(TRIALS) --seed $(SEED)) spec.yaml
TPE      := $(if $(filter tpe,$(MODE)),--trials $(TRIALS) --seed $(SEED) --batch $(BATCH) --min-trades $(MIN_TRADES))
ROWS     := $(if $(TPE),id,candidate)
ENGINE    = $(file <options)
NEEDS    := run.json
WORK     := tmp/sweep
include $Psweep.mk

pool.ndjson: sweep.ndjson
	$(call say,pool)ocq-top -q -n $(POOL) --min-trades $(MIN_TRADES) --strict $< >tmp/$(@F) && $(put)
shortlist.ndjson: pool.ndjson
	$(call say,rank)ocq-rank -q -n $(SHORTLIST) --strict $< >tmp/$(@F)
	@grep -q '^{"type":"result"' tmp/$(@F) || { echo 'factory: no candidate has $(MIN_TRADES) trades: nothing to go on with' >&2; exit 1; }
	@! grep -v '^{"type":"\(header\|end\)"' tmp/$(@F) | grep -vE '^\{"type":"result","id":"$(NAME)"' || \
		{ echo 'factory: an id that cannot be the name of a file' >&2; exit 65; }
	@$(put)
search: shortlist.ndjson
	$(nothing)

# ---- 3. every candidate of the shortlists through a replay ----

IDS := $(shell sed -nE 's/^\{"type":"result","id":"($(NAME))".*/\1/p' shortlist.ndjson 2>/dev/null)

$(IDS:%=candidates/%.yaml): candidates/%.yaml: shortlist.ndjson strategy.yaml
	$(call say,replay)mkdir -p $(@D); { sed -n 1p $<; grep -F '"id":"$*",' $<; } | ocq-config set strategy.yaml --overrides - >tmp/$(@F) && $(put)
$(IDS:%=replays/%.json): replays/%.json: candidates/%.yaml options
	$(call say,replay)mkdir -p $(@D); ocq-replay -q -c $< $(ENGINE) --contract --report tmp/$(@F) --equity tmp/$*.equity.ndjson && \
		mv -T tmp/$*.equity.ndjson replays/$*.equity.ndjson && $(put)
# A report as the result row that it is, in the order of the shortlists.
replays.ndjson: $(IDS:%=replays/%.json)
	$(call say,replay)for id in $(IDS); do \
		printf '{"type":"result","id":"%s","output_mode":"full",' $$id; sed -e 1d -e '/^ "id":/d' replays/$$id.json | tr -d '\n'; echo; \
	done >tmp/$(@F) && $(put)
parity.ndjson: shortlist.ndjson replays.ndjson
	$(call say,parity)$Pparity $^ >tmp/$(@F) && $(put)

# ---- 4. report ----

$(IDS:%=reports/%.html): reports/%.html: replays/%.json parity.ndjson
	$(call say,report)mkdir -p $(@D); ocq-report -t '$(RUN): $*' --html $< replays/$*.equity.ndjson >tmp/$(@F) && $(put)
$(IDS:%=reports/%.png): reports/%.png: replays/%.json parity.ndjson
	$(call say,plot)mkdir -p $(@D); ocq-report $< replays/$*.equity.ndjson -p tmp/$(@F) >/dev/null && $(put)
report.md: parity.ndjson
	$(call say,report)$Preport >tmp/$(@F) && $(put)
report: report.md $(IDS:%=reports/%.html) $(if $(shell command -v gnuplot),$(IDS:%=reports/%.png))
	$(nothing)
.PHONY: search report
