#!/usr/bin/env python3
"""Checks licences, sources and version requirements of all dependencies against deny.toml.

Usage: .ci/dependencies.py

`cargo deny check licenses bans sources` reads the same file. CI does not use it, because compiling it takes longer than
compiling hotcall. Advisories are left out: their database is not part of the registry.
"""

import collections
import json
import re
import subprocess
import sys
import tomllib

CRATES_IO = "registry+https://github.com/rust-lang/crates.io-index"


def allows(expression, allowed):
    """Tells whether an SPDX licence expression can be met with the allowed licences.

    >>> ours = ["MIT", "Apache-2.0 WITH LLVM-exception"]
    >>> [allows(text, ours) for text in ["MIT", "MIT/X", "X OR MIT", "(X OR MIT) AND MIT", "X OR Apache-2.0 WITH LLVM-exception"]]
    [True, True, True, True, True]
    >>> [allows(text, ours) for text in ["X", "MIT AND X", "Apache-2.0", "X OR Y AND MIT", "", "(MIT", "MIT MIT", "MIT OR"]]
    [False, False, False, False, False, False, False, False]
    """
    # "MIT/Apache-2.0" is how "OR" was once written.
    words = re.findall(r"[()]|[^\s()]+", expression.replace("/", " OR "))

    def either():
        result = both()
        while words and words[0] == "OR":
            words.pop(0)
            result = both() or result
        return result

    def both():
        result = one()
        while words and words[0] == "AND":
            words.pop(0)
            result = one() and result
        return result

    def one():
        word = words.pop(0)
        if word == "(":
            result = either()
            if words.pop(0) != ")":
                raise IndexError
            return result
        if words and words[0] == "WITH":
            word = f"{word} {words.pop(0)} {words.pop(0)}"
        return word in allowed

    try:
        return either() and not words
    except IndexError:
        return False


def problems(metadata, policy):
    members = set(metadata["workspace_members"])
    for package in metadata["packages"]:
        name = f"{package['name']} {package['version']}"
        own = package["id"] in members
        if not allows(package["license"] or "", policy["licenses"]["allow"]):
            yield f"{name}: the licence {package['license']!r} is not allowed"
        if not own and package["source"] != CRATES_IO:
            yield f"{name}: comes from {package['source']}, not from crates.io"
        for dependency in package["dependencies"]:
            if own and dependency["req"] == "*" and not dependency["path"]:
                yield f"{name}: accepts every version of {dependency['name']}"


def check_policy(policy):
    """Ends the program unless deny.toml asks for what this checks."""
    expected = {
        "graph": {"all-features": True},
        "bans": {"multiple-versions": "warn", "wildcards": "deny", "allow-wildcard-paths": True},
        "sources": {"unknown-registry": "deny", "unknown-git": "deny"},
    }
    for section, rules in expected.items():
        if policy.get(section) != rules:
            sys.exit(f"deny.toml: [{section}] is not {rules}, which is all that this script checks")


def main():
    match sys.argv[1:]:
        case []:
            pass
        case ["--help" | "-h"]:
            print(__doc__.strip())
            return
        case unknown:
            print(f"dependencies.py: unknown arguments {' '.join(unknown)} (see --help)", file=sys.stderr)
            sys.exit(2)
    with open("deny.toml", "rb") as file:
        policy = tomllib.load(file)
    check_policy(policy)
    command = ["cargo", "metadata", "--locked", "--all-features", "--format-version", "1"]
    metadata = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)
    versions = collections.defaultdict(set)
    for package in metadata["packages"]:
        versions[package["name"]].add(package["version"])
    for name, several in sorted(versions.items()):
        if len(several) > 1:
            print(f"warning: {name} in {len(several)} versions: {', '.join(sorted(several))}")
    found = list(problems(metadata, policy))
    print("\n".join(found) or f"{len(metadata['packages'])} packages: licences and sources are allowed")
    sys.exit(bool(found))


if __name__ == "__main__":
    main()
