#!/usr/bin/env python3
"""Compares what hotcall reads from headers with what libclang reads.

    compare.py PROGRAM [--every] [--jobs N] HEADER... [@FILE]

PROGRAM is the example `declarations`. Each header is preprocessed by `clang -E -dD` with the directories that pkg-config gives.
A header that does not compile, also not behind the usual headers of C, is left out, or with --every makes the comparison fail.
Without --every a header that another one included is compared there, and not once more.

Every function, variable, type, size, alignment, offset, enumerator and object-like macro that stands for a constant is compared.
Exits with 1 if one differs, or if hotcall refuses more than five in a thousand of the functions whose types it has. Needs
PyPI's `libclang`.
"""

import argparse
import collections
import concurrent.futures
import json
import re
import subprocess
import sys
import tempfile

from clang.cindex import CursorKind, Index, StorageClass, TranslationUnit, TypeKind

import macros

INTEGERS = {
    TypeKind.CHAR_S: 1, TypeKind.SCHAR: 1, TypeKind.SHORT: 1, TypeKind.INT: 1, TypeKind.LONG: 1, TypeKind.LONGLONG: 1,
    TypeKind.CHAR_U: 0, TypeKind.UCHAR: 0, TypeKind.USHORT: 0, TypeKind.UINT: 0, TypeKind.ULONG: 0,
    TypeKind.ULONGLONG: 0, TypeKind.CHAR16: 0, TypeKind.CHAR32: 0, TypeKind.WCHAR: 1,
}
POINTERS = {TypeKind.POINTER, TypeKind.CONSTANTARRAY, TypeKind.INCOMPLETEARRAY, TypeKind.VARIABLEARRAY,
            TypeKind.FUNCTIONPROTO, TypeKind.FUNCTIONNOPROTO, TypeKind.NULLPTR}
# Many headers need what these declare, and do not include them.
USUAL = [word for name in ("stddef", "stdint", "stdio", "stdbool", "stdarg", "sys/types", "sys/socket", "time")
         for word in ("-include", name + ".h")]


class Missing(Exception):
    """A type that hotcall does not have."""


def is_list_of_arguments(ty):
    return "va_list" in ty.spelling or "__va_list_tag" in ty.get_canonical().spelling


def by_value(ty):
    """A type as hotcall shows it: a scalar's name, or size and alignment."""
    if is_list_of_arguments(ty):
        raise Missing("va_list")
    ty = ty.get_canonical()
    size, kind = ty.get_size(), ty.kind
    if kind == TypeKind.ENUM:
        kind = ty.get_declaration().enum_type.get_canonical().kind
    if kind in INTEGERS:
        return ("i" if INTEGERS[kind] else "u") + str(8 * size)
    if kind == TypeKind.BOOL:
        return "bool"
    if kind in (TypeKind.FLOAT, TypeKind.DOUBLE):
        return "f" + str(8 * size)
    if kind in POINTERS:
        return "pointer"
    if kind == TypeKind.RECORD:
        check_members(ty)
        if size > 65536 or ty.get_align() > 16:
            raise Missing("a large struct")
        return f"{size} bytes by {ty.get_align()}"
    raise Missing(ty.spelling)


def check_members(ty):
    for field in ty.get_fields():
        inner = field.type.get_canonical()
        while inner.kind in (TypeKind.CONSTANTARRAY, TypeKind.INCOMPLETEARRAY):
            inner = inner.element_type.get_canonical()
        if field.is_bitfield():
            raise Missing("a bit-field")
        if inner.kind not in POINTERS:
            by_value(inner)


def names_of_fields(ty):
    """The members with names, also of the unnamed structs and unions inside."""
    for field in ty.get_fields():
        # The spelling of a member without a name is that of its type, with the place.
        if "(" in field.spelling:
            yield from names_of_fields(field.type.get_canonical())
        elif field.spelling and not field.is_bitfield():
            yield field.spelling


def comparable(shown):
    """hotcall's names for one representation, as one."""
    names = {"isize": "i64", "usize": "u64", "text": "pointer", "buffer": "pointer", "function": "pointer"}
    return names.get(shown, shown)


