#!/usr/bin/env bash
# Writes COST.md: what every stage costs on a Cortex-M4F, from the linked programs and from QEMU. Fails if a bit
# differs from the host's, if a panic or an allocator is linked in, or if a target is missed.
# Needs qemu-system-arm, gcc-arm-none-eabi and libnewlib-arm-none-eabi.
set -euo pipefail
cd "$(dirname "$0")"
source ./cross.sh
board=thumbv7em-none-eabihf
source ./check.sh

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

all=$(elf all micro,net,template,command,reference)
check "no panic in the linked program" none panics "$all"
check "no allocator in the linked program" none allocators "$all"
canary=$(elf canary canary)
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

# The same chains from C, through libearnest.a, with either engine.
library=$(../capi/build.sh "$board")
c_elf() { # c_elf VARIANT CLIP MODEL OPTIONS…
    local variant=$1 clip=$2 model=$3
    shift 3
    arm-none-eabi-gcc -mcpu=cortex-m4 -mthumb -mfloat-abi=hard -mfpu=fpv4-sp-d16 -O2 -std=gnu11 -Wall -Wextra -Werror \
        -ffunction-sections -fdata-sections -nostartfiles -Wl,--gc-sections -Wl,-z,noexecstack -T c/board.ld -I../capi \
        -DCLIP="\"../examples/c/$clip\"" -DMODEL="\"$model\"" -DNAME="\"$variant\"" "$@" \
        "c/${c_source:-main.c}" c/board.c "$library" -lc -lgcc -o "$cross_dir/$variant.elf"
    echo "$cross_dir/$variant.elf"
}
# The words of semihosting's SYS_WRITE0 come out as errors do.
c_run() {
    timeout 300 qemu-system-arm -M mps2-an386 -nographic -monitor none -serial none -icount shift=0 \
        -semihosting-config enable=on,target=native -kernel "$1" 2>&1
}
# With more memory than it needs it tells how much that is; then with that.
c_chain() { # c_chain VARIANT CLIP MODEL OPTIONS…: its ELF in $c_made, its memory in $c_memory, what it told in VARIANT.log
    c_run "$(c_elf "$1" "$2" "$3" -DMEMORY=131072 "${@:4}")" >"$cross_dir/$1.log"
    c_memory=$(awk -v name="$1-new" '$1 == "cost" && $2 == name { print $7 }' "$cross_dir/$1.log")
    c_made=$(c_elf "$1" "$2" "$3" "-DMEMORY=$c_memory" "${@:4}")
    c_run "$c_made" >"$cross_dir/$1.log"
    check "$1: no panic in the program in C" none panics "$c_made"
    check "$1: no allocator in the program in C" none allocators "$c_made"
    check "$1: $(grep -c '^event' "$cross_dir/$1.log") events from C as on the host" c_same "$1"
}
# The host's program marks where a chain's events begin.
c_same() {
    diff <(awk -v name="$1" '/^chain / { on = $2 == name } /^event|^failed/ && on' "$host") \
        <(grep -E '^(event|failed)' "$cross_dir/$1.log")
}
c_chain c-template kitchen.s16le ../examples/kitchen/hey_earnest.earnest -DTHRESHOLD=0.34f
c_template_ram=$c_memory
read -r c_template_flash _ < <(sizes "$c_made")
c_chain c-wake alexa.s16le ../models/wake-alexa.ear -DPRE_ROLL=8000
c_wake_ram=$c_memory
read -r c_wake_flash c_wake_static < <(sizes "$c_made")
# With a second ear: while the clip itself is played, and while nothing is.
c_chain c-reference alexa.s16le ../models/wake-alexa.ear -DPRE_ROLL=8000 -DREFERENCE=1
c_reference_ram=$c_memory
read -r c_reference_flash _ < <(sizes "$c_made")
vetoed() { ! grep -q '^event wake' "$cross_dir/c-reference.log" && grep -q '^event near-miss' "$cross_dir/c-reference.log"; }
check "c-reference: what it plays doesn't wake it" vetoed
c_chain c-reference-silent alexa.s16le ../models/wake-alexa.ear -DPRE_ROLL=8000 -DREFERENCE=0
c_memory=$c_wake_ram
c_guard=$(c_elf c-guard alexa.s16le ../models/wake-alexa.ear "-DMEMORY=$c_memory" -DPRE_ROLL=8000 -DGUARD)
check "with the guard: no panic in the program in C" none panics "$c_guard"
check "with the guard: no allocator in the program in C" none allocators "$c_guard"
c_run "$c_guard" >"$cross_dir/c-guard.log"
check "the guard opens a request from C" grep -q '^told 4 ' "$cross_dir/c-guard.log"

