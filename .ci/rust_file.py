"""Reads a file of Rust source: its tokens, without comments and without what only tests have."""

import bisect
import os
import re
from collections import namedtuple

# In comments, which may have comments in them.
BLOCK_MARK = re.compile(r"/\*|\*/")
TOKEN = re.compile(
    r"""
    (?P<space>\s+)
  | (?P<doc>///(?!/)[^\n]*|//![^\n]*)
  | (?P<comment>//[^\n]*)
  | (?P<block>/\*)
  | (?P<string>(?:b|c)?r(?P<hashes>\#*)".*?"(?P=hashes)|[bc]?"(?:\\.|[^"\\])*")
  | (?P<char>b?'(?:\\(?:u\{[^}]*\}|x[0-9a-fA-F]{2}|.)|[^\\'])')
  | (?P<lifetime>'\w+)
  | (?P<ident>(?:r\#)?[^\W\d]\w*)
  | (?P<number>\d\w*(?:\.\d\w*)?)
  | (?P<punct>::|\.\.=|\.\.\.|\.\.|.)
    """,
    re.VERBOSE | re.DOTALL,
)
CLOSING = {"(": ")", "[": "]", "{": "}"}
TYPE_KINDS = {"struct", "enum", "union", "trait", "type"}
KINDS_TO_SEMICOLON = {"const", "static", "type", "use"}
ITEM_WORDS = TYPE_KINDS | {"fn", "mod", "use", "impl", "const", "static", "unsafe", "extern", "async", "pub", "macro_rules"}

# Words that may stand between `const` and a function's name.
BEFORE_FN = {"fn", "unsafe", "extern", "async"}

Token = namedtuple("Token", "kind text start")


def tokens_of(text):
    """Splits Rust source into tokens, without spaces; comments and documentation are tokens.

    >>> [token.text for token in tokens_of("a::<'b, 'c'>(0..crate::d, r#\\"::e\\"#) /* /* f */ */ // g")]
    ['a', '::', '<', "'b", ',', "'c'", '>', '(', '0', '..', 'crate', '::', 'd', ',', 'r#"::e"#', ')', '/* /* f */ */', '// g']
    """
    tokens, at = [], 0
    while at < len(text):
        match = TOKEN.match(text, at)
        kind, end = match.lastgroup, match.end()
        if kind == "block":
            depth, kind = 1, "comment"
            while depth and (mark := BLOCK_MARK.search(text, end)):
                depth += 1 if mark[0] == "/*" else -1
                end = mark.end()
            end = end if not depth else len(text)
        if kind != "space":
            tokens.append(Token(kind, text[at:end], at))
        at = end
    return tokens


def holds_without_tests(tokens):
    """Evaluates a `cfg` predicate where neither `test` nor `doctest` is set: `False`, `True`, or `None` if it depends.

    >>> cfg = lambda text: holds_without_tests(tokens_of(text))
    >>> [cfg(text) for text in ["test", "not(test)", "unix", "all(unix, test)", "any(test, unix)", "not(any(test))"]]
    [False, True, None, False, None, True]
    """
    at = 0

    def one():
        nonlocal at
        word = tokens[at].text
        at += 1
        if at < len(tokens) and tokens[at].text == "(":
            at += 1
            results = []
            while tokens[at].text != ")":
                results.append(one())
                at += tokens[at].text == ","
            at += 1
            if word == "not":
                return None if results[0] is None else not results[0]
            decisive = word == "any"
            return decisive if decisive in results else None if None in results else not decisive
        if at < len(tokens) and tokens[at].text == "=":
            at += 2
            return None
        return False if word in ("test", "doctest") else None

    return one()


