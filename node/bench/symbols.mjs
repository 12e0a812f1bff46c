// A library with many symbols, whose types differ: as many integers and then doubles as their number says.

export const COUNT = 128;
const [INTEGERS, DOUBLES] = [6, 6];

function parameters(index) {
  const shape = index % (INTEGERS * DOUBLES);
  return [...Array(shape % INTEGERS).fill("int"), ...Array(Math.floor(shape / INTEGERS)).fill("double")];
}

// The functions, with the types of their parameters as C names them. All return `int`.
export const symbols = Array.from({ length: COUNT }, (_, index) => ({
  name: `symbol_${index}`,
  parameters: parameters(index),
}));

const prototype = ({ name, parameters }) =>
  `int ${name}(${parameters.map((type, index) => `${type} a${index}`).join(", ") || "void"})`;

export const prototypes = symbols.map(prototype);
export const sources = prototypes.map((text, index) => `${text} { return ${index}; }\n`).join("");
