"use strict";
// As much of the package ffi-rs as net-keepalive needs, over hotcall.

const { errno, open: openLibrary, out } = require("hotcall");

const DataType = { I32: "i32", External: { pointer: "void" } };

const paths = new Map();
const open = ({ library, path }) => paths.set(library, path === "" ? null : path);
const close = (library) => paths.delete(library);

function load({ library, funcName, retType, paramsType, paramsValue }) {
  const declaration = { parameters: paramsType, result: retType, errno: true };
  const functions = openLibrary(paths.get(library), { [funcName]: declaration });
  return { value: functions[funcName](...paramsValue), errnoCode: errno() };
}

const createPointer = ({ paramsType, paramsValue }) => paramsValue.map((value, index) => out(paramsType[index], value));
const restorePointer = ({ paramsValue }) => paramsValue.map((cell) => cell.value);

module.exports = { DataType, close, createPointer, load, open, restorePointer };