class File:
    """A source file: its tokens of code, without comments and tests."""

    def __init__(self, root, path):
        self.path = path
        with open(os.path.join(root, path), encoding="utf-8") as file:
            self.text = file.read()
        self.lines = [0] + [match.end() for match in re.finditer(r"\n", self.text)]
        every = tokens_of(self.text)
        self.docs = " ".join(token.text[3:].strip() for token in every if token.kind == "doc")
        # Of what tests have: `mod name;` with the file that an attribute names, and all that is neither that nor `use`.
        self.test_modules, self.test_items = [], []
        self.tokens = self._without_tests([token for token in every if token.kind not in ("doc", "comment")])
        self.pairs = pairs_of(self.tokens)

    def line(self, token):
        return bisect.bisect_right(self.lines, token.start)

    def code(self):
        """The text with blanks instead of comments and tests, so that offsets and lines stay."""
        blank = list(re.sub(r"[^\n]", " ", self.text))
        for token in self.tokens:
            blank[token.start : token.start + len(token.text)] = token.text
        return "".join(blank)

    def _without_tests(self, tokens):
        """Drops items, fields and statements that only tests have."""
        pairs, kept, at = pairs_of(tokens), [], 0
        while at < len(tokens):
            attributes = list(attributes_at(tokens, pairs, at))
            if any(self._is_for_tests(tokens[begin:end]) for begin, end in attributes):
                if tokens[at + 1].text == "!":
                    return []
                end = end_of_item(tokens, pairs, at)
                first = attributes[-1][1] + 1
                words = [token.text for token in tokens[first:end]]
                if words[-3:-2] == ["mod"]:
                    self.test_modules.append((words[-2], path_attribute(tokens[at:end])))
                elif (word := next((word for word in words if word in ITEM_WORDS - {"pub"}), "")) != "use":
                    self.test_items.append((self.line(tokens[first]), f"{word} for tests"))
                at = end
            else:
                end = attributes[-1][1] + 1 if attributes else at + 1
                kept += tokens[at:end]
                at = end
        return kept

    def cfgs(self):
        """The line of each `cfg`, `cfg_attr` and `cfg!`, and the words of its predicate."""
        for index, token in enumerate(self.tokens):
            if token.text in ("cfg", "cfg_attr"):
                at = index + 1 + (self.tokens[index + 1].text == "!")
                if at in self.pairs:
                    end = self.pairs[at]
                    if token.text == "cfg_attr":
                        # Behind the predicate are attributes.
                        end = next((stop for stop in self._outside(at + 1, end) if self.tokens[stop].text == ","), end)
                    yield self.line(token), {word.text for word in self.tokens[at + 1 : end]}

    def _outside(self, at, end):
        """The indices of tokens that are in no further brackets."""
        while at < end:
            yield at
            at = self.pairs.get(at, at) + 1

    @staticmethod
    def _is_for_tests(attribute):
        if [token.text for token in attribute] == ["test"]:
            return True
        is_cfg = len(attribute) > 3 and attribute[0].text == "cfg"
        return is_cfg and holds_without_tests(attribute[2:-1]) is False


def pairs_of(tokens):
    """For each opening bracket the index of its closing one."""
    pairs, stack = {}, []
    for index, token in enumerate(tokens):
        if token.kind == "punct" and token.text in CLOSING:
            stack.append(index)
        elif token.kind == "punct" and token.text in ")]}" and stack:
            pairs[stack.pop()] = index
    return pairs


def attributes_at(tokens, pairs, at):
    """Where the attributes that begin at `at` have their insides: the first token, and the closing bracket."""
    while at + 1 < len(tokens) and tokens[at].text == "#":
        bracket = at + 1 + (tokens[at + 1].text == "!")
        if tokens[bracket].text != "[":
            return
        yield bracket + 1, pairs[bracket]
        at = pairs[bracket] + 1


def end_of_item(tokens, pairs, at, end=None):
    """The index behind the item, field or statement that begins at `at`, with its attributes."""
    end = len(tokens) if end is None else end
    for _, bracket in attributes_at(tokens, pairs, at):
        at = bracket + 1
    is_item = at < end and tokens[at].text in ITEM_WORDS
    first = at + 1 if at < end and tokens[at].text == "pub" else at
    if first > at and first in pairs and tokens[first].text == "(":
        first = pairs[first] + 1
    to_semicolon = first < end and tokens[first].text in KINDS_TO_SEMICOLON
    if to_semicolon and tokens[first].text == "const":
        to_semicolon = tokens[first + 1].text not in BEFORE_FN
    while at < end:
        text = tokens[at].text
        if text == ";":
            return at + 1
        if text == "," and not is_item:
            return at + 1
        if text in ")]}" and tokens[at].kind == "punct":
            return at
        if at in pairs:
            if text == "{" and not to_semicolon:
                return pairs[at] + 1
            at = pairs[at]
        at += 1
    return end


def path_attribute(tokens):
    """The file that `#[path = "…"]` or `#[cfg_attr(…, path = "…")]` names among the tokens of attributes; else `None`."""
    for word, equals, value in zip(tokens, tokens[1:], tokens[2:]):
        if word.text == "path" and equals.text == "=" and value.kind == "string":
            return value.text[1:-1]
    return None