# The whole chain; its clip and its images are named in the program.
c_source=command.c c_chain c-command alexa.s16le ../models/wake-alexa.ear
c_command_ram=$c_memory
read -r c_command_flash c_command_static < <(sizes "$c_made")
read -r c_command_base_flash _ < <(sizes "$(c_source=command.c c_elf c-base alexa.s16le ../models/wake-alexa.ear -DBASE)")
c_command_flash=$((c_command_flash - c_command_base_flash))
c_journal() { diff <(grep '^bits journal' "$host") <(grep '^bits journal' "$cross_dir/c-command.log"); }
check "c-command: the journal from C as on the host" c_journal

read -r base_flash base_ram < <(sizes "$(elf base "")")
read -r front_flash front_ram < <(sizes "$(elf front-end front-end)")
read -r micro_flash micro_ram < <(sizes "$(elf micro micro)")
read -r vad_flash vad_ram < <(sizes "$(elf vad vad)")
read -r net_flash net_ram < <(sizes "$(elf net net)")
read -r all_flash all_ram < <(sizes "$(elf template template)")

# By itself, so that its stack is not that of the other stages.
command_log=$cross_dir/command.log
read -r wake_flash wake_ram < <(sizes "$(elf wake wake)")
command=$(elf command command)
read -r command_flash command_static < <(sizes "$command")
c_run "$command" >"$command_log"
# The clip is in these programs too.
clip=$(stat -c %s ../examples/c/alexa.s16le)
wake_flash=$((wake_flash - base_flash - clip)) wake_ram=$((wake_ram - base_ram))
command_flash=$((command_flash - base_flash - clip)) command_ram=$((command_static - base_ram))
read -r c_base_flash _ < <(sizes "$(c_elf c-base kitchen.s16le ../models/wake-alexa.ear -DBASE)")
read -r c_wake_base_flash _ < <(sizes "$(c_elf c-base alexa.s16le ../models/wake-alexa.ear -DBASE)")
c_reference_flash=$((c_reference_flash - c_wake_base_flash))
c_wake_flash=$((c_wake_flash - c_wake_base_flash)) c_template_flash=$((c_template_flash - c_base_flash))

