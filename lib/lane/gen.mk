# SPDX-License-Identifier: MIT
# The view's schema and statements as C strings: lib/lane/X.sql -> $(B)/gen/lane/X.sql.inc
LANE_SQL := $(patsubst lib/%,$(B)/gen/%.inc,$(wildcard lib/lane/*.sql))
GEN_H += $(LANE_SQL)

$(LANE_SQL): $(B)/gen/%.inc: lib/%
	@mkdir -p $(@D)
	$(call say,make)sed 's/["\\]/\\&/g; s/.*/"&\\n"/' $< >$@
