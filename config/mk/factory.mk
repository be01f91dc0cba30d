# SPDX-License-Identifier: MIT
# The strategy factory: pipelines/factory runs pipelines/factory.mk in artifacts/RUN. A dry run shows its stages alone, not the build.
DRY := $(findstring n,$(filter-out --%,$(firstword -$(MAKEFLAGS))))
factory: $(if $(DRY),,all)  ## strategies from a sweep, proven by replays: PROFILE=smoke|daily|weekly|deep DATA=dir RUN=name
	+@PATH=$(abspath $(B))/bin:$$PATH MAKE='$(MAKE)' pipelines/factory
.PHONY: factory
