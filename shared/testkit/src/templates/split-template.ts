/** A piece of a template: text, or what stands between `{{` and `}}`. */
export type Piece = { readonly text: string } | { readonly action: string; readonly line: number }

/** Divides a template into text and actions, with the trim marks `{{- ` and ` -}}` applied. Comments are left out. */
export function splitTemplate(source: string): readonly Piece[] {
  const pieces: Piece[] = []
  let at = 0
  let trimNext = false
  for (const found of source.matchAll(
    /\{\{(-(?=\s))?(\/\*[\s\S]*?\*\/|(?:"(?:\\.|[^"\\\n])*"|`[^`]*`|[^"`])*?)((?<=\s)-)?\}\}/g,
  )) {
    const [whole, trimBefore, action = '', trimAfter] = found
    pieces.push({ text: trimmed(source.slice(at, found.index), trimNext, trimBefore !== undefined) })
    if (!action.trim().startsWith('/*'))
      pieces.push({ action: action.trim(), line: source.slice(0, found.index).split('\n').length })
    at = found.index + whole.length
    trimNext = trimAfter !== undefined
  }
  const rest = source.slice(at)
  if (rest.includes('{{')) throw new Error('unclosed action')
  pieces.push({ text: trimmed(rest, trimNext, false) })
  return pieces.filter((piece) => !('text' in piece) || piece.text !== '')
}

/** Go trims these four characters alone. */
function trimmed(text: string, start: boolean, end: boolean): string {
  const left = start ? text.replace(/^[ \t\r\n]+/, '') : text
  return end ? left.replace(/[ \t\r\n]+$/, '') : left
}
