// The figures as tables in Markdown.

import { cases } from "./cases.mjs";

const titles = {
  hotcall: "hotcall",
  koffi: "koffi",
  node_ffi: "`node:ffi`",
  node_api: "Node-API addon",
  function_call: "`Function::Call`",
};

const digits = (value) => (value < 100 ? value.toFixed(1) : Math.round(value).toLocaleString("en"));
const cell = (value) => (value === undefined ? "" : digits(value));
const row = (cells) => `| ${cells.join(" | ")} |`;
const rule = (cells) => `|${cells.map(() => "---|").join("")}`;
const table = (head, rows) => [row(head), rule(head), ...rows.map(row)].join("\n");
const title = (id) => cases.find((case_) => case_.id === id).title;

// One tier: all contenders.
export function tierTable({ tier, contenders, rows }) {
  if (rows.length === 0) return `This V8 does not have the tier "${tier}".`;
  const names = Object.keys(contenders).filter((name) => contenders[name].missing === undefined);
  const head = [tier, ...names.map((name) => `${titles[name]} ${contenders[name].version}`)];
  const missing = Object.entries(contenders).filter(([, { missing }]) => missing !== undefined);
  const notes = missing.map(([name, { missing }]) => `\nWithout ${titles[name]}: ${missing}.`);
  const slow = rows.flatMap(({ id, not_compiled: by }) => by.map((name) => `\nNot compiled: ${title(id)}, ${titles[name]}.`));
  const cells = ({ id, ns }) => [title(id), ...names.map((name) => cell(ns[name]))];
  return [table(head, rows.map(cells)), ...notes, ...slow].join("");
}

export function targetTable(compared) {
  const bound = ({ what, wanted }) => `${what === "ns" ? "≤" : "≥"} ${digits(wanted)}`;
  const cells = (target) => [target.title, target.what, bound(target), digits(target.measured), target.met ? "met" : "**short**"];
  return table(["target", "", "wanted", "measured", ""], compared.map(cells));
}

const inReadme = [
  "nop",
  "two_ints",
  "two_doubles",
  "bigints",
  "buffer",
  "buffer_length",
  "string",
  "structs_bytes",
  "structs_objects",
  "eight_ints",
  "polymorphic",
  "callback",
  "symbol",
  "symbol_function",
];

// The table of the package's page.
export function readmeTable(runs) {
  const of = (tier) => runs.find((run) => run.tier === tier);
  const { contenders, rows } = of("optimised");
  const interpreted = of("interpreter").rows;
  const find = (list, id) => list.find((other) => other.id === id)?.ns ?? {};
  const rival = (name, id) => cell(find(rows, id)[name]) || "does not have it";
  const head = [
    `Node ${process.versions.node.split(".")[0]}`,
    "hotcall, optimised",
    "hotcall, interpreted",
    `koffi ${contenders.koffi.version?.split(".").slice(0, 2).join(".") ?? ""}, optimised`,
    "`node:ffi`, optimised",
  ];
  const cells = (id) => [
    title(id),
    cell(find(rows, id).hotcall),
    cell(find(interpreted, id).hotcall),
    rival("koffi", id),
    rival("node_ffi", id),
  ];
  return table(head, inReadme.map(cells));
}
