export default "with space";