class Comparison:
    def __init__(self, macros):
        self.counts = collections.Counter()
        self.refused = []
        self.differences = []
        self.missing = []
        self.names = set()
        self.macros = macros

    def equal(self, what, name, ours, theirs):
        self.counts[what] += 1
        if ours != theirs:
            self.differences.append(f"{what} {name}: hotcall {ours}, libclang {theirs}")

    def function(self, cursor, ours):
        name, ty = cursor.spelling, cursor.type.get_canonical()
        try:
            result = cursor.result_type
            result = None if result.get_canonical().kind == TypeKind.VOID else by_value(result)
            params = [by_value(argument.type) for argument in cursor.get_arguments()]
        except Missing:
            self.counts["function of a type that hotcall does not have"] += 1
            return
        known = ours["functions"].get(name)
        if known is None:
            self.counts["function"] += 1
            self.refused.append(f"{name}: {ours['unsupported'].get(name, 'missing')}")
            return
        known = [known["result"] and comparable(known["result"]), list(map(comparable, known["params"])), known["variadic"]]
        variadic = ty.kind == TypeKind.FUNCTIONPROTO and ty.is_function_variadic()
        self.equal("function", name, known, [result, params, variadic])

    def variable(self, cursor, ours):
        try:
            theirs = by_value(cursor.type)
        except Missing:
            return
        known = ours["variables"].get(cursor.spelling)
        if cursor.type.get_size() < 0 or theirs == "pointer" and cursor.type.get_canonical().kind != TypeKind.POINTER:
            return
        self.equal("variable", cursor.spelling, known and comparable(known), theirs)

    def named_type(self, name, ty, ours):
        size = ty.get_size()
        if ty.get_canonical().kind in (TypeKind.FUNCTIONPROTO, TypeKind.FUNCTIONNOPROTO):
            return
        if size < 0 or name not in ours["types"]:
            if size >= 0:
                self.differences.append(f"type {name}: missing")
            return
        known = ours["types"][name]
        if known["size"] is None:
            self.counts["type of unknown size"] += 1
            self.refused.append(f"size of {name}")
            return
        self.equal("type", name, [known["size"], known["align"]], [size, ty.get_align()])
        canonical = ty.get_canonical()
        if canonical.kind not in POINTERS and known["shown"] is not None:
            try:
                self.equal("representation", name, comparable(known["shown"]), by_value(ty))
            except Missing as missing:
                self.differences.append(f"type {name}: hotcall {known['shown']}, and {missing} cannot be passed")
        if canonical.kind == TypeKind.RECORD and known["members"]:
            self.members(name, canonical, known["members"])

    def members(self, name, ty, known):
        for field in names_of_fields(ty):
            if field not in known:
                self.differences.append(f"offset {name}.{field}: missing")
        for member, offset in known.items():
            self.equal("offset", f"{name}.{member}", 8 * offset, ty.get_offset(member))

    def constant(self, cursor, ours):
        if cursor.spelling in self.macros:
            # The name stands for the macro.
            return
        value = ours["constants"].get(cursor.spelling)
        self.equal("constant", cursor.spelling, value and int(value), cursor.enum_value)

    def unit(self, unit, ours):
        seen = set()
        # The last declaration says most.
        for cursor in reversed(list(walk(unit.cursor))):
            kind, key = cursor.kind, (cursor.kind, cursor.spelling)
            if kind != CursorKind.ENUM_CONSTANT_DECL and (key in seen or not cursor.spelling):
                continue
            if kind == CursorKind.FUNCTION_DECL and cursor.storage_class != StorageClass.STATIC:
                self.function(cursor, ours)
            elif kind == CursorKind.VAR_DECL and cursor.storage_class != StorageClass.STATIC:
                self.variable(cursor, ours)
            elif kind in (CursorKind.STRUCT_DECL, CursorKind.UNION_DECL, CursorKind.ENUM_DECL):
                # One without a tag has the name of its typedef here, or its place in parentheses.
                tag = cursor.type.spelling
                if not cursor.is_definition() or "(" in tag or not tag.startswith(("struct ", "union ", "enum ")):
                    continue
                self.named_type(cursor.type.spelling, cursor.type, ours)
            elif kind == CursorKind.TYPEDEF_DECL:
                self.named_type(cursor.spelling, cursor.type, ours)
            elif kind == CursorKind.ENUM_CONSTANT_DECL:
                self.constant(cursor, ours)
            else:
                continue
            seen.add(key)


def walk(cursor):
    """What is declared outside of functions, and inside of structs and enums."""
    for child in cursor.get_children():
        if not is_known(child):
            continue
        if child.kind in (CursorKind.FUNCTION_DECL, CursorKind.VAR_DECL, CursorKind.TYPEDEF_DECL,
                          CursorKind.ENUM_CONSTANT_DECL):
            yield child
        elif child.kind in (CursorKind.STRUCT_DECL, CursorKind.UNION_DECL, CursorKind.ENUM_DECL, CursorKind.FIELD_DECL,
                            CursorKind.UNEXPOSED_DECL, CursorKind.LINKAGE_SPEC):
            yield child
            yield from walk(child)


def is_known(cursor):
    """Whether this version of the bindings knows what the cursor is."""
    try:
        return bool(cursor.kind)
    except ValueError:
        return False


