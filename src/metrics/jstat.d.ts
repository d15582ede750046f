// The one function of jStat that is used; the package ships no types.
declare module 'jstat' {
  const jStat: { readonly studentt: { inv(probability: number, freedom: number): number } };
  export default jStat;
}
