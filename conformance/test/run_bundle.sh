#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# certify, bundle, verify: a bundle of a good device is valid; what was changed in any file of it,
# a wrong nonce, key or seed, a case left out and a waiver that does not hold are found.
# weft-test: timeout=120
. conformance/test/lib.sh
W="$B/bin/weft-conform"
NONCE=00112233445566778899aabbccddeeff

command -v openssl > /dev/null || { echo "no openssl to make keys with"; exit 77; }
for who in vendor lab stranger; do
	openssl genpkey -algorithm ED25519 -out "$OUT/$who.pem" 2> /dev/null &&
		openssl pkey -in "$OUT/$who.pem" -pubout -out "$OUT/$who.pub" || die "no key"
done
cat > "$OUT/dut.yaml" <<YAML
dut: { vendor: Weft, product: reference chip, version: "b" }
port: { url: "inproc:b" }
declared: { modes: [ROD], max_payload: 1024, max_window: 64 }
YAML

valid()	# FILE OPTION...
{
	"$W" verify "$@" > "$OUT/verify.log" 2>&1 || die "verify $*: $(cat "$OUT/verify.log")"
	grep -q '^VALID' "$OUT/verify.log" || die "not said to be valid"
}

invalid()	# WORDS FILE OPTION...
{
	words=$1
	shift
	"$W" verify "$@" > "$OUT/verify.log" 2>&1
	[ $? -eq 1 ] || die "verify $*: $(cat "$OUT/verify.log")"
	grep -q "^wrong: .*$words" "$OUT/verify.log" && grep -q '^NOT VALID' "$OUT/verify.log" ||
		die "verify does not say '$words': $(cat "$OUT/verify.log")"
}

refused()	# STATUS WORDS COMMAND...
{
	want=$1 words=$2
	shift 2
	"$@" > "$OUT/refused.log" 2>&1
	[ $? -eq "$want" ] && grep -q -- "$words" "$OUT/refused.log" ||
		die "$*: $(cat "$OUT/refused.log")"
}

"$W" certify "$OUT/dut.yaml" --profile CORE --nonce $NONCE --out "$OUT/run" -q \
	> "$OUT/certify.log" || die "certify: $(tail -5 "$OUT/certify.log")"
grep -q 'meets profile CORE' "$OUT/certify.log" || die "certify says nothing"
grep -q '^upper-tester none' "$OUT/run/certificate.txt" &&
	grep -q '^na MP-BV-29 NOT_VERBS' "$OUT/run/certificate.txt" &&
	[ "$(grep -c '^na ' "$OUT/run/certificate.txt")" -eq \
		"$(sed -n 's/^not-applicable //p' "$OUT/run/certificate.txt")" ] ||
	die "the certificate does not list what does not apply: $(cat "$OUT/run/certificate.txt")"
refused 4 'which profile' "$W" certify "$OUT/dut.yaml" --nonce $NONCE
refused 4 'nonce' "$W" certify "$OUT/dut.yaml" --profile CORE --nonce xyz
refused 4 'not for this' "$W" certify "$OUT/dut.yaml" --profile CORE --nonce $NONCE --seed 1
refused 4 'no case' "$W" certify "$OUT/dut.yaml" 'MP-*' --profile CORE --nonce $NONCE
refused 1 'does not claim profile AI' "$W" certify "$OUT/dut.yaml" --profile AI --nonce $NONCE \
	--out "$OUT/ai" -q
refused 4 'holds no certificate' "$W" bundle "$OUT/ai" --key "$OUT/vendor.pem" --out "$OUT/ai.wcb"
echo "ok    certify"

"$W" bundle "$OUT/run" --key "$OUT/vendor.pem" --out "$OUT/v.wcb" > "$OUT/bundle.log" ||
	die "bundle: $(cat "$OUT/bundle.log")"
valid "$OUT/v.wcb" --pub "$OUT/vendor.pub" --nonce $NONCE
"$W" bundle "$OUT/v.wcb" --key "$OUT/lab.pem" --out "$OUT/l.wcb" > "$OUT/bundle.log" ||
	die "countersign: $(cat "$OUT/bundle.log")"