def packages():
    """The flags of each directory that a package adds, and those of all packages."""
    run = lambda *arguments: subprocess.run(["pkg-config", *arguments], capture_output=True, text=True).stdout
    every, by_directory = [], {}
    for line in run("--list-all").splitlines():
        flags = run("--cflags-only-I", line.split()[0]).split()
        for flag in flags[:1]:
            by_directory.setdefault(flag[2:].rstrip("/") + "/", flags)
        every += [flag for flag in flags if flag not in every]
    return by_directory, every


def flags_of(header, by_directory, every):
    """A header's own package comes first: packages have headers of one name."""
    own = max((directory for directory in by_directory if header.startswith(directory)), key=len, default=None)
    return by_directory.get(own, []) + every


class Unit:
    """A header after the preprocessor."""

    def __init__(self, header, flags):
        self.header = header
        for more in [], USUAL:
            self.command = ["clang", "-w", "-x", "c", *more, "-include", header, *flags]
            made = subprocess.run([*self.command, "-E", "-dD", "/dev/null"], capture_output=True)
            self.text = made.stdout.decode(errors="replace")
            self.unit = self.parsed() if made.returncode == 0 else None
            if self.unit:
                return

    def parsed(self):
        if self.header.endswith(".i"):
            self.text = open(self.header, encoding="utf-8", errors="replace").read()
        # libclang gets preprocessed text: the macros would be replaced a second time.
        without = re.sub(r"(?m)^[ \t]*#[ \t]*(define|undef)\b.*$", "", self.text)
        unit = Index.create().parse(
            "unit.c", ["-x", "c", "-w", "-std=gnu17"], [("unit.c", without)], TranslationUnit.PARSE_SKIP_FUNCTION_BODIES)
        return None if any(diagnostic.severity >= 3 for diagnostic in unit.diagnostics) else unit

    def included(self):
        return set(re.findall(r'(?m)^# \d+ "([^"<]+)" 1', self.text))


def compare(program, header, flags):
    """What differs in one header: `None` if it does not compile."""
    unit = Unit(header, flags)
    if not unit.unit:
        return None
    bodies, with_parameters = macros.of_text(unit.text)
    comparison = Comparison(bodies)
    with tempfile.NamedTemporaryFile(suffix=".c") as file:
        file.write(unit.text.encode())
        file.flush()
        ours = json.loads(subprocess.run([program, file.name], capture_output=True, check=True).stdout)
    if "error" in ours:
        comparison.differences.append(ours["error"])
    else:
        comparison.unit(unit.unit, ours)
        macros.compare(comparison, unit.command, (bodies, with_parameters), ours["constants"])
        comparison.differences += [f"skipped {problem}" for problem in ours["skipped"]]
    for name in ours.get("functions", {}):
        comparison.names.add(name)
    return comparison, unit.included()


def main():
    # `@FILE` has one argument a line: there are many headers.
    parser = argparse.ArgumentParser(fromfile_prefix_chars="@")
    parser.add_argument("program")
    parser.add_argument("headers", nargs="*")
    parser.add_argument("--every", action="store_true")
    parser.add_argument("--jobs", type=int, default=1)
    options = parser.parse_intermixed_args()
    by_directory, every = packages()
    counts, refused, differences = collections.Counter(), [], []
    missing, names, seen = set(), set(), set()
    compared = inside = 0
    waiting, running = collections.deque(options.headers), {}
    with concurrent.futures.ProcessPoolExecutor(options.jobs, max_tasks_per_child=50) as pool:
        while waiting or running:
            while waiting and len(running) < options.jobs:
                header = waiting.popleft()
                if header in seen and not options.every:
                    inside += 1
                    continue
                running[pool.submit(compare, options.program, header, flags_of(header, by_directory, every))] = header
            for done in concurrent.futures.wait(running, return_when=concurrent.futures.FIRST_COMPLETED).done:
                header, result = running.pop(done), done.result()
                if result is None:
                    continue
                compared += 1
                if compared % 100 == 0:
                    print(f"{compared} headers, {len(waiting)} to go", flush=True)
                one, included = result
                counts += one.counts
                refused += one.refused
                differences += one.differences
                missing |= set(one.missing)
                names |= one.names
                seen |= included
                for difference in one.differences[:20]:
                    print(f"{header}: {difference}", flush=True)
    functions = counts["function"]
    refused_functions = sum(1 for name in refused if not name.startswith("size of"))
    for name, times in collections.Counter(refused).most_common(40):
        print("refused", name, times)
    for macro in sorted(missing):
        print("constant without a value", macro)
    print(f"{compared} of {len(options.headers)} headers, and {inside} inside of these:", dict(counts))
    print(f"{len(names)} functions of different names")
    print(f"{len(differences)} differences, {refused_functions} of {functions} functions refused")
    if options.every and compared < len(options.headers):
        sys.exit("some headers do not compile alone")
    sys.exit(1 if differences or refused_functions * 200 > functions else 0)


if __name__ == "__main__":
    main()
