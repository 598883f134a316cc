/** Parses a param's text as JSON where it looks like a number, boolean, null, list or object; else returns the text. */
export function parseParamText(text: string): unknown {
  if (!/^(?:-?\d|true$|false$|null$|[[{"])/.test(text)) return text
  try {
    return JSON.parse(text)
  } catch (error) {
    if (error instanceof SyntaxError) return text
    throw error
  }
}
