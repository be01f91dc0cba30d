# SPDX-License-Identifier: MIT
# What check and bench of the kit share. They run where `make gpu-kit` put them, with bash and coreutils alone.
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
PATH=$here/bin:$PATH
export LC_ALL=C
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# The data of golden size, one hour each, 16 symbols; a busy strategy makes some 2,000 trades on it. CONFIG and PACK: others.
base=${CONFIG:-$here/busy.yaml}
data=(-c "$base" --pack "${PACK:-$here/bars.pack}" --lookback 200)

# have_device: false, with the reason in $why, where no GPU can be used
have_device() {
	local status=0
	ocq-sweep-gpu -q "${data[@]}" -r id </dev/null >/dev/null 2>"$work/err" || status=$?
	why=$(head -n 1 "$work/err")
	[ "$status" != 69 ]
}

now_ms() { local t=${EPOCHREALTIME/./}; echo $((t / 1000)); }

# grid SPEC N SEED FILE
grid() { ocq-grid -q -c "$base" --random "$2" --seed "$3" --compact "$1" >"$4"; }
