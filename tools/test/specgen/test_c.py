# SPDX-License-Identifier: BSD-2-Clause
"""The generated C, compiled and run: pack, unpack, mask, names and moves against the vectors."""

import json
import os
import pathlib
import shutil
import subprocess
import tempfile
import unittest

import support

WARN = (
    "-std=c11 -O2 -Wall -Wextra -Wconversion -Wshadow -Wstrict-prototypes -Wmissing-prototypes"
    " -Wpointer-arith -Wvla -Werror -pedantic"
).split()
# The sample has every kind of field: sanitizers look at its shifts and bounds.
SANITIZE = ["-fsanitize=undefined,address", "-fno-sanitize-recover=all"]
COMPILERS = [
    cc for cc in dict.fromkeys([os.environ.get("CC", "cc"), "gcc", "clang"]) if shutil.which(cc)
]

HEAD = """#include "core/wire.h"
#include "core/names.h"
#include <stdio.h>
#include <string.h>

static int faults;

static void check(const char *what, int ok)
{
	if (!ok) {
		faults++;
		printf("FAIL %s\\n", what);
	}
}

"""


def c_string(text):
    return json.dumps(text)


def c_bytes(data):
    return "{ " + ", ".join(f"0x{b:02x}" for b in data) + " }"


def is_array(header, name):
    return header.find(name).is_bytes


def set_and_compare(header, fields):
    """C statements that set every field of `h`, and expressions that compare `u`."""
    sets, same = [], []
    for name, text in fields.items():
        if is_array(header, name):
            data = bytes.fromhex(text[2:])
            sets.append(f"memcpy(h.{name}, (const uint8_t[]){c_bytes(data)}, {len(data)});")
            same.append(f"!memcmp(u.{name}, (const uint8_t[]){c_bytes(data)}, {len(data)})")
        else:
            sets.append(f"h.{name} = {text}u{'ll' if len(text) > 10 else ''};")
            same.append(f"u.{name} == {text}u{'ll' if len(text) > 10 else ''}")
    return sets, same


def vector_c(header, vector, mask):
    label = f"{header.name}: {vector['name']}"
    data = bytes.fromhex(vector["hex"])
    sets, same = set_and_compare(header, vector["fields"])
    name = f"weft_hdr_{header.name}"
    # Fixed fields are packed as their constant whatever the struct says.
    for field in header.fields:
        if field.fixed is not None:
            sets.append(f"h.{field.name} = (__typeof__(h.{field.name}))~h.{field.name};")
    out = [
        "{",
        f"\tconst uint8_t want[] = {c_bytes(data)};",
        f"\tuint8_t got[{header.size} + 2];",
        f"\tstruct {name} h, u;",
        "\tmemset(&h, 0, sizeof(h));",
        "\tmemset(&u, 0xa5, sizeof(u));",
        "\tmemset(got, 0x5a, sizeof(got));",
    ]
    if not vector.get("unpack_only"):
        out += ["\t" + s for s in sets]
        out += [
            f"\t{name}_pack(got + 1, &h);",
            f"\tcheck({c_string(label + ': pack')}, !memcmp(got + 1, want, sizeof(want)));",
            f"\tcheck({c_string(label + ': pack keeps within its bytes')},"
            f" got[0] == 0x5a && got[{header.size} + 1] == 0x5a);",
        ]
    out += [
        f"\t{name}_unpack(&u, want);",
        f"\tcheck({c_string(label + ': unpack')}, {' && '.join(same) or '1'});",
    ]
    if mask:
        masked = bytes(a & b for a, b in zip(data, bytes.fromhex(mask)))
        out += [
            f"\tstatic const uint8_t mask[] = WEFT_HDR_{header.name.upper()}_MASK;",
            f"\tconst uint8_t masked[] = {c_bytes(masked)};",
            f"\t{name}_mask(got, want);",
            f"\tcheck({c_string(label + ': mask')}, !memcmp(got, masked, sizeof(masked)) &&"
            f" !memcmp(mask, (const uint8_t[]){c_bytes(bytes.fromhex(mask))}, sizeof(mask)));",
        ]
    return [f"\t/* {label} */"] + ["\t" + line for line in out] + ["\t}"]


def functions(name, blocks):
    """Functions of a moderate size, since a compiler takes long over a giant one."""
    out, calls = [], []
    for i in range(0, len(blocks), 10):
        calls.append(f"{name}_{i}")
        out += (
            [f"static void {name}_{i}(void)", "{"]
            + [row for b in blocks[i : i + 10] for row in b]
            + ["}", ""]
        )
    return out, calls


