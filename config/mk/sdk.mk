# SPDX-License-Identifier: MIT
# Other people's SDKs against ocq-paperx; they are installed from npm into $(B)/sdk.
check-sdk: $(B)/bin/ocq-paperx  ## two SDKs from npm trade on ocq-paperx
	@$(STEP_ENV) J=$(J) test/sdk/run $(B)/sdk
.PHONY: check-sdk
