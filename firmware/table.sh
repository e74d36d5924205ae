#!/usr/bin/env bash
# Writes COST.md: what every stage costs on a Cortex-M4F, from the linked programs and from QEMU. Fails if a bit
# differs from the host's, if a panic or an allocator is linked in, or if a target is missed.
# Needs qemu-system-arm, gcc-arm-none-eabi and libnewlib-arm-none-eabi.
set -euo pipefail
cd "$(dirname "$0")"
source ./cross.sh
board=thumbv7em-none-eabihf
passed=0
failed=0

check() { # check NAME COMMAND…
    local name=$1
    shift
    if "$@"; then
        passed=$((passed + 1))
        echo "ok      $name"
    else
        failed=$((failed + 1))
        echo "FAILED  $name"
    fi
}

# elf VARIANT FEATURES: builds one and gives its path.
elf() {
    cross "$board" build --quiet --release --no-default-features --features "$2"
    cp "$cross_dir/target/$board/release/earnest-firmware" "$cross_dir/$1.elf"
    echo "$cross_dir/$1.elf"
}

# Flash (code, constants, initial values) and static RAM of an ELF.
sizes() {
    arm-none-eabi-size -A "$1" | awk '
        $1 == ".vector_table" || $1 == ".text" || $1 == ".rodata" { flash += $2 }
        $1 == ".data" { flash += $2; ram += $2 }
        $1 == ".bss" || $1 == ".uninit" { ram += $2 }
        END { print flash, ram }'
}

panics() {
    arm-none-eabi-nm -C "$1" | grep -E 'core::panicking|core::(option|result)::.*(unwrap|expect)_failed|slice_.*_fail'
}
allocators() {
    arm-none-eabi-nm -C "$1" | grep -E '__rust_alloc|__rg_alloc|__rdl_alloc|alloc::alloc| _?malloc(_r)?$| _sbrk$'
}
none() {
    ! "$@"
}

all=$(elf all micro,net,template)
check "no panic in the linked program" none panics "$all"
check "no allocator in the linked program" none allocators "$all"
canary=$(elf canary micro,net,template,canary)
found() { panics "$canary" >/dev/null; }
check "a panic would be found" found

log=$cross_dir/board.log
timeout 300 qemu-system-arm -M mps2-an386 -nographic -monitor none -serial none -icount shift=0 \
    -semihosting-config enable=on,target=native -kernel "$all" >"$log"
host=$cross_dir/host.log
cargo run --quiet --release --target-dir "$cross_dir/host" >"$host"
same() { diff <(grep -E '^(bits|event|failed)' "$host") <(grep -E '^(bits|event|failed)' "$log"); }
grep -E '^(bits|event|failed)' "$log"
check "$(grep -c '^bits' "$host") hashes and $(grep -c '^event' "$host") events as on the host" same
woke() { grep -q '^event wake' "$log"; }
check "it woke" woke

# The same chain from C, through libearnest.a.
library=$(../capi/build.sh "$board")
c_elf() { # c_elf VARIANT OPTIONS…
    local variant=$1
    shift
    arm-none-eabi-gcc -mcpu=cortex-m4 -mthumb -mfloat-abi=hard -mfpu=fpv4-sp-d16 -O2 -std=gnu11 -Wall -Wextra -Werror \
        -ffunction-sections -fdata-sections -nostartfiles -Wl,--gc-sections -Wl,-z,noexecstack -T c/board.ld -I../capi \
        -DCLIP='"../examples/c/kitchen.s16le"' -DMODEL='"../examples/kitchen/hey_earnest.earnest"' "$@" \
        c/main.c c/board.c "$library" -lc -lgcc -o "$cross_dir/$variant.elf"
    echo "$cross_dir/$variant.elf"
}
# The words of semihosting's SYS_WRITE0 come out as errors do.
c_run() {
    timeout 300 qemu-system-arm -M mps2-an386 -nographic -monitor none -serial none -icount shift=0 \
        -semihosting-config enable=on,target=native -kernel "$1" 2>&1
}
c_log=$cross_dir/c.log
# With more memory than it needs it tells how much that is; then with that.
c_run "$(c_elf c-all -DMEMORY=131072)" >"$c_log"
c_ram=$(awk '$1 == "cost" && $2 == "c-chain-new" { print $7 }' "$c_log")
c_all=$(c_elf c-all "-DMEMORY=$c_ram")
c_run "$c_all" >"$c_log"
c_same() { diff <(grep -E '^(event|failed)' "$host") <(grep -E '^(event|failed)' "$c_log"); }
check "$(grep -c '^event' "$c_log") events from C as on the host" c_same
check "no panic in the program in C" none panics "$c_all"
check "no allocator in the program in C" none allocators "$c_all"