valid "$OUT/l.wcb" --pub "$OUT/vendor.pub" --pub "$OUT/lab.pub"
invalid 'no good signature' "$OUT/v.wcb" --pub "$OUT/lab.pub"
invalid 'no good signature' "$OUT/l.wcb" --pub "$OUT/stranger.pub"
invalid 'nonce' "$OUT/v.wcb" --pub "$OUT/vendor.pub" --nonce ffeeddccbbaa99887766554433221100
refused 4 'whom you trust' "$W" verify "$OUT/v.wcb"
refused 4 'signed before' "$W" bundle "$OUT/v.wcb" --key "$OUT/vendor.pem" --out "$OUT/x.wcb"
refused 4 'no private key' "$W" bundle "$OUT/run" --key "$OUT/lab.pub" --out "$OUT/x.wcb"
tar tf "$OUT/v.wcb" | grep -q '^certificate.txt$' || die "tar does not open it"
# The same run and key, the same bundle: nothing of the hour is in it.
"$W" bundle "$OUT/run" --key "$OUT/vendor.pem" --out "$OUT/again.wcb" > "$OUT/bundle.log"
cmp -s "$OUT/v.wcb" "$OUT/again.wcb" || die "two bundles of one run differ"
echo "ok    bundle and verify"

if openssl genpkey -algorithm SM2 -out "$OUT/sm2.pem" 2> /dev/null &&
   openssl pkey -in "$OUT/sm2.pem" -pubout -out "$OUT/sm2.pub" 2> /dev/null; then
	"$W" bundle "$OUT/v.wcb" --key "$OUT/sm2.pem" --out "$OUT/s.wcb" > "$OUT/bundle.log" &&
		grep -q 'sm2 key' "$OUT/bundle.log" || die "SM2: $(cat "$OUT/bundle.log")"
	valid "$OUT/s.wcb" --pub "$OUT/sm2.pub" --pub "$OUT/vendor.pub"
	echo "ok    SM2"
else
	echo "skip  SM2: this libcrypto has none"
fi
openssl genpkey -algorithm RSA -out "$OUT/rsa.pem" 2> /dev/null
refused 4 'another kind' "$W" bundle "$OUT/run" --key "$OUT/rsa.pem" --out "$OUT/x.wcb"

# Each file of the bundle, changed by one byte in place; the archive's own bytes too.
tampered()	# NAME: $OUT/t is the unpacked bundle, changed
{
	(cd "$OUT/t" && find . -type f | sed 's,^\./,,' | LC_ALL=C sort > ../list &&
		tar --format=ustar --owner=0 --group=0 --numeric-owner --mode=0644 --mtime=@0 \
			-cf ../t.wcb -T ../list -b 1)
	invalid "$1" "$OUT/t.wcb" --pub "$OUT/vendor.pub"
	rm -rf "$OUT/t"
}

unpack()
{
	rm -rf "$OUT/t"
	mkdir "$OUT/t"
	tar xf "$OUT/v.wcb" -C "$OUT/t"
}

unpack
(cd "$OUT/t" && find . -type f | sed 's,^\./,,' | LC_ALL=C sort > ../list &&
	tar --format=ustar --owner=0 --group=0 --numeric-owner --mode=0644 --mtime=@0 \
		-cf ../t.wcb -T ../list -b 1)
valid "$OUT/t.wcb" --pub "$OUT/vendor.pub"	# packed again unchanged it is good: no false alarm
for file in certificate.txt dut.yaml index.html junit.xml results.json results.jsonl \
		tests/MP-BI-01/transcript.wct tests/VN-CA-01/transcript.wct; do
	unpack
	n=$(($(stat -c %s "$OUT/t/$file") / 2))
	printf '~' | dd of="$OUT/t/$file" bs=1 seek=$n conv=notrunc 2> /dev/null
	case $file in
	certificate.txt) tampered 'certificate.txt\|another root' ;;
	*) tampered 'another root' ;;
	esac
done
unpack; rm "$OUT/t/tests/MP-BI-01/transcript.wct"; tampered 'another root'
unpack; echo x > "$OUT/t/more"; tampered 'another root'
unpack; sed -i 's/"sig": "./"sig": "~/' "$OUT/t/envelope.json"; tampered 'no envelope'
unpack; sed -i 's/"sig": "..../"sig": "AAAA/' "$OUT/t/envelope.json"
tampered 'no good signature'
unpack; sed -i 's/"payload": "e\(.\)/"payload": "f\1/' "$OUT/t/envelope.json"
tampered 'another root'
unpack; rm "$OUT/t/envelope.json"; tampered 'envelope'
for at in 0 124 148 257 600; do
	cp "$OUT/v.wcb" "$OUT/c.wcb"
	printf 'Z' | dd of="$OUT/c.wcb" bs=1 seek=$at conv=notrunc 2> /dev/null
	"$W" verify "$OUT/c.wcb" --pub "$OUT/vendor.pub" > "$OUT/verify.log" 2>&1
	[ $? -eq 1 ] || die "byte $at of the archive may be changed"
