"""Reads the source of a Rust crate: its modules, what they define, and which file's items each file names.

Not a compiler: it sees tokens, items, `use` trees and paths. It does not expand macros, does not infer types, and takes
every alternative of `cfg` as present, except for tests and doctests.
"""

import os
from collections import namedtuple

from rust_file import BEFORE_FN, TYPE_KINDS, File, attributes_at, end_of_item, path_attribute

# An item that a module gives a name. The visibility is "", "pub(…)" or "pub".
Definition = namedtuple("Definition", "module name kind line visibility")
# A file names an item of another file. `via` is the file whose `use` declaration led there, if any.
Arrow = namedtuple("Arrow", "source line name target via reexport")


class Use(namedtuple("Use", "path name line visibility begin end")):
    """One name that a `use` declaration gives, `*` for all of a module: in tokens `begin..end`, or in all of the module."""

    def holds_at(self, at):
        return self.begin is None or at is not None and self.begin <= at < self.end


class Module:
    """A module: a file, one of several that `cfg` chooses from, or a part of a file."""

    def __init__(self, crate, file, parent, directory, visibility):
        self.crate, self.file, self.parent, self.directory, self.visibility = crate, file, parent, directory, visibility
        self.children, self.definitions, self.uses = {}, {}, []
        # Tokens of this module that are neither in an inline module nor in a `use` declaration of the module.
        self.bodies = []
        # Items that a `mod.rs` may not have.
        self.others = []

    def names(self, name, at=None, seen=frozenset()):
        """What the name means here, at token `at` if that matters: modules and definitions, each with the file whose
        `use` declaration led there."""
        found = {(child, None) for child in self.children.get(name, ())}
        found |= {(definition, None) for definition in self.definitions.get(name, ())}
        for use in self.uses:
            if use.name == name and use.holds_at(at):
                found |= {(item, via or self.file) for item, via in self._used(use, name, seen)}
        for use in self.uses if not found else ():
            if use.name == "*" and use.holds_at(at):
                for module, via in self._used(use, name, seen):
                    if isinstance(module, Module):
                        further = module.names(name, None, seen | {(id(self), use, name)})
                        found |= {(item, inner or via or self.file) for item, inner in further}
        return found

    def _used(self, use, name, seen):
        key = (id(self), use, name)
        return set() if key in seen else self.resolve(use.path, use.begin, seen | {key})

    def resolve(self, path, at=None, seen=frozenset()):
        """What a path means here: modules and definitions, each with the file whose `use` declaration led there.

        A path goes no further than an item: a variant or an associated function is the item's.
        """
        first, rest = path[0], list(path[1:])
        if first == "crate":
            current = {(self.crate.root, None)}
        elif first == "self":
            current = {(self, None)}
        elif first == "super":
            module = self.parent or self
            while rest[:1] == ["super"]:
                module, rest = module.parent or module, rest[1:]
            current = {(module, None)}
        else:
            # A module that is declared here is not led to by another file.
            current = {(item, via if via is not self.file else None) for item, via in self.names(first, at, seen)}
            if not current and first in self.crate.others:
                current = {(self.crate.others[first].root, None)}
        for name in rest:
            if name == "self":
                continue
            modules = {(item, via) for item, via in current if isinstance(item, Module)}
            if not modules:
                return current
            current = set()
            for module, via in modules:
                for item, further in module.names(name, None, seen):
                    current.add((item, via or (further if further is not self.file else None)))
        return current


