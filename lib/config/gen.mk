# SPDX-License-Identifier: MIT
# The orders of params.def, and ocq-config(5).
GEN_H   += $(B)/gen/config/order.inc
MAN_GEN += $(B)/man/ocq-config.5

$(B)/gen/config/order.inc: $(B)/gen/bin/config/gen_order
	@mkdir -p $(@D)
	$(call say,make)$< >$@
$(B)/gen/bin/config/gen_man5: $(B)/libocq.a
$(B)/man/ocq-config.5: $(B)/gen/bin/config/gen_man5
	@mkdir -p $(@D)
	$(call say,make)$< >$@