done
head -c 4000 "$OUT/v.wcb" > "$OUT/c.wcb"
invalid 'no archive' "$OUT/c.wcb" --pub "$OUT/vendor.pub"
echo "ok    what was changed is found"

# A vendor who signs what is not so: the key is good, the run is not.
forged()	# WORDS: $OUT/f is a run folder, changed before it is signed
{
	"$W" bundle "$OUT/f" --key "$OUT/vendor.pem" --out "$OUT/f.wcb" > "$OUT/bundle.log" ||
		die "forged: $(cat "$OUT/bundle.log")"
	invalid "$1" "$OUT/f.wcb" --pub "$OUT/vendor.pub"
	rm -rf "$OUT/f"
}
cp -r "$OUT/run" "$OUT/f"; rm -r "$OUT/f/tests/MP-BI-01"; forged 'MP-BI-01: no transcript'
cp -r "$OUT/run" "$OUT/f"; sed -i 's/^nonce ./nonce f/' "$OUT/f/certificate.txt"
forged 'the seed is not'
cp -r "$OUT/run" "$OUT/f"; sed -i 's/^passed [0-9]*/passed 999/' "$OUT/f/certificate.txt"
forged 'the certificate says 999'
cp -r "$OUT/run" "$OUT/f"; sed -i 's/^upper-tester none/upper-tester level 2/' \
	"$OUT/f/certificate.txt"
forged 'ran with an upper tester of level 0, the certificate says 2'
cp -r "$OUT/run" "$OUT/f"; sed -i 's/^na MP-BV-29 NOT_VERBS/na MP-BV-29 ONE_DOMAIN/' \
	"$OUT/f/certificate.txt"
forged 'are not those that the certificate lists'
cp -r "$OUT/run" "$OUT/f"; sed -i 's/^waived 0/waived 1/' "$OUT/f/certificate.txt"
forged 'without waivers'
cp -r "$OUT/run" "$OUT/f"; sed -i 's/^profile CORE/profile AI/' "$OUT/f/certificate.txt"
forged 'does not claim profile AI'
"$W" run "$OUT/dut.yaml" --seed 99 --out "$OUT/other" -q MP-BI-01 > "$OUT/log"
cp -r "$OUT/run" "$OUT/f"; cp -r "$OUT/other/tests" "$OUT/f"; forged 'ran from another seed'
sed 's/inproc:b/inproc:upper/; s/^declared.*//' "$OUT/dut.yaml" > "$OUT/upper.yaml"
"$W" certify "$OUT/upper.yaml" --profile CORE --nonce $NONCE --out "$OUT/upper" -q \
	> "$OUT/certify.log" || die "certify with an upper tester: $(tail -5 "$OUT/certify.log")"
grep -q '^upper-tester level 2' "$OUT/upper/certificate.txt" || die "no level of the upper tester"
"$W" bundle "$OUT/upper" --key "$OUT/vendor.pem" --out "$OUT/u.wcb" > "$OUT/bundle.log"
valid "$OUT/u.wcb" --pub "$OUT/vendor.pub"
grep -q 'upper tester of level 2' "$OUT/verify.log" || die "verify says no level"
sed -i 's/inproc:b/inproc:a/' "$OUT/dut.yaml"
sed -i 's/^declared.*//' "$OUT/dut.yaml"
echo "ok    what was signed and is not so is found"

# Waivers: a faulty device (one mutant), its failure waived.
MUT="$B/mutants/lib/weft-dut-chip.so"
make_mutants
export WEFT_MUTANT=CE_NOT_OF_COPIES
sed -i "s,inproc:a,inproc:$MUT?chip=b," "$OUT/dut.yaml"
refused 1 'neither passed nor are waived' "$W" certify "$OUT/dut.yaml" --profile CORE \
	--nonce $NONCE --out "$OUT/w" -q
