# SPDX-License-Identifier: MIT
# Programs that only tests run: golden-compare compares a case of test/golden, plain-sweep makes sweep rows by replays,
# fake-sweep makes them without a market.
TEST_TOOLS := $(patsubst test/tools/%.c,$(B)/test/%,$(wildcard test/tools/*.c))
$(TEST_TOOLS): $(B)/test/%: test/tools/%.c $(B)/libocq.a $(B)/flags | $(GEN_H)
	@mkdir -p $(@D)
	$(call say,link)$(CC) $(CPPFLAGS) -MMD -MP -MF $@.d $(CFLAGS) $(LDFLAGS) -o $@ $< $(B)/libocq.a $(LDLIBS)
tools: $(TEST_TOOLS)
check check-suites check-golden bench: tools
.PHONY: tools