def program(spec, vectors):
    out, calls = [], []
    for entry in vectors["headers"]:
        header = spec.headers[entry["header"]]
        blocks = [vector_c(header, v, entry.get("mask")) for v in entry["vectors"]]
        blocks.append(
            [
                f'\tcheck("{header.name} length",'
                f" WEFT_HDR_{header.name.upper()}_LEN == {entry['bytes']});"
            ]
        )
        more, names = functions(f"hdr_{header.name}", blocks)
        out, calls = out + more, calls + names
    blocks = [b for owner in [*spec.enums.values(), *spec.flags.values()] for b in named(owner)]
    blocks += [b for m in spec.machines.values() for b in moves(m)]
    blocks += [
        [f'\tcheck("{c.name}", WEFT_{c.name} == {c.value}ull);'] for c in spec.consts.values()
    ]
    more, names = functions("codes", blocks)
    main = ["int main(void)", "{"] + [f"\t{c}();" for c in calls + names]
    return HEAD + "\n".join(out + more + main + ["\treturn faults != 0;", "}", ""])


def named(owner):
    caps = owner.name.upper()
    for item in owner.items:
        constant = f"WEFT_{caps}_{item.name}"
        yield [
            f'\tcheck("{constant}", (unsigned long long){constant} == {item.value}ull &&'
            f' !strcmp(weft_{owner.name}_name({constant}), "{item.name}"));'
        ]
    free = next(v for v in range(1 << 16) if all(i.value != v for i in owner.items))
    yield [f'\tcheck("{owner.name} unknown", !strcmp(weft_{owner.name}_name({free}u), "?"));']


def moves(machine):
    legal = {(s, t) for s, t, _, _ in machine.moves}
    caps = f"WEFT_{machine.name.upper()}_STATE_"
    for number, source in enumerate(machine.states):
        yield [
            f'\tcheck("{source}", {caps}{source} == {number} &&'
            f' !strcmp(weft_{machine.name}_state_name({caps}{source}), "{source}"));'
        ]
        for target in machine.states:
            want = "" if (source, target) in legal else "!"
            yield [
                f'\tcheck("{machine.name}: {source} -> {target}",'
                f" {want}weft_{machine.name}_legal({caps}{source}, {caps}{target}));"
            ]


class GeneratedC(unittest.TestCase):
    def tree(self, files, source):
        """A folder with the generated C and the program that tries it."""
        holder = tempfile.TemporaryDirectory(prefix="specgen-c.")
        self.addCleanup(holder.cleanup)
        folder = pathlib.Path(holder.name)
        (folder / "core").mkdir()
        for path in ("core/wire.h", "core/names.h", "core/names.c"):
            (folder / path).write_text(files[path])
        shutil.copy(support.ROOT / "core/port.h", folder / "core/port.h")
        (folder / "t.c").write_text(source)
        return folder

    def run_in(self, spec_dir, compilers, sanitize):
        spec, files = support.generate(spec_dir)
        folder = self.tree(files, program(spec, json.loads(files["spec/gen/vectors.json"])))
        for compiler in compilers:
            self.compile_and_run(compiler, folder, sanitize)

    def compile_and_run(self, compiler, folder, sanitize=()):
        strict = [
            compiler,
            *WARN,
            f"-I{folder}",
            "-c",
            str(folder / "core/names.c"),
            "-o",
            str(folder / "names.o"),
        ]
        self.do(strict)
        # -O0: the point is the values, and the program is long.
        self.do(
            [
                compiler,
                *WARN,
                "-O0",
                *sanitize,
                f"-I{folder}",
                str(folder / "t.c"),
                str(folder / "names.o"),
                "-o",
                str(folder / "t"),
            ]
        )
        self.do([str(folder / "t")])

    def do(self, command):
        done = subprocess.run(command, capture_output=True, text=True)
        self.assertEqual(
            done.returncode, 0, f"{' '.join(command)}\n{(done.stdout + done.stderr)[:3000]}"
        )

    def test_sample__matches_its_vectors(self):
        self.run_in(support.GOOD, COMPILERS, SANITIZE)

    def test_real_spec__matches_its_vectors(self):
        if not any(support.REAL.glob("*.md")):
            self.skipTest("no spec/*.md in this tree")
        self.run_in(support.REAL, COMPILERS[:1], ())

    def test_a_wrong_vector_is_noticed(self):
        """The comparison itself must be able to fail."""
        spec, files = support.generate(support.GOOD)
        vectors = json.loads(files["spec/gen/vectors.json"])
        last = vectors["headers"][0]["vectors"][2]
        last["hex"] = last["hex"][:-1] + ("0" if last["hex"][-1] != "0" else "1")
        with self.assertRaisesRegex(AssertionError, "FAIL delivery: scrambled 0: pack"):
            self.compile_and_run(COMPILERS[0], self.tree(files, program(spec, vectors)))


if __name__ == "__main__":
    unittest.main()
