# SPDX-License-Identifier: MIT
# Tables of lib/base that a program makes: gen_X.c -> $(B)/gen/base/X.inc
GEN_H += $(B)/gen/base/pow10.inc $(B)/gen/base/crc32.inc

$(B)/gen/base/%.inc: $(B)/gen/bin/base/gen_%
	@mkdir -p $(@D)
	$(call say,make)$< >$@