# waive TEST VERSION CODE EXPIRES: $OUT/plain.yaml, and signed by the lab $OUT/waivers.yaml
waive()
{
	cat > "$OUT/plain.yaml" <<-YAML
	waivers:
	  - { test: $1, version: $2, dut: "Weft reference chip b", fail_code: $3,
	      issue: "https://example.org/7", reason: "errata \"7\" \\\\ é", expires: $4,
	      signed_by: "the lab" }
	YAML
	"$W" waive "$OUT/plain.yaml" --key "$OUT/${5:-lab}.pem" --out "$OUT/waivers.yaml" \
		2> "$OUT/waive.log"
}

certify()	# OPTION...
{
	"$W" certify "$OUT/dut.yaml" --profile CORE --nonce $NONCE --out "$OUT/w" -q "$@"
}
LAB="--waiver-pub $OUT/lab.pub"
SIGNED="--waivers $OUT/waivers.yaml"

# A certificate of an earlier run with waivers leaves none to one without.
mkdir -p "$OUT/w"
echo old > "$OUT/w/waivers.yaml"
certify > "$OUT/certify.log" 2>&1
[ ! -e "$OUT/w/waivers.yaml" ] || die "waivers of an earlier run stay"

waive DL-BV-12 1 CE_MISCOUNTED 2999-01-01 || die "waive: $(cat "$OUT/waive.log")"
grep -q '^1 waivers signed by ed25519 key' "$OUT/waive.log" || die "waive says nothing"
"$W" waive "$OUT/plain.yaml" --key "$OUT/lab.pem" 2> "$OUT/waive.log" |
	cmp -s - "$OUT/waivers.yaml" || die "waive to standard output differs"
certify $SIGNED $LAB > "$OUT/certify.log" || die "$(tail -5 "$OUT/certify.log")"
grep -q '^waiver DL-BV-12 v1 CE_MISCOUNTED until 2999-01-01 by the lab (key [0-9a-f]*): errata' \
	"$OUT/w/certificate.txt" || die "no waiver on $(cat "$OUT/w/certificate.txt")"
"$W" bundle "$OUT/w" --key "$OUT/vendor.pem" --out "$OUT/w.wcb" > "$OUT/bundle.log"
valid "$OUT/w.wcb" --pub "$OUT/vendor.pub" $LAB
grep -q 'waived DL-BV-12 v1 CE_MISCOUNTED until 2999-01-01 by the lab' "$OUT/verify.log" ||
	die "the waiver is not told"
invalid 'say whose waivers count' "$OUT/w.wcb" --pub "$OUT/vendor.pub"
invalid 'none that --waiver-pub gives' "$OUT/w.wcb" --pub "$OUT/vendor.pub" \
	--waiver-pub "$OUT/vendor.pub"
echo "ok    a signed waiver"

# A vendor who bundles waivers that the lab did not grant, or prints others.
cp -r "$OUT/w" "$OUT/good"
forged_waiver()	# WORDS: $OUT/w is the run, changed
{
	"$W" bundle "$OUT/w" --key "$OUT/vendor.pem" --out "$OUT/f.wcb" > "$OUT/bundle.log" ||
		die "forged: $(cat "$OUT/bundle.log")"
	invalid "$1" "$OUT/f.wcb" --pub "$OUT/vendor.pub" $LAB
	rm -rf "$OUT/w"
	cp -r "$OUT/good" "$OUT/w"
}
cp "$OUT/plain.yaml" "$OUT/w/waivers.yaml"; forged_waiver 'is not signed'
sed -i 's/2999/2998/' "$OUT/w/waivers.yaml"; forged_waiver 'its signature is wrong'
sed -i 's/^waiver \(.*\) by the lab/waiver \1 by nobody/' "$OUT/w/certificate.txt"
forged_waiver 'not those of waivers.yaml'
sed -i '/^waiver /d' "$OUT/w/certificate.txt"; forged_waiver 'not those of waivers.yaml'
rm "$OUT/w/waivers.yaml"; forged_waiver 'without waivers.yaml'
rm -rf "$OUT/w"
echo "ok    forged waivers"

if [ -s "$OUT/sm2.pem" ]; then
	waive DL-BV-12 1 CE_MISCOUNTED 2999-01-01 sm2 || die "SM2: $(cat "$OUT/waive.log")"
	certify $SIGNED $LAB --waiver-pub "$OUT/sm2.pub" > "$OUT/certify.log" ||
		die "SM2: $(tail -5 "$OUT/certify.log")"
	refused 4 'none that --waiver-pub gives' certify $SIGNED $LAB
	echo "ok    waivers by SM2"
else
	echo "skip  waivers by SM2: this libcrypto has none"