# cost NAME FIELD: a number of the board's line for NAME.
cost() { awk -v name="$1" -v field="$2" '$1 == "cost" && $2 == name { print $field }' "$log" "$cross_dir"/c-template.log "$cross_dir"/c-wake.log "$cross_dir"/c-reference.log "$cross_dir"/c-reference-silent.log "$cross_dir"/c-command.log; }
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
most() { [ "$1" -gt "$2" ] && echo "$1" || echo "$2"; }
# All static data of the program in C, and its stack from the top on.
wake_all_ram=$((c_wake_static + $(most "$(cost c-wake-new 8)" "$(cost c-wake 8)")))
wake_second=$((100 * $(instructions "$(cost c-wake 4)" "$(cost c-wake 3)")))
all_stack() { awk -v name="$1" '$1 == "cost" && $2 == name { print $8 }' "$command_log"; }
command_all_ram=$((command_static + $(most "$(all_stack command-new)" "$(all_stack command)")))
c_command_all_ram=$((c_command_static + $(most "$(cost c-command-new 8)" "$(cost c-command 8)")))
{
    cat <<END
# What a stage costs on a Cortex-M4F

Written by \`firmware/table.sh\`; don't edit. QEMU $(qemu-system-arm --version | sed -n '1s/.*version \([0-9.]*\).*/\1/p'), board
\`mps2-an386\`, $(if has_target "$board"; then rustc -V; else debian rustc -V; fi), optimised for speed. 4 s of the kitchen sample
that end with the wake phrase, in chunks of 10 ms. QEMU counts instructions, not cycles: there are no wait states and
no caches in these numbers.

Flash and static RAM (bytes) are what the linked program grows by when the stage is added; the VAD and \`phones-s\` come on top of
the front end, the template spotter and the chain around it on top of front end and VAD, with its model and one second of
pre-roll. Rows of a chain are everything together, models included; the wake chain has half a second of pre-roll. The whole
chain (wake net, \`phones-s\`, fifty commands, answers, guard, journal) remembers 0.56 s of frames instead, and keeps no
recording. The C library is optimised for size, has both engines in it, and its static RAM is what
\`earnest_required_bytes\` and \`earnest_chain_required_bytes\` say; its construction is \`earnest_init\` and
\`earnest_chain_init\`. With reference it hears what the device plays, the clip itself, or nothing for two seconds and more.
Stack (bytes) is the high-water mark while the stage runs, below its caller. Frames come every 10 ms.

| stage | flash | static RAM | stack | instructions a frame | worst call | instructions a second |
|---|---:|---:|---:|---:|---:|---:|
END
    row "front end, \`base\`" front-end $((front_flash - base_flash)) $((front_ram - base_ram))
    row "VAD, \`MelVad\`" vad $((vad_flash - front_flash)) $((vad_ram - front_ram))
    row "\`phones-s\`, int8, its model included" phones $((net_flash - front_flash)) $((net_ram - front_ram))
    row "template spotter, 5 recordings" template $((all_flash - vad_flash)) $((all_ram - vad_ram))
    row "wake chain: front end, VAD, \`wake-alexa\`" wake "$wake_flash" "$wake_ram"
    row "whole chain" command "$command_flash" "$command_ram"
    row "C library: wake chain" c-wake "$c_wake_flash" "$c_wake_ram"
    row "C library: wake chain with reference, playing" c-reference "$c_reference_flash" "$c_reference_ram"
    row "C library: wake chain with reference, silent" c-reference-silent "$c_reference_flash" "$c_reference_ram"
    row "C library: whole chain" c-command "$c_command_flash" "$c_command_ram"
    row "C library: template spotter's chain" c-template "$c_template_flash" "$c_template_ram"
    row "integer front end, TFLite Micro's" micro $((micro_flash - base_flash)) $((micro_ram - base_ram))
    cat <<END

Front end and VAD together: $(grouped "$second") instructions a second of audio; the target is at most 6,000,000.

| target | at most | is |
|---|---:|---:|
| wake chain from C: RAM in all, construction and its stack included | 49,152 | $(grouped "$wake_all_ram") |
| wake chain from C: flash with the model | 163,840 | $(grouped "$c_wake_flash") |
| wake chain from C: instructions a second | 20,000,000 | $(grouped "$wake_second") |
| whole chain: RAM in all, construction and its stack included | 131,072 | $(grouped "$command_all_ram") |
| whole chain: flash with the models and the grammars | 524,288 | $(grouped "$command_flash") |
| whole chain from C: RAM in all, construction and its stack included | 131,072 | $(grouped "$c_command_all_ram") |
| whole chain from C: flash with the models and the grammars | 524,288 | $(grouped "$c_command_flash") |

Construction, once:

| stage | stack | instructions | state, bytes |
|---|---:|---:|---:|
END
    for stage in front-end micro vad phones template wake command c-wake c-reference c-command c-template; do
        printf '| %s | %s | %s | %s |\n' "$stage" "$(grouped "$(cost $stage-new 6)")" \
            "$(grouped "$(instructions "$(cost $stage-new 4)" 1)")" "$(grouped "$(cost $stage-new 7)")"
    done
} >"$cross_dir/COST.md"
cat "$cross_dir/COST.md"
within() { [ "$second" -le 6000000 ]; }
check "front end and VAD within 6 M instructions a second" within
at_most() { [ "$1" -le "$2" ]; }
check "wake chain within 48 KiB of RAM" at_most "$wake_all_ram" 49152
check "wake chain within 160 KiB of flash" at_most "$c_wake_flash" 163840
check "wake chain within 20 M instructions a second" at_most "$wake_second" 20000000
check "whole chain within 128 KiB of RAM" at_most "$command_all_ram" 131072
check "whole chain within 512 KiB of flash" at_most "$command_flash" 524288
check "whole chain from C within 128 KiB of RAM" at_most "$c_command_all_ram" 131072
check "whole chain from C within 512 KiB of flash" at_most "$c_command_flash" 524288
[ "${CI:-}" = true ] || cp "$cross_dir/COST.md" COST.md
checked firmware
