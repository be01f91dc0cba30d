# SPDX-License-Identifier: MIT
# The schemas as C strings: lib/store/X.sql -> $(B)/gen/store/X.sql.inc
STORE_SQL := $(patsubst lib/%,$(B)/gen/%.inc,$(wildcard lib/store/*.sql))
GEN_H += $(STORE_SQL)

$(STORE_SQL): $(B)/gen/%.inc: lib/%
	@mkdir -p $(@D)
	$(call say,make)sed 's/["\\]/\\&/g; s/.*/"&\\n"/' $< >$@
