# SPDX-License-Identifier: MIT
# ocq-records(5) is printed from the record table.
MAN_GEN += $(B)/man/ocq-records.5

$(B)/gen/bin/record/gen_doc: lib/record/desc.c
$(B)/man/ocq-records.5: $(B)/gen/bin/record/gen_doc
	@mkdir -p $(@D)
	$(call say,make)$< >$@
