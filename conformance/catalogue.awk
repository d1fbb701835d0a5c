# SPDX-License-Identifier: BSD-2-Clause
# Does catalogue.txt hold, and how much of it is judged?  Input: the cases, as `weft-conform list` tells them, then the
# catalogue.  Run from the top of the tree; exit status 1: something is wrong, and said.

function wrong(what)
{
	print "wrong: " what
	faults++
}

# Each name of a case in words must be one; returns how many there are.
function cases_in(words, id,   n, list, i)
{
	n = split(words, list, " ")
	for (i = 1; i <= n; i++)
		if (!(list[i] in known))
			wrong(id ": " list[i] " is no case")
	return n
}

function reason(id, state, text)
{
	if (text ~ /^as [A-Z][A-Z]-[A-Z][A-Z]-[0-9][0-9]/)
		refers[id] = substr(text, 4, 8)
	else if (text == "")
		wrong(id ": no reason for " state)
}

function judge(id, state, text,   at, line)
{
	at = index(text, ";")
	if (state == "cases") {
		if (!cases_in(text, id))
			wrong(id ": no case")
	} else if (state == "part") {
		if (!at || !cases_in(substr(text, 1, at - 1), id))
			wrong(id ": no case, or not what is missing")
		reason(id, state, substr(text, at + 2))
	} else if (state == "elsewhere") {
		if ((getline line < substr(text, 1, at - 1)) <= 0)
			wrong(id ": no such file: " substr(text, 1, at - 1))
		close(substr(text, 1, at - 1))
		reason(id, state, substr(text, at + 2))
	} else if (state == "later") {
		if (text != "SECURE" && text != "LINK")
			wrong(id ": " text " is no profile to come")
	} else if (state == "open" || state == "retired") {
		reason(id, state, text)
	} else {
		wrong(id ": state " state)
	}
}

function take(   id, at, state)
{
	if (entry == "")
		return
	id = substr(entry, 1, 8)
	at = index(entry, " | ")
	state = substr(entry, at + 3)
	sub(/:.*/, "", state)
	if (id in seen)
		wrong(id ": twice")
	seen[id] = 1
	if (!at || at < 11)
		wrong(id ": no title")
	if (substr(id, 1, 2) != area || substr(id, 7) + 0 != ++last)
		wrong(id ": not in its place")
	count[area, state]++
	total[state]++
	judge(id, state, substr(entry, at + length(state) + 5))
	entry = ""
}

function close_area()
{
	take()
	if (area != "" && last != size)
		wrong(area ": " last " purposes, not " size)
	last = 0
}

function row(name, a,   i)
{
	printf "%-9s", name
	for (i = 1; i <= states; i++)
		printf " %9d", a == "" ? total[word[i]] : count[a, word[i]]
	print ""
}

BEGIN { states = split("cases part open elsewhere retired later", word, " ") }

FNR == NR { known[$1] = 1; next }
/^#/ || /^$/ { next }
/^== / { close_area(); area = $2; size = $3; areas[++n_areas] = area; next }
/^\t/ { sub(/^\t+/, ""); entry = entry " " $0; next }
{ take(); entry = $0 }

END {
	close_area()
	for (id in refers)
		if (!(refers[id] in seen))
			wrong(id ": refers to " refers[id] ", which is not here")
	printf "%-9s", ""
	for (i = 1; i <= states; i++)
		printf " %9s", word[i]
	print ""
	for (i = 1; i <= n_areas; i++)
		row(areas[i], areas[i])
	row("all", "")
	exit faults != 0
}
