/** The value that a param's text means: JSON where it is a number, a boolean, a list or an object; else the text. */
export function parseParamText(text: string): unknown {
  if (!/^(?:-?\d|true$|false$|null$|[[{"])/.test(text)) return text
  try {
    return JSON.parse(text)
  } catch (error) {
    if (error instanceof SyntaxError) return text
    throw error
  }
}