class Crate:
    """A crate: the tree of its modules, from the file that the compiler is given."""

    def __init__(self, root_directory, name, main, files):
        self.directory, self.name, self.main, self.all_files = root_directory, name, main, files
        # By name: the crates of the workspace that this one may name.
        self.others = {}
        self.files, self.test_files, self.missing, self.macros = {}, set(), [], {}
        self.root = self._load(main, None, "pub")

    def modules(self):
        waiting = [self.root]
        while waiting:
            module = waiting.pop()
            yield module
            waiting += [child for several in module.children.values() for child in several]

    def _file(self, path):
        if path not in self.all_files:
            self.all_files[path] = File(self.directory, path)
        return self.files.setdefault(path, self.all_files[path])

    def _load(self, path, parent, visibility):
        file = self._file(path)
        base = os.path.dirname(path)
        is_directory = parent is None or os.path.basename(path) == "mod.rs"
        directory = base if is_directory else os.path.join(base, os.path.basename(path)[:-3])
        module = Module(self, file, parent, directory, visibility)
        for name, given in file.test_modules:
            for found in self._found(module, name, given, inline=False):
                self._load_tests(found, module)
        self._items(module, 0, len(file.tokens), inline=False)
        return module

    def _load_tests(self, path, parent):
        """Notes which files tests have, and nothing else of them."""
        kept = self.files, self.all_files, self.macros
        self.files, self.all_files, self.macros = {}, {}, {}
        self._load(path, parent, "")
        self.test_files |= set(self.files)
        self.files, self.all_files, self.macros = kept

    def _found(self, module, name, given, inline):
        """The files of `mod name;`."""
        if given is not None:
            base = module.directory if inline else os.path.dirname(module.file.path)
            candidates = [os.path.join(base, given)]
        else:
            candidates = []
        # With `cfg_attr` the usual file is the other alternative.
        candidates += [os.path.join(module.directory, f"{name}.rs"), os.path.join(module.directory, name, "mod.rs")]
        candidates = [os.path.normpath(path) for path in candidates]
        return [path for path in candidates if os.path.exists(os.path.join(self.directory, path))]

    def _items(self, module, at, end, inline):
        tokens, pairs, file = module.file.tokens, module.file.pairs, module.file
        while at < end:
            begin = at
            for _, bracket in attributes_at(tokens, pairs, at):
                at = bracket + 1
            attributes = tokens[begin:at]
            module.bodies.append((begin, at))
            if at >= end:
                break
            visibility = ""
            if tokens[at].text == "pub":
                at, visibility = at + 1, "pub"
                if at in pairs and tokens[at].text == "(":
                    at, visibility = pairs[at] + 1, "pub(…)"
            item_end = max(end_of_item(tokens, pairs, begin, end), at + 1)
            keyword = at
            while self._qualifies(tokens, keyword):
                keyword += 1
            word, name = tokens[keyword].text, tokens[keyword + 1].text if keyword + 1 < end else ""
            line = file.line(tokens[keyword])
            if word == "mod" and tokens[keyword + 2].text == ";":
                given = path_attribute(attributes)
                by_cfg = given is not None and any(token.text == "cfg_attr" for token in attributes)
                found = self._found(module, name, given, inline)
                for path in found if by_cfg else found[:1]:
                    module.children.setdefault(name, []).append(self._load(path, module, visibility))
                if not found:
                    self.missing.append((file, line, name))
            elif word == "mod":
                child = Module(self, file, module, os.path.join(module.directory, name), visibility)
                module.children.setdefault(name, []).append(child)
                self._items(child, keyword + 3, pairs[keyword + 2], inline=True)
                module.others.append((line, f"mod {name}"))
            elif word == "use":
                self._use(module, keyword, item_end, visibility, None, None)
            elif word == "{" and keyword > at:
                # A block of foreign items.
                self._items(module, keyword + 1, pairs[keyword], inline)
                module.others.append((line, "extern"))
            elif word == "crate":
                pass
            else:
                self._define(module, keyword, item_end, line, visibility)
                module.bodies.append((keyword, item_end))
            at = item_end

    @staticmethod
    def _qualifies(tokens, at):
        """Tells whether the token stands before the word that says what an item is: as in `const unsafe extern "C" fn`."""
        if tokens[at].text == "const":
            return tokens[at + 1].text in BEFORE_FN
        return tokens[at].kind == "string" or tokens[at].text in ("unsafe", "async", "default", "extern", "safe")

    def _define(self, module, keyword, end, line, visibility):
        tokens = module.file.tokens
        word, name = tokens[keyword].text, tokens[keyword + 1].text if keyword + 1 < end else ""
        if word == "macro_rules":
            word, name = "macro", tokens[keyword + 2].text
        elif word == "static" and name == "mut":
            name = tokens[keyword + 2].text
        elif word == "union" and tokens[keyword + 1].kind != "ident":
            word = "call"
        is_item = word in TYPE_KINDS | {"fn", "const", "static", "macro"}
        if is_item and name != "_":
            definition = Definition(module, name, word, line, visibility)
            module.definitions.setdefault(name, []).append(definition)
            if word == "macro":
                self.macros.setdefault(name, []).append(definition)
        if word != ";":
            module.others.append((line, f"{word} {name}" if is_item else word))

    def _use(self, module, at, end, visibility, block, block_end):
        """Adds the names of the `use` declaration whose keyword is at `at`."""
        tokens, pairs, file = module.file.tokens, module.file.pairs, module.file

        def add(path, name, token):
            module.uses.append(Use(tuple(path), name, file.line(token), visibility, block, block_end))

        def tree(at, end, prefix):
            path = list(prefix)
            while at < end:
                text = tokens[at].text
                if text == "{":
                    start, close = at + 1, pairs[at]
                    while start < close:
                        stop = start
                        while stop < close and tokens[stop].text != ",":
                            stop = pairs.get(stop, stop) + 1
                        tree(start, stop, path)
                        start = stop + 1
                    return
                elif text == "*":
                    add(path, "*", tokens[at])
                    return
                elif text == "as":
                    add(path, tokens[at + 1].text, tokens[at])
                    return
                # `self` behind a path is the path; `$` and `::` are no names.
                if tokens[at].kind == "ident" and not (text == "self" and path):
                    path.append(text)
                at += 1
            if path:
                add(path, path[-1], tokens[end - 1])

        # Without the semicolon.
        tree(at + 1, end - 1, [])

    def _block_uses(self, module):
        """Adds the `use` declarations in the module's functions; returns where they are."""
        tokens, pairs, places = module.file.tokens, module.file.pairs, []
        for begin, end in module.bodies:
            blocks = []
            for at in range(begin, end):
                text = tokens[at].text
                while blocks and blocks[-1][1] <= at:
                    blocks.pop()
                if text == "{" and tokens[at].kind == "punct":
                    blocks.append((at, pairs[at]))
                elif text == "use" and blocks and tokens[at + 1].text != "<":
                    stop = at
                    while tokens[stop].text != ";" and stop < blocks[-1][1]:
                        stop = pairs.get(stop, stop) + 1
                    self._use(module, at, stop + 1, "", *blocks[-1])
                    places.append((at, stop))
        return places

    def paths(self, module, skipped):
        """The paths in the module's items and attributes: their segments, their first token's index, and what follows."""
        tokens = module.file.tokens
        for begin, end in module.bodies:
            at = begin
            while at < end:
                if at in skipped:
                    at = skipped[at]
                    continue
                before = tokens[at - 1].text if at else ""
                if tokens[at].kind != "ident" or before in (".", "::"):
                    at += 1
                    continue
                if before == "$" and tokens[at].text != "crate":
                    at += 1
                    continue
                path, first = [tokens[at].text], at
                while at + 2 < end and tokens[at + 1].text == "::" and tokens[at + 2].kind == "ident":
                    at += 2
                    path.append(tokens[at].text)
                yield path, first, tokens[at + 1].text if at + 1 < end else ""
                at += 1

    def scan(self):
        """Finds the arrows of this crate, and the paths into other crates: pairs of a file and a line and segments."""
        self.arrows, self.foreign = [], []
        skipped = {}
        for module in list(self.modules()):
            skipped[module] = dict(self._block_uses(module))
        for module in self.modules():
            for use in module.uses:
                self._name(module, use.path, use.begin, use.line, use, False)
            for path, at, following in self.paths(module, skipped[module]):
                if len(path) > 1 or following in ("!", "::"):
                    self._name(module, path, at, module.file.line(module.file.tokens[at]), None, following == "!")

    def _name(self, module, path, at, line, use, is_macro):
        """Adds the arrows of one path."""
        found = module.resolve(path, at)
        if use is not None and use.name == "*":
            # A glob names all that the module has; which of it is used, only a compiler knows.
            found = {pair for item, via in found for pair in self._all_of(item, via)}
        if not found and is_macro:
            found = {(definition, None) for definition in self.macros.get(path[-1], ())}
        if not found and path[0] not in ("crate", "self", "super", "Self"):
            self.foreign.append((module.file, line, path))
        for item, via in found:
            if isinstance(item, Definition) and item.module.crate is self and item.module.file is not module.file:
                reexport = use is not None and use.visibility != ""
                # For a single name the declaration that gives it has the arrow, unless it is a macro's.
                if use is None and len(path) == 1 and item.kind != "macro":
                    continue
                self.arrows.append(Arrow(module.file, line, item.name, item.module.file, via, reexport))

    @staticmethod
    def _all_of(item, via):
        if isinstance(item, Definition):
            return {(item, via)}
        names = set(item.definitions) | {use.name for use in item.uses if use.visibility and use.name != "*"}
        found = {pair for name in names for pair in item.names(name)}
        return {(item, via or further) for item, further in found}


def circles(arrows):
    """The strongly connected sets of files that have more than one file, each sorted by path."""
    targets = {}
    for arrow in arrows:
        targets.setdefault(arrow.source.path, set()).add(arrow.target.path)
    number, lowest, stack, found = {}, {}, [], []

    def visit(file):
        number[file] = lowest[file] = len(number)
        stack.append(file)
        for target in sorted(targets.get(file, ())):
            if target not in number:
                visit(target)
                lowest[file] = min(lowest[file], lowest[target])
            elif target in stack:
                lowest[file] = min(lowest[file], number[target])
        if lowest[file] == number[file]:
            several = stack[stack.index(file) :]
            del stack[stack.index(file) :]
            if len(several) > 1:
                found.append(sorted(several))

    for file in sorted(targets):
        if file not in number:
            visit(file)
    return found