fi

# What certify refuses: another failure or none, another case, unsigned, changed, by a stranger.
other=$("$W" show DL-BV-10 | sed -n 's/^DL-BV-10 v\([0-9]*\).*/\1/p')
for bad in 'DL-BV-12 1 OTHER 2999-01-01=covers no failure' \
	   "DL-BV-10 $other NOT_ACKED 2999-01-01=covers no failure"; do
	# shellcheck disable=SC2086
	waive ${bad%%=*}
	refused 1 "${bad#*=}" certify $SIGNED $LAB
done
waive DL-BV-12 1 CE_MISCOUNTED 2999-01-01
refused 4 'say whose waivers count' certify $SIGNED
refused 4 'is not signed' certify --waivers "$OUT/plain.yaml" $LAB
refused 4 'none that --waiver-pub gives' certify $SIGNED --waiver-pub "$OUT/stranger.pub"
refused 4 'no public key' certify $SIGNED --waiver-pub "$OUT/lab.pem"
key=$(sed -n 's/^    key: //p' "$OUT/waivers.yaml")
for change in 's/the lab/the vendor/' 's/fail_code: "/&X/' 's/errata/erratum/' \
	      's,example.org/7,example.org/8,' 's/2999/3000/' 's/chip b/chip c/' \
	      's/signature: "..../signature: "AAAA/' 's/signature: ".*/signature: "AAAA"/'; do
	cp "$OUT/waivers.yaml" "$OUT/changed.yaml"
	sed -i "$change" "$OUT/changed.yaml"
	cmp -s "$OUT/changed.yaml" "$OUT/waivers.yaml" && die "$change changes nothing"
	refused 4 'its signature is wrong' certify --waivers "$OUT/changed.yaml" $LAB
done
waive DL-BV-12 1 CE_MISCOUNTED 2999-01-01 stranger	# who says that he is the lab
sed -i "s/^    key: .*/    key: $key/" "$OUT/waivers.yaml"
refused 4 'its signature is wrong' certify $SIGNED $LAB

# What cannot be granted is not signed, and not taken unsigned either.
for bad in 'DL-BV-12 9 CE_MISCOUNTED 2999-01-01=another version' \
	   'DL-BV-12 1 CE_MISCOUNTED 2001-01-01=has expired' \
	   'DL-BV-12 1 CE_MISCOUNTED 2999-13-01=is a day' \
	   'DL-BV-12 1 CE\nX 2999-01-01=end of a line' \
	   'MP-BI-01 1 TAKEN 2999-01-01=may not be waived' \
	   'AT-BV-02 1 WRONG_OLD 2999-01-01=may not be waived' \
	   'CR-BV-05 1 OBS_CRC 2999-01-01=may not be waived' \
	   'DL-BV-03 1 TAKEN 2999-01-01=may not be waived' \
	   'OB-BV-02 1 OBS_CRC 2999-01-01=no such case' \
	   'XX-BV-11 1 CE_MISCOUNTED 2999-01-01=no such case'; do
	set -- ${bad%%=*}
	case $3 in *'\n'*) set -- "$1" "$2" "\"$3\"" "$4" ;; esac
	waive "$@" && die "$bad: was signed"
	grep -q "${bad#*=}" "$OUT/waive.log" || die "$bad: $(cat "$OUT/waive.log")"
	refused 4 "${bad#*=}" certify --waivers "$OUT/plain.yaml" $LAB
done
waive DL-BV-12 1 CE_MISCOUNTED 2999-01-01
{ cat "$OUT/plain.yaml"; for i in 1 2 3; do sed 1d "$OUT/plain.yaml"; done; } > "$OUT/four.yaml"
refused 4 'at most 3' "$W" waive "$OUT/four.yaml" --key "$OUT/lab.pem"
refused 4 'give one file' "$W" waive "$OUT/plain.yaml"
refused 4 'give one file' "$W" waive --key "$OUT/lab.pem"
refused 4 'cannot be read' "$W" waive "$OUT/missing.yaml" --key "$OUT/lab.pem"
refused 4 'no private key' "$W" waive "$OUT/plain.yaml" --key "$OUT/lab.pub"
refused 4 'no list of waivers' "$W" waive "$OUT/lab.pub" --key "$OUT/lab.pem"
echo "ok    waivers that do not hold"
echo "# cunit: run_bundle.sh: 9 passed, 0 failed, 0 skipped"
