#!/usr/bin/env python3
"""Compares what hotcall reads from headers with what libclang reads.

    compare.py PROGRAM [--every] [--flags FLAGS] HEADER...

PROGRAM is the example `declarations`. Each header is preprocessed by `clang -E`. A header that does not compile alone is left
out, or with --every makes the comparison fail. Every function, variable, size, alignment, offset and constant is compared. Exits with 1 if one differs, or if hotcall
refuses more than five in a thousand of the functions whose types it has. Needs PyPI's `libclang`.
"""

import collections
import json
import subprocess
import sys
import tempfile

from clang.cindex import CursorKind, Index, StorageClass, TranslationUnit, TypeKind

INTEGERS = {
    TypeKind.CHAR_S: 1, TypeKind.SCHAR: 1, TypeKind.SHORT: 1, TypeKind.INT: 1, TypeKind.LONG: 1, TypeKind.LONGLONG: 1,
    TypeKind.CHAR_U: 0, TypeKind.UCHAR: 0, TypeKind.USHORT: 0, TypeKind.UINT: 0, TypeKind.ULONG: 0,
    TypeKind.ULONGLONG: 0, TypeKind.CHAR16: 0, TypeKind.CHAR32: 0, TypeKind.WCHAR: 1,
}
POINTERS = {TypeKind.POINTER, TypeKind.CONSTANTARRAY, TypeKind.INCOMPLETEARRAY, TypeKind.VARIABLEARRAY,
            TypeKind.FUNCTIONPROTO, TypeKind.FUNCTIONNOPROTO, TypeKind.NULLPTR}


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


def comparable(shown):
    """hotcall's names for one representation, as one."""
    names = {"isize": "i64", "usize": "u64", "text": "pointer", "buffer": "pointer", "function": "pointer"}
    return names.get(shown, shown)


class Comparison:
    def __init__(self):
        self.counts = collections.Counter()
        self.refused = []
        self.differences = []

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
        for member, offset in known["members"].items():
            bits = ty.get_offset(member)
            if bits >= 0:
                self.equal("offset", f"{name}.{member}", 8 * offset, bits)

    def constant(self, cursor, ours):
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


def main():
    program, *arguments = sys.argv[1:]
    flags = []
    every = arguments[:1] == ["--every"]
    if every:
        arguments = arguments[1:]
    if arguments[:1] == ["--flags"]:
        flags, arguments = arguments[1].split(), arguments[2:]
    comparison = Comparison()
    index = Index.create()
    compared = 0
    for header in arguments:
        with tempfile.NamedTemporaryFile(suffix=".c") as text:
            command = ["clang", "-E", "-P", "-w", "-x", "c", "/dev/null", "-include", header, *flags]
            if header.endswith(".i"):
                text.write(open(header, "rb").read())
            else:
                made = subprocess.run(command, capture_output=True)
                if made.returncode:
                    continue
                text.write(made.stdout)
            text.flush()
            unit = index.parse(text.name, ["-x", "c", "-w", "-std=gnu17"], options=TranslationUnit.PARSE_SKIP_FUNCTION_BODIES)
            if any(diagnostic.severity >= 3 for diagnostic in unit.diagnostics):
                continue
            ours = json.loads(subprocess.run([program, text.name], capture_output=True, check=True).stdout)
        compared += 1
        if "error" in ours:
            comparison.differences.append(f"{header}: {ours['error']}")
            continue
        before = len(comparison.differences)
        comparison.unit(unit, ours)
        comparison.differences += [f"{header}: skipped {problem}" for problem in ours["skipped"]]
        for difference in comparison.differences[before:before + 20]:
            print(f"{header}: {difference}", flush=True)
    functions = comparison.counts["function"]
    refused = sum(1 for name in comparison.refused if not name.startswith("size of"))
    for name in collections.Counter(comparison.refused).most_common(40):
        print("refused", name)
    print(f"{compared} of {len(arguments)} headers:", dict(comparison.counts))
    print(f"{len(comparison.differences)} differences, {refused} of {functions} functions refused")
    if every and compared < len(arguments):
        sys.exit("some headers do not compile alone")
    sys.exit(1 if comparison.differences or refused * 200 > functions else 0)


if __name__ == "__main__":
    main()
