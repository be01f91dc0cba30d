# SPDX-License-Identifier: MIT
# sweep.mk - one sweep, in one process or in parts on many machines; the bytes are the same (docs/sweep.md "Many machines"):
#   make -f pipelines/sweep.mk OUT=results.ndjson STRATEGY=strategy.yaml GRID='--random 5000 sweep.yaml' \
#       ENGINE='--pack run.pack' NEEDS=run.pack SWEEP=make SHARDS=64 -j8
# A part is a function of what it is made from and i/N alone, written under a name of its own and renamed: two workers at the same
# part do no harm, and one that died is begun again by the next call.
SHELL       := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c

quote = '$(subst ','\'',$1)'

OUT      ?= sweep.ndjson
STRATEGY ?= strategy.yaml
# What ocq-grid is given, the specification last; what ocq-sweep is given for data, window, balance and lookback; files of the latter.
GRID     ?= spec.yaml
ENGINE   ?=
NEEDS    ?=
# Options of ocq-tpe, which then draws the candidates, in one process. Without any they are those of ocq-grid.
TPE      ?=
ROWS     ?= candidate
# cpu, gpu: one process. make: parts, as many at a time as make -j says. parallel: GNU parallel on NODES. slurm: a job array.
SWEEP    ?= cpu
SHARDS   ?= 16
NODES    ?= :
# Of a part: its threads, and what evaluates it.
THREADS  ?= 1
SWEEPER  ?= $(if $(filter gpu,$(SWEEP)),ocq-sweep-gpu,ocq-sweep)
$(if $(filter cpu gpu make parallel slurm,$(SWEEP)),,$(error SWEEP=$(SWEEP): it is one of cpu gpu make parallel slurm))
$(if $(shell [ '$(SHARDS)' -ge 1 ] 2>/dev/null && echo ok),,$(error SHARDS=$(SHARDS): it is a number from 1))
$(if $(TPE),$(if $(filter cpu gpu,$(SWEEP)),,$(error SWEEP=$(SWEEP): the optimiser learns from each batch, in one process: SWEEP=cpu or gpu, or no TPE)))

# Where unfinished work lies: a directory for each sweep.
ifndef WORK
WORK := $(OUT).$(shell { echo $(call quote,$(TPE) $(GRID) $(ENGINE) $(ROWS)); cat $(STRATEGY) $(lastword $(GRID)); } | sha256sum | cut -c 1-12)
endif

candidates = ocq-grid -q --compact -c $(STRATEGY)
inputs     = $(STRATEGY) $(lastword $(GRID)) $(NEEDS)
rows       = $(SWEEPER) -c $(STRATEGY) $(ENGINE) --rows $(ROWS) --strict
parts     := $(foreach i,$(shell seq $(SHARDS)),$(WORK)/$i-of-$(SHARDS).ndjson)

# A sweep that a signal stopped has no end: it gets no name.
finish = tail -n 1 $1 | grep -q '^{"type":"end"' || { echo 'sweep: stopped' >&2; exit 75; }; sync $1; mv -T $1 $2

# What another process or machine runs for a part: this makefile, with the same settings. They see the same directory.
SELF   := $(abspath $(lastword $(MAKEFILE_LIST)))
worker  = cd $(call quote,$(CURDIR)) && MAKEFLAGS= PATH=$(call quote,$(PATH)) make -s -f $(SELF) SWEEP=make \
	$(foreach v,OUT STRATEGY GRID ENGINE NEEDS ROWS SHARDS THREADS SWEEPER WORK,$(call quote,$v=$($v))) part-

begin_parallel = parallel --will-cite --halt soon,fail=1 --sshlogin $(call quote,$(NODES)) $(call quote,$(worker)){} ::: $$(seq $(SHARDS))
begin_slurm    = sbatch --quiet --wait --job-name=ocq-sweep --array=1-$(SHARDS) --output=$(WORK)/%a.log \
	--wrap=$(call quote,$(worker)$$SLURM_ARRAY_TASK_ID) || { tail -qn 2 $(WORK)/*.log >&2; exit 75; }

ifneq ($(filter cpu gpu,$(SWEEP)),)
$(OUT): $(inputs)
	@mkdir -p $(WORK)
	$(call say,sweep)$(if $(TPE),ocq-tpe $(TPE) -c $(STRATEGY) --spec $(lastword $(GRID)) --strict -o $(WORK)/rows -- $(rows) -q,\
		$(candidates) $(GRID) | $(rows) --resume $(WORK)/rows >>$(WORK)/rows)
	@$(call finish,$(WORK)/rows,$@)
	@rm -rf $(WORK)
else
$(OUT): $(inputs) $(if $(filter make,$(SWEEP)),$(parts))
	@mkdir -p $(WORK)
	$(call say,sweep)$(begin_$(SWEEP))
	@t=$(WORK)/merged.$$HOSTNAME.$$$$; $(candidates) $(GRID) | ocq-merge -q --strict $(parts) >$$t; $(call finish,$$t,$@)
	@rm -rf $(WORK)
endif

# Precious: another make may have made it. Secondary: once the whole is there no part is missed.
.PRECIOUS: $(OUT)
.SECONDARY: $(parts)
$(parts): $(WORK)/%-of-$(SHARDS).ndjson: $(inputs)
	@mkdir -p $(WORK)
	$(call say,sweep)t=$@.$$HOSTNAME.$$$$; $(candidates) --shard $*/$(SHARDS) $(GRID) | $(rows) -q -j $(THREADS) >$$t; $(call finish,$$t,$@)
part-%: $(WORK)/%-of-$(SHARDS).ndjson
	@:
