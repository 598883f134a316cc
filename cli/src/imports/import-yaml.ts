import { isJsonObject } from '@powerbus/drp'
import { isAlias, isMap, isSeq, LineCounter, type Node, parseDocument, visit } from 'yaml'
import type { Complain, RawEntry } from './raw-entry.ts'

/**
 * Reads YAML: a list of machines, or a map whose key `machines` has that list. Refuses aliases. Calls `complain` with
 * problems.
 */
export function readYaml(text: string, complain: Complain): RawEntry[] {
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false })
  const lineAt = (offset: number | undefined) => lines.linePos(offset ?? 0).line
  for (const error of document.errors) complain(lineAt(error.pos[0]), error.message)
  if (document.errors.length > 0) return []
  let hasAlias = false
  visit(document, (_, node) => {
    if (!isAlias(node)) return
    hasAlias = true
    complain(lineAt(node.range?.[0]), `the alias *${node.source} is not allowed here`)
  })
  if (hasAlias) return []
  const root = document.contents
  const list = isMap(root) ? root.get('machines', true) : root
  if (!isSeq(list)) {
    complain(1, "expected a list of machines, or one under the key 'machines'")
    return []
  }
  return (list.items as Node[]).flatMap((item) => {
    const line = lineAt(item.range?.[0])
    const { params = {}, ...values } = isMap(item) ? (item.toJS(document) as Record<string, unknown>) : {}
    if (!isMap(item)) complain(line, 'a machine must be a map such as { name: node-01, address: 10.0.0.1 }')
    else if (!isJsonObject(params)) complain(line, 'params must be a map of names and values')
    else return [{ line, values, params }]
    return []
  })
}
