export default "first";
export let counter = 0;
export const increment = () => counter++;
if (import.meta.main) console.log("it is not the main module");