read -r base_flash base_ram < <(sizes "$(elf base "")")
read -r front_flash front_ram < <(sizes "$(elf front-end front-end)")
read -r micro_flash micro_ram < <(sizes "$(elf micro micro)")
read -r vad_flash vad_ram < <(sizes "$(elf vad vad)")
read -r net_flash net_ram < <(sizes "$(elf net net)")
read -r all_flash all_ram < <(sizes "$(elf template template)")

read -r c_flash _ < <(sizes "$c_all")
read -r c_base_flash _ < <(sizes "$(c_elf c-base -DBASE)")

# cost NAME FIELD: a number of the board's line for NAME.
cost() { awk -v name="$1" -v field="$2" '$1 == "cost" && $2 == name { print $field }' "$log" "$c_log"; }
per_tick=$(awk '$1 == "calibration" { print $2 / $3 }' "$log")
instructions() { awk -v ticks="$1" -v frames="$2" -v k="$per_tick" 'BEGIN { printf "%.0f", ticks * k / frames }'; }
grouped() { echo "$1" | sed -E ':a; s/([0-9])([0-9]{3})($|,)/\1,\2\3/; ta'; }

row() { # row TITLE NAME FLASH RAM
    local frame worst
    frame=$(instructions "$(cost "$2" 4)" "$(cost "$2" 3)")
    worst=$(instructions "$(cost "$2" 5)" 1)
    printf '| %s | %s | %s | %s | %s | %s | %s |\n' "$1" "$(grouped "$3")" "$(grouped "$4")" \
        "$(grouped "$(cost "$2" 6)")" "$(grouped "$frame")" "$(grouped "$worst")" "$(grouped $((frame * 100)))"
}

front=$(instructions "$(cost front-end 4)" "$(cost front-end 3)")
vad=$(instructions "$(cost vad 4)" "$(cost vad 3)")
second=$((100 * (front + vad)))
{
    cat <<END
# What a stage costs on a Cortex-M4F

Written by \`firmware/table.sh\`; don't edit. QEMU $(qemu-system-arm --version | sed -n '1s/.*version \([0-9.]*\).*/\1/p'), board
\`mps2-an386\`, $(if has_target "$board"; then rustc -V; else debian rustc -V; fi), optimised for speed. 4 s of the kitchen sample
that end with the wake phrase, in chunks of 10 ms. QEMU counts instructions, not cycles: there are no wait states and
no caches in these numbers.

Flash and static RAM (bytes) are what the linked program grows by when the stage is added; the VAD and \`phones-s\` come on top of
the front end, the template spotter and the chain around it on top of front end and VAD, with its model and one second of pre-roll;
the C library is everything together, and its construction is `earnest_init`.
Stack (bytes) is the high-water mark while the stage runs, below its caller. Frames come every 10 ms.

| stage | flash | static RAM | stack | instructions a frame | worst call | instructions a second |
|---|---:|---:|---:|---:|---:|---:|
END
    row "front end, \`base\`" front-end $((front_flash - base_flash)) $((front_ram - base_ram))
    row "VAD, \`MelVad\`" vad $((vad_flash - front_flash)) $((vad_ram - front_ram))
    row "\`phones-s\`, int8, its model included" phones $((net_flash - front_flash)) $((net_ram - front_ram))
    row "template spotter, 5 recordings" template $((all_flash - vad_flash)) $((all_ram - vad_ram))
    row "C library: the whole chain, its model included" c-chain $((c_flash - c_base_flash)) "$c_ram"
    row "integer front end, TFLite Micro's" micro $((micro_flash - base_flash)) $((micro_ram - base_ram))
    cat <<END

Front end and VAD together: $(grouped "$second") instructions a second of audio; the target is at most 6,000,000.

Construction, once:

| stage | stack | instructions | state, bytes |
|---|---:|---:|---:|
END
    for stage in front-end micro vad phones template c-chain; do
        printf '| %s | %s | %s | %s |\n' "$stage" "$(grouped "$(cost $stage-new 6)")" \
            "$(grouped "$(instructions "$(cost $stage-new 4)" 1)")" "$(grouped "$(cost $stage-new 7)")"
    done
} >"$cross_dir/COST.md"
cat "$cross_dir/COST.md"
within() { [ "$second" -le 6000000 ]; }
check "front end and VAD within 6 M instructions a second" within
[ "${CI:-}" = true ] || cp "$cross_dir/COST.md" COST.md
echo "firmware: $passed passed, $failed failed"
[ "$failed" = 0 ]
