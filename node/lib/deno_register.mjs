import "./deno_register.cjs";
