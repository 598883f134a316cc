/** Content files are imported as their text: see esbuild-options.mjs. */
declare module '*.yaml' {
  const text: string
  // biome-ignore lint/style/noDefaultExport: what bundlers give a text file
  export default text
}
declare module '*.tmpl' {
  const text: string
  // biome-ignore lint/style/noDefaultExport: what bundlers give a text file
  export default text
}
