# SPDX-License-Identifier: MIT
# ocq-pack: what goes in comes out, and nothing else is taken for a pack.
load lib

setup_file() {
	load lib
	setup
	cd "$BATS_FILE_TMPDIR" || return 1
	ocq-synth -q -n 5 --days 12 -i 1h,5m --late 1 --delisted 1 --gaps 5 --db .
	ocq-pack -q --candles candles_1h.db -i 1h --exit-candles candles_5m.db --exit-interval 5m --funding funding_rates.db \
		--universe universe_history.db -o all.pack
	ocq-pack -q --candles candles_1h.db -i 1h -o bars.pack
}
data() { cd "$BATS_FILE_TMPDIR" || return 1; }

@test "pack: the same data give the same file, and its data_id" {
	data
	ocq-pack --candles candles_1h.db -i 1h -o again.pack 2>note
	cmp bars.pack again.pack
	ocq-pack --check bars.pack >id
	[ "$(jq -r .data_id < <(ocq-pack --show bars.pack))" = "$(cat id)" ]
	grep -qE '^[0-9a-f]{64}$' id
	grep -qxF "ocq-pack: again.pack: data_id $(cat id)" note
}

@test "pack: show counts what is there" {
	data
	ocq-pack --show all.pack >show
	[ "$(jq .exit.interval show)" = '"5m"' ]
	[ "$(jq .main.bars show)" = "$(sqlite3 candles_1h.db 'SELECT COUNT(*) FROM candles')" ]
	[ "$(jq .exit.bars show)" = "$(sqlite3 candles_5m.db 'SELECT COUNT(*) FROM candles')" ]
	[ "$(jq '[.symbols[].rates] | add' show)" = "$(sqlite3 funding_rates.db "SELECT COUNT(*) FROM funding_rates
		WHERE time <= $(jq .to_ms show)")" ]
	[ "$(jq -c '[.symbols[].symbol]' show)" = '["BTC","DOGE","ETH","SOL","kPEPE"]' ]
}

@test "pack: exports what the stores export" {
	data
	ocq-candles export --no-header candles_1h.db >want
	ocq-candles export --no-header --pack all.pack | cmp - want
	ocq-candles export --no-header -s kpepe,ETH,doge candles_1h.db 2>note || grep -q 'no symbol "kpepe"' note
	ocq-candles export --no-header -s kPEPE,eth candles_1h.db >want
	ocq-candles export --no-header -s kPEPE,eth --pack all.pack | cmp - want
}

@test "pack: options that do not fit the data are refused" {
	data
	dies 64 'give one of --output, --check and --show' ocq-pack --candles candles_1h.db -i 1h
	dies 64 'give one of --output, --check and --show' ocq-pack --check all.pack --show all.pack
	dies 64 'no data: give candles' ocq-pack -o x.pack
	dies 64 'no symbol "XRP" in the data; there are BTC DOGE ETH SOL kPEPE' ocq-pack --candles candles_1h.db -i 1h -s XRP -o x.pack
	dies 64 'is outside the data' ocq-pack --candles candles_1h.db -i 1h --from 2024-01-01 -o x.pack
	dies 65 'no 5m candles; there are 1h' ocq-pack --candles candles_1h.db -i 5m -o x.pack
	dies 65 'none.db: No such file' ocq-pack --candles none.db -i 5m -o x.pack
	dies 75 'no/dir.pack' ocq-pack --candles candles_1h.db -i 1h -o no/dir.pack
	[ ! -e x.pack ]
}

@test "pack: a damaged, cut, empty or foreign file is refused" {
	data
	head -c 5000 all.pack >cut.pack
	dies 65 'cut.pack: damaged pack: 5000 bytes instead of' ocq-pack --check cut.pack
	: >empty.pack
	dies 65 'empty.pack: not a pack: too short' ocq-pack --show empty.pack
	dies 65 'candles_1h.db: not a pack' ocq-candles export --pack candles_1h.db
	cp all.pack flip.pack
	printf '\377' | dd of=flip.pack bs=1 seek=9000 conv=notrunc status=none
	dies 65 'flip.pack: damaged pack: the checksum does not match' ocq-candles export --pack flip.pack
}

@test "pack: an old pack stays when a new one fails" {
	data
	cp all.pack keep.pack
	dies 65 'no table "funding_rates"' ocq-pack --candles candles_1h.db -i 1h --funding candles_1h.db -o keep.pack
	cmp all.pack keep.pack
}

@test "pack: a full disk is exit 75, a reader that leaves is none" {
	data
	writes 75 /dev/full ocq-pack --check all.pack
	writes 75 /dev/full ocq-pack --show all.pack
	reader_leaves 1 ocq-pack --show all.pack
}

@test "pack: the file behind a link is replaced, a device or pipe is written to" {
	data
	make_pack() { ocq-pack -q --candles candles_1h.db -i 1h -o "$1"; }
	make_pack plain.pack
	: >target.pack
	ln -s target.pack link.pack
	make_pack link.pack
	[ -L link.pack ]
	cmp plain.pack target.pack
	mkfifo pipe
	cat pipe >through.pack &
	make_pack pipe
	wait $!
	[ -p pipe ]
	cmp plain.pack through.pack
	dies 75 '/dev/full: cannot be written: No space left' ocq-pack --candles candles_1h.db -i 1h -o /dev/full
	[ -c /dev/full ]
	dies 64 'needs a file' ocq-pack --candles candles_1h.db -i 1h -o -
}
