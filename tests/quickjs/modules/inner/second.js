import first from "../first.js";
export const upward = `${first} from ${import.meta.url.split("/").slice(-2).join("/")}`;
