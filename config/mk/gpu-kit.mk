# SPDX-License-Identifier: MIT
# gpu-kit: what a machine with a GPU needs to check and measure ocq-sweep-gpu, when it may have neither nvcc nor our libraries: programs
# linked against nothing but libc, synthetic markets, and scripts for bash and coreutils (test/gpu).
KIT       := $(B)/gpu-kit
KIT_ARCHS := 75 80 86 89 90 100 120
KIT_BIN   := $(patsubst %,$(KIT)/bin/%,ocq-sweep ocq-grid ocq-config ocq-replay ocq-sweep-gpu ocq-sweep-emulated)
KIT_YAML  := $(patsubst %,$(KIT)/%.yaml,busy close tick all_axes trade_axes)
KIT_PACKS := $(patsubst %,$(KIT)/%.pack,bars sub many)
KIT_TEXT  := $(patsubst test/gpu/%,$(KIT)/%,$(wildcard test/gpu/*))
KIT_LIBS  := -static-libgcc -Wl,-Bstatic -lsqlite3 -lyaml
PROGRAMS  := PATH=$(abspath $(B))/bin:$$PATH

nvcc-there:
	@[ "$(NVCC_PATH)" ] || { echo 'gpu-kit: no nvcc in PATH; NVCC= names one' >&2; exit 69; }
	@[ "$(CUDART)" ] || { echo 'gpu-kit: no libcudart_static.a beside $(NVCC_PATH)' >&2; exit 69; }
gpu-kit: $(KIT).tar  ## programs, data and scripts for a machine with a GPU
$(KIT).tar: $(KIT_BIN) $(KIT_YAML) $(KIT_PACKS) $(KIT_TEXT)
	$(call say,pack)tar -C $(B) -cf $@ gpu-kit

$(KIT)/bin/ocq-sweep-gpu: $(CUDA_OBJ) $(CUDA_B)/kit.o $(B)/libocq.a | nvcc-there
	@mkdir -p $(@D)
	$(call say,link)$(CC) $(CFLAGS) $(LDFLAGS) -s -o $@ $^ $(KIT_LIBS) $(CUDART) -lstdc++ -Wl,-Bdynamic -lpthread -ldl -lrt -lm
$(KIT)/bin/ocq-sweep-emulated: $(CUDA_OBJ) $(B)/obj/cuda/emulated.o $(B)/libocq.a
	@mkdir -p $(@D)
	$(call say,link)$(CC) $(CFLAGS) $(LDFLAGS) -s -o $@ $^ $(KIT_LIBS) -lstdc++ -Wl,-Bdynamic -lpthread -lm
$(KIT)/bin/ocq-%: $(B)/obj/bin/ocq-%.o $(B)/libocq.a
	@mkdir -p $(@D)
	$(call say,link)$(CC) $(CFLAGS) $(LDFLAGS) -s -o $@ $^ $(KIT_LIBS) -Wl,-Bdynamic -lpthread -lm
$(CUDA_B)/kit.o: $(CUDA_TEXT) config/gencode | nvcc-there
	@mkdir -p $(@D)
	$(call say,make)$(NVCC_PATH) $(NVCC_FLAGS) --threads 0 $$(config/gencode $(NVCC_PATH) $(KIT_ARCHS)) -I. -Ilib -c -o $@ cuda/gpu.cu

$(KIT_TEXT): $(KIT)/%: test/gpu/%
	@mkdir -p $(@D)
	@cp $< $@
$(KIT)/all_axes.yaml: test/fixtures/sweep/all_axes.yaml
	@mkdir -p $(@D)
	@cp $< $@
# Its axes of trade.* alone.
$(KIT)/trade_axes.yaml: test/fixtures/sweep/all_axes.yaml
	@mkdir -p $(@D)
	@awk '/^- path:/ { on = $$3 ~ /^trade\./; seen = 1 } on || !seen' $< >$@
# Entry rules that speak often: most of the work of a sweep is in positions.
$(KIT)/busy.yaml: config/strategy.yaml | $(TOOLS)
	@mkdir -p $(@D)
	@$(PROGRAMS) ocq-config set $< thresholds.entry.min_adx=10 filters.enable_ranging_filter=false filters.require_volume_confirmation=false \
		filters.require_adx_rising=false filters.require_macro_alignment=false filters.require_btc_alignment=false \
		thresholds.entry.enable_pullback_entries=true thresholds.entry.enable_slow_drift_entries=true trade.max_open_positions=20 -o $@
$(KIT)/close.yaml: $(KIT)/busy.yaml | $(TOOLS)
	@$(PROGRAMS) ocq-config set $< engine.entry_interval=5m engine.exit_interval=5m -o $@
$(KIT)/tick.yaml: $(KIT)/close.yaml | $(TOOLS)
	@$(PROGRAMS) ocq-config set $< engine.signal_on_candle_close=false -o $@

# bars: the size of the golden data. sub: bars and sub-bars with funding. many: more symbols than two words of 64 bits hold.
$(KIT_PACKS): | $(TOOLS)
$(KIT)/bars.pack:
	@$(call synth,--seed 7 -n 16 --from 2024-09-04 --days 269 -i 1h --late 2 --delisted 1) && \
		ocq-pack -q --candles candles_1h.db -i 1h -o $(abspath $@)
$(KIT)/sub.pack:
	@$(call synth,--seed 8 -n 8 --from 2025-01-01 --days 30 -i 1h$(comma)5m --late 1) && \
		ocq-pack -q --candles candles_1h.db -i 1h --exit-candles candles_5m.db --exit-interval 5m --entry-candles candles_5m.db --entry-interval 5m \
			--funding funding_rates.db -o $(abspath $@)
$(KIT)/many.pack:
	@$(call synth,--seed 9 -s BTC$$(for i in $$(seq 129); do printf '$(comma)S%03d' "$$i"; done) --from 2025-01-01 --days 20 -i 1h) && \
		ocq-pack -q --candles candles_1h.db -i 1h -o $(abspath $@)
comma := ,
synth = mkdir -p $(KIT) && $(PROGRAMS) && work=$$(mktemp -d) && trap 'rm -rf "$$work"' EXIT && cd "$$work" && ocq-synth -q $(1) --db .

# With a kit at hand nothing is built: it may have come from elsewhere. Without, none is built for a machine that has no GPU.
run_kit = @if [ -x $(KIT)/$(1) ]; then exec $(KIT)/$(1); fi; \
	if ls /dev/nvidia[0-9]* /dev/dxg >/dev/null 2>&1; then $(MAKE) --no-print-directory gpu-kit && exec $(KIT)/$(1); \
	else echo 'skipped: no CUDA device'; $(2); fi
check-gpu:  ## GPU against CPU, byte for byte; from gpu-kit, or skipped
	$(call run_kit,check,echo 'gpu: 0 passed$(comma) 0 failed$(comma) 1 skipped')
bench-gpu:  ## candidates a second on a GPU; from gpu-kit, or skipped
	$(call run_kit,bench,true)
.PHONY: nvcc-there gpu-kit check-gpu bench-gpu
