# SPDX-License-Identifier: BSD-2-Clause
# Completion of weft-conform for bash: commands, options, case ids and areas.

_weft_conform()
{
	local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]} cmd=${COMP_WORDS[1]}
	local self=${COMP_WORDS[0]}
	local commands="run observe list show reqs certify waive bundle verify init check rig judge replay diff box interop demo selftest"

	COMPREPLY=()
	if [ "$COMP_CWORD" -eq 1 ]; then
		mapfile -t COMPREPLY < <(compgen -W "$commands --help" -- "$cur")
		return
	fi
	case $prev in
	--out|--key|--pub|--waiver-pub|--waivers|--schedule|--dut|--local|--chip-a|--chip-b)
		mapfile -t COMPREPLY < <(compgen -f -- "$cur")
		return ;;
	--profile)
		mapfile -t COMPREPLY < <(compgen -W "CORE AI MEM ACCEL" -- "$cur")
		return ;;
	--area)
		mapfile -t COMPREPLY < <(compgen -W "$("$self" list | cut -c1-2 | sort -u)" -- "$cur")
		return ;;
	esac
	case $cur in
	-*)
		mapfile -t COMPREPLY < <(compgen -W "$("$self" --help |
			sed '/^Example/q' | grep -E '^ {2,6}-' | grep -oE -- '--[a-z][a-z-]+' | sort -u)" -- "$cur")
		return ;;
	esac
	case $cmd in
	show|run|list)
		local name=${cur%%+*}
		name=${name^^}
		case $cur in *+*) name=$name+${cur#*+} ;; esac	# of a variant
		mapfile -t COMPREPLY < <(compgen -W "$("$self" list | cut -d' ' -f1)" -- "$name")
		[ "$cmd" = run ] && mapfile -t -O "${#COMPREPLY[@]}" COMPREPLY < <(compgen -f -- "$cur") ;;
	interop|judge|observe|replay|diff|check|rig|init|certify|waive|bundle|verify)
		mapfile -t COMPREPLY < <(compgen -f -- "$cur") ;;
	esac
}
complete -F _weft_conform weft-conform
