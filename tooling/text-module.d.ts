/** The text of a file (text-module.mjs). */
declare module '*?text' {
  export const text: string
}
