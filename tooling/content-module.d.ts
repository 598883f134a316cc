/** What stands in the folder `content` of the room that imports this (content-module.mjs). */
declare module 'powerbus:content' {
  /** Text of `documentation.rst`: reStructuredText for operators. */
  export const documentation: string
  /** All other files, by their paths below `content`. */
  export const content: readonly { readonly path: string; readonly text: string }[]
}
