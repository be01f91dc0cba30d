# SPDX-License-Identifier: MIT
# ocq-sweep-gpu: with nvcc and its static runtime for the architectures of CUDA_ARCHS, without them a program that says so. Its device
# code does not depend on the C compiler or its flags, takes minutes, and so is compiled once for all build directories.
NVCC       ?= nvcc
CUDA_ARCHS ?= 75 80 86 89 90 100 120
CUDA_B     ?= build/cuda
# Never fused, never approximated: docs/parity.md. gcc compiles the host's half.
NVCC_FLAGS := -std=c++17 -O3 --fmad=false -Xcompiler -O2,-ffp-contract=off
NVCC_PATH  := $(shell command -v $(NVCC) 2>/dev/null || { [ $(NVCC) = nvcc ] && ls /usr/local/cuda/bin/nvcc 2>/dev/null; })
CUDART     := $(if $(NVCC_PATH),$(shell config/cudart $(NVCC_PATH)))
CUDA_LIBS  := $(CUDART) -ldl -lrt -lpthread -lstdc++
CUDA_TEXT  := $(wildcard cuda/*.cu cuda/*.h lib/kernel/*.c lib/kernel/*.h lib/kernel/*.def)
CUDA_OBJ   := $(patsubst cuda/%.c,$(B)/obj/cuda/%.o,$(filter-out cuda/absent.c,$(wildcard cuda/*.c)))
GPU        := $(B)/bin/ocq-sweep-gpu
TOOLS      += $(GPU)

ifneq ($(CUDART),)
GPU_SIDE   := $(CUDA_B)/gpu.o
$(GPU): LDLIBS += $(CUDA_LIBS)
else
GPU_SIDE   := $(B)/obj/cuda/absent.o
endif

all: $(GPU)
$(GPU): $(CUDA_OBJ) $(GPU_SIDE) $(B)/libocq.a
	@mkdir -p $(@D)
	$(call say,link)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(LDLIBS)
$(B)/obj/cuda/%.o: cuda/%.c $(B)/flags | $(B)/have-build $(GEN_H)
	@mkdir -p $(@D)
	$(call say,make)$(CC) $(CPPFLAGS) -I. -MMD -MP $(CFLAGS) -c -o $@ $<
$(CUDA_B)/gpu.o: $(CUDA_TEXT) config/gencode $(CUDA_B)/archs
	$(call say,make)$(NVCC_PATH) $(NVCC_FLAGS) --threads 0 \
		$$(config/gencode $(NVCC_PATH) $(CUDA_ARCHS)) -I. -Ilib -c -o $@ cuda/gpu.cu
$(CUDA_B)/archs: FORCE
	@mkdir -p $(@D); echo '$(NVCC_PATH) $(CUDA_ARCHS)' | cmp -s - $@ || echo '$(NVCC_PATH) $(CUDA_ARCHS)' >$@

# The device side by a C++ compiler, for tests: cuda/emulate.h.
CXX      := $(if $(findstring clang,$(CC)),clang++,g++)
# A struct and a function may have one name in C; -Wshadow minds that in C++.
CXXFLAGS  = $(filter-out -std=c17 -Wstrict-prototypes -Wshadow,$(CFLAGS)) -std=c++17
EMULATED := $(B)/test/ocq-sweep-emulated
$(EMULATED): $(CUDA_OBJ) $(B)/obj/cuda/emulated.o $(B)/libocq.a
	@mkdir -p $(@D)
	$(call say,link)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(LDLIBS) -lstdc++
$(B)/obj/cuda/emulated.o: cuda/gpu.cu $(B)/flags
	@mkdir -p $(@D)
	$(call say,make)$(CXX) -DOCQ_EMULATE -I. -Ilib -MMD -MP $(CXXFLAGS) -c -o $@ -x c++ $<
check check-suites check-valgrind: $(EMULATED)
-include $(CUDA_OBJ:.o=.d) $(B)/obj/cuda/absent.d $(B)/obj/cuda/emulated.d
