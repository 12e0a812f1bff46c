"""Compares the macros that stand for a constant with the compiler's own values.

Each macro becomes an assertion about its value, and the lines that the compiler complains about are those that differ. A macro
that hotcall does not have must not be a constant of the compiler's: an integer, a floating-point number or a string.
"""

import re
import subprocess
import tempfile

DIRECTIVE = re.compile(r"^#(define|undef) ([A-Za-z_$][\w$]*)(\()?(.*)$")
MARKER = re.compile(r'^# \d+ "([^"]*)"')
WORD = re.compile(r"[A-Za-z_$][\w$]*")
# Parts of text that break the lines behind them, or that make a value of an expression that is not a constant.
BREAKS = re.compile(r"[{};#]|^\s*$")


def of_text(text):
    """The macros at the end of a text: bodies by name, and the names of those with parameters."""
    bodies, with_parameters, file = {}, set(), ""
    for line in text.splitlines():
        if marker := MARKER.match(line):
            file = marker[1]
        elif directive := DIRECTIVE.match(line):
            word, name, parameters, body = directive.groups()
            bodies.pop(name, None)
            with_parameters.discard(name)
            if word == "define" and parameters:
                with_parameters.add(name)
            elif word == "define" and file != "<built-in>":
                bodies[name] = body.strip()
    return bodies, with_parameters


def is_balanced(body):
    depth = 0
    for mark in re.sub(r'"(\\.|[^"\\])*"|\'(\\.|[^\'\\])*\'', "0", body):
        depth += {"(": 1, "[": 1, ")": -1, "]": -1}.get(mark, 0)
        if depth < 0 or mark in "\"'":
            return False
    return depth == 0


def literal(value):
    if value >= 1 << 63:
        return f"{value}ULL"
    return f"({value + 1}LL - 1)" if value < 0 else f"{value}LL"


def condition(name, ours):
    """C's expression for the value that hotcall gives to a macro."""
    if isinstance(ours, str):
        value = int(ours)
        # A conversion to an unsigned type must not make two values equal.
        return f"({name}) == {literal(value)} && (({name}) < 0) == {int(value < 0)}"
    if "float" in ours:
        value = float(ours["float"])
        if value != value:
            return f"({name}) != ({name})"
        shown = f"{'-' if value < 0 else ''}__builtin_inf()" if value in (float("inf"), float("-inf")) else value.hex()
        return f"(double)({name}) == {shown}"
    text = "".join(f"\\{byte:03o}" for byte in ours["text"])
    return f'sizeof({name}) == {len(ours["text"]) + 1} && __builtin_memcmp({name}, "{text}", {len(ours["text"])}) == 0'


def address(name, ours):
    """C's expression for a pointer's value, which is made of an integer."""
    pointer = f"__builtin_types_compatible_p(__typeof__(*({name})), __typeof__(*({name})))"
    return f"(__UINTPTR_TYPE__)({name}) == {ours}ULL && {pointer}"


def constant(name):
    """Expressions of which one compiles if a macro is a constant."""
    number = f"__builtin_types_compatible_p(__typeof__({name}), double) || __builtin_types_compatible_p(__typeof__({name}), float)"
    return [f"(({name}) ^ ({name})) == 0", f"({number}) && (int)(({name}) * 0) == 0", f'sizeof({name}) > 0 && sizeof("" {name}) > 0']


def refused(command, conditions):
    """The indices of the conditions that the compiler refuses."""
    with tempfile.NamedTemporaryFile("w", suffix=".c") as file:
        # Compilers fold more in an array's length than in an assertion.
        file.writelines(f"extern char checked_{line}[({condition}) ? 1 : -1];\n" for line, condition in enumerate(conditions))
        file.flush()
        arguments = [*command, "-fsyntax-only", "-ferror-limit=0", "-fno-caret-diagnostics", "-fbracket-depth=1000", file.name]
        errors = subprocess.run(arguments, capture_output=True).stderr.decode(errors="replace")
        return {int(line) - 1 for line in re.findall(rf"(?m)^{re.escape(file.name)}:(\d+):\d+: (?:fatal )?error:", errors)}


def compare(comparison, command, macros, constants):
    bodies, with_parameters = macros

    def words(name, seen):
        """Every name that a macro leads to."""
        for word in WORD.findall(bodies.get(name, "")):
            if word not in seen:
                seen.add(word)
                words(word, seen)
        return seen

    wanted = [name for name, body in bodies.items() if is_balanced(body) and not BREAKS.search(body)]
    known = [name for name in wanted if name in constants]
    unknown = [name for name in wanted if name not in constants]
    conditions = [condition(name, constants[name]) for name in known]
    tries = [choice for name in unknown for choice in constant(name)]
    failed = refused(command, conditions + tries)
    for index, name in enumerate(known):
        comparison.counts["macro"] += 1
        if index in failed:
            value(comparison, command, name, constants[name], bodies[name])
    for index, name in enumerate(unknown):
        place = len(known) + 3 * index
        if {place, place + 1, place + 2} <= failed:
            continue
        if words(name, set()) & with_parameters:
            comparison.counts["macro that uses one with parameters"] += 1
        else:
            comparison.counts["macro"] += 1
            comparison.missing.append(f"{name}: {bodies[name]}")


def value(comparison, command, name, ours, body):
    """A macro on its own, where one in front of it may have broken its line."""
    tries = [condition(name, ours)] + ([address(name, ours)] if isinstance(ours, str) else [])
    if not all(refused(command, [one]) for one in tries):
        return
    # hotcall knows the usual types without their headers.
    if refused(command, [f"sizeof({name}) > 0"]):
        comparison.counts["macro that needs another header"] += 1
    else:
        comparison.differences.append(f"macro {name}: hotcall {ours}, and it is {body}")
