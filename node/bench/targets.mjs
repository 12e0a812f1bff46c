// The targets in optimised code: nanoseconds at most, and least ratios of others' time to ours. A ratio that would need less time
// than the floor takes is lowered to that of the floor.

import { cases } from "./cases.mjs";

const targets = [
  { id: "two_ints", ns: 8, over: { koffi: 4, node_ffi: 4 } },
  { id: "two_doubles", ns: 8, over: { koffi: 4 } },
  { id: "buffer", ns: 8, over: { koffi: 4, node_ffi: 4 } },
  { id: "buffer_length", ns: 8, over: { koffi: 4, node_ffi: 4 } },
  { id: "structs_bytes", ns: 10, over: { koffi: 20 } },
  { id: "bigint_arguments", ns: 15 },
  { id: "polymorphic", ns: 15 },
  { id: "callback", over: { function_call: 1 / 1.2, koffi: 2 }, floor: "function_call" },
  { id: "symbol", over: { koffi: 3 } },
];

// Each target for which the rows have a figure, with that figure.
export function compare(rows) {
  return targets.flatMap(({ id, ns, over = {}, floor }) => {
    const row = rows.find((other) => other.id === id);
    const { title } = cases.find((other) => other.id === id);
    const time = row?.ns.hotcall;
    const compared = { id, title };
    const ratios = Object.entries(over).map(([name, aim]) => {
      const measured = row?.over_hotcall[name];
      const wanted = floor in (row?.ns ?? {}) ? Math.min(aim, row.ns[name] / row.ns[floor]) : aim;
      return { ...compared, what: `${name} / hotcall`, wanted, measured, met: measured >= wanted };
    });
    const times = ns === undefined ? [] : [{ ...compared, what: "ns", wanted: ns, measured: time, met: time <= ns }];
    return [...times, ...ratios].filter(({ measured }) => measured !== undefined);
  });
}
