# SPDX-License-Identifier: MIT
# Installation, and what a user meets first: help and the demo.
PREFIX ?= /usr/local
BINDIR  = $(DESTDIR)$(PREFIX)/bin
MANDIR  = $(DESTDIR)$(PREFIX)/share/man
COMPDIR = $(DESTDIR)$(PREFIX)/share/bash-completion/completions
DOCDIR  = $(DESTDIR)$(PREFIX)/share/doc/ocq
CONFDIR = $(DESTDIR)$(PREFIX)/share/ocq
UNITDIR = $(DESTDIR)$(PREFIX)/lib/systemd/system
UNITS  := $(wildcard systemd/*)

COMPLETION := $(TOOLS:$(B)/bin/%=$(B)/completion/%)
completion: $(COMPLETION)
$(COMPLETION): $(B)/completion/%: $(B)/bin/% config/completion
	@mkdir -p $(@D)
	$(call say,make)config/completion $< >$@

MAN  = $(sort $(wildcard man/*.[1-8]) $(MAN_GEN))
DOCS = README.md LICENSE $(wildcard docs/*.md)
install: all completion units  ## into DESTDIR PREFIX (/usr/local)
	install -d $(BINDIR) $(COMPDIR) $(DOCDIR)/rules $(CONFDIR) $(sort $(foreach m,$(MAN),$(MANDIR)/man$(subst .,,$(suffix $m))))
	install $(TOOLS) $(BINDIR)
	install pipelines/lane $(BINDIR)/ocq-lane
	$(foreach m,$(MAN),install -m 644 $m $(MANDIR)/man$(subst .,,$(suffix $m)) &&) true
	install -m 644 $(COMPLETION) $(COMPDIR)
	install -m 644 $(DOCS) $(DOCDIR)
	install -m 644 $(wildcard docs/rules/*.md) $(DOCDIR)/rules
	install -m 644 $(wildcard config/*.yaml config/*.json config/*.env) $(CONFDIR)
# With the prefix in their paths.
units:
	install -d $(UNITDIR)
	for u in $(UNITS); do sed 's|/usr/local|$(PREFIX)|g' $$u >$(UNITDIR)/$${u#systemd/} || exit 1; done
uninstall:  ## removes what install put there
	rm -f $(TOOLS:$(B)/bin/%=$(BINDIR)/%) $(COMPLETION:$(B)/completion/%=$(COMPDIR)/%)
	rm -f $(foreach m,$(MAN),$(MANDIR)/man$(subst .,,$(suffix $m))/$(notdir $m))
	rm -f $(BINDIR)/ocq-lane $(UNITS:systemd/%=$(UNITDIR)/%)
	rm -rf $(DOCDIR) $(CONFDIR)

demo: $(B)/have-demo all  ## builds, makes a market, replays config/strategy.yaml, shows the report and plots the equity
	@PATH=$(abspath $(B))/bin:$$PATH CANDLES="$(CANDLES)" CONFIG="$(CONFIG)" INTERVAL="$(INTERVAL)" pipelines/demo.sh $(B)/demo

# Its market, key and journals stay in PAPER: it goes on where it was.
PAPER ?= $(B)/paper
paper: $(B)/have-lane all  ## a paper lane on a made market, watched until Ctrl-C; CONFIG, SPEED (1800), PAPER=directory
	@PATH=$(abspath $(B))/bin:$$PATH CONFIG="$(or $(CONFIG),config/strategy.yaml)" SPEED="$(SPEED)" pipelines/paper $(PAPER)

clean:  ## removes $(B)
	rm -rf $(B)
help:  ## this list
	@echo 'usage: make [TARGET] [B=build] [CC=gcc] [CFLAGS=-O2]'
	@cat Makefile config/mk/*.mk | sed -nE 's/^([a-z-]+):[^#]*## (.*)/\1\t\2/p' | sort | while IFS="$$(printf '\t')" read -r t h; do \
		printf '  %-16s %s\n' "$$t" "$$h"; done
.PHONY: completion units install uninstall demo paper clean help
