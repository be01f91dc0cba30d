# SPDX-License-Identifier: MIT
# ocq - build, check, install. `make help` lists the targets. All output goes to $(B).
# One makefile, no recursion over directories: lib/*/gen.mk and config/mk/*.mk are fragments of it. A sub-make appears only
# where another compiler or other flags need a build directory of their own.
B        ?= build
ifeq ($(origin CC),default)
CC       := gcc
endif
VERSION  := $(shell cat VERSION)
CFLAGS   ?= -O2 -g
WARN     := -Wall -Wextra -Wno-missing-field-initializers -Wshadow -Wstrict-prototypes -Werror
# -ffp-contract=off: trading arithmetic is rounded after every operation (docs/parity.md). The other two change no value:
# nobody here looks at errno after a root or at the exception flags, and without them divisions do not go into lanes.
override CFLAGS += -std=c17 -ffp-contract=off -fno-math-errno -fno-trapping-math $(WARN)
override CPPFLAGS += -D_GNU_SOURCE -Ilib -I$(B)/gen -DOCQ_VERSION=\"$(VERSION)\"
LDLIBS   := -Wl,--as-needed -lsqlite3 -lyaml -lcurl -lsecp256k1 -lpthread -lm

# lib/M/gen_X.c is a program that writes part of the build; its rules are in lib/M/gen.mk, which may
# append to GEN_H (headers, in $(B)/gen) and MAN_GEN (manual pages, in $(B)/man).
LIB_SRC  := $(filter-out $(wildcard lib/*/gen_*.c),$(wildcard lib/*/*.c))
LIB_OBJ  := $(LIB_SRC:%.c=$(B)/%.o)
TOOL_SRC := $(wildcard bin/ocq-*.c)
TOOLS    := $(TOOL_SRC:bin/%.c=$(B)/bin/%)
GEN_H    :=
MAN_GEN  :=

# One line per thing made; V=1 shows the commands, -s nothing.
V ?= 0
say_0 = @$(if $(findstring s,$(filter-out --%,$(firstword -$(MAKEFLAGS)))),,echo '  $(1) $(patsubst $(B)/%,%,$@)';)
say = $(say_$(V))

.DEFAULT_GOAL := all
include $(wildcard lib/*/gen.mk)

all: $(TOOLS) $(MAN_GEN)  ## build every program and generated page
.PHONY: all FORCE

$(TOOLS): $(B)/bin/%: $(B)/obj/bin/%.o $(B)/libocq.a
	@mkdir -p $(@D)
	$(call say,link)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(LDLIBS)
$(B)/libocq.a: $(LIB_OBJ)
	$(call say,pack)rm -f $@ && $(AR) rcs $@ $^
$(B)/obj/bin/%.o: bin/%.c $(B)/flags | $(B)/have-build $(GEN_H)
	@mkdir -p $(@D)
	$(call say,make)$(CC) $(CPPFLAGS) -MMD -MP $(CFLAGS) -c -o $@ $<
$(B)/lib/%.o: lib/%.c $(B)/flags | $(B)/have-build $(GEN_H)
	@mkdir -p $(@D)
	$(call say,make)$(CC) $(CPPFLAGS) -MMD -MP $(CFLAGS) -c -o $@ $<
# Generator programs run during the build: $(B)/gen/bin/base/gen_pow10 from lib/base/gen_pow10.c. They get only their
# own source; a rule that needs more objects adds them as prerequisites.
$(B)/gen/bin/%: lib/%.c $(B)/flags | $(B)/have-build
	@mkdir -p $(@D)
	$(call say,link)$(CC) $(CPPFLAGS) -MMD -MP -MF $@.d $(CFLAGS) $(LDFLAGS) -o $@ $(filter %.c %.o %.a,$^) $(LDLIBS)

# Changes when the compiler or a flag does, so that objects of two kinds never meet in one build directory.
FLAGS := $(CC) $(CPPFLAGS) $(CFLAGS) $(LDFLAGS)
$(B)/flags: FORCE
	@mkdir -p $(@D); echo '$(FLAGS)' | cmp -s - $@ || echo '$(FLAGS)' >$@

.DELETE_ON_ERROR:
.SECONDARY:
-include $(LIB_OBJ:.o=.d) $(TOOL_SRC:bin/%.c=$(B)/obj/bin/%.d) $(wildcard $(B)/gen/bin/*/*.d $(B)/test/*.d)

# Unit tests: one program per test/unit/t_*.c, run from the repository root.
UNIT := $(patsubst test/unit/%.c,$(B)/test/%,$(wildcard test/unit/t_*.c))
$(UNIT): $(B)/test/%: test/unit/%.c $(B)/libocq.a $(B)/flags | $(GEN_H)
	@mkdir -p $(@D)
	$(call say,link)$(CC) $(CPPFLAGS) -Itest/unit -MMD -MP -MF $@.d $(CFLAGS) $(LDFLAGS) -o $@ $< $(B)/libocq.a $(LDLIBS)
unit: $(UNIT)  ## build and run the C unit tests
	@for t in $(UNIT); do $$t || exit 1; done
.PHONY: unit

include $(sort $(wildcard config/mk/*.mk))
