import { isJsonObject } from '@powerbus/drp'
import { isAlias, isMap, isSeq, LineCounter, type Node, parseDocument, visit } from 'yaml'
import type { Problem, RawEntry, RawFile } from './raw-file.ts'

/** Reads YAML: a list of machines, or a map whose key `machines` has that list. Refuses aliases. */
export function readYaml(text: string): RawFile {
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false })
  const lineAt = (offset: number | undefined) => lines.linePos(offset ?? 0).line
  if (document.errors.length > 0) {
    const problems = document.errors.map((error) => ({ line: lineAt(error.pos[0]), text: error.message }))
    return { entries: [], problems }
  }
  const aliases: Problem[] = []
  visit(document, (_, node) => {
    if (isAlias(node))
      aliases.push({ line: lineAt(node.range?.[0]), text: `the alias *${node.source} is not allowed here` })
  })
  if (aliases.length > 0) return { entries: [], problems: aliases }
  const root = document.contents
  const list = isMap(root) ? root.get('machines', true) : root
  if (!isSeq(list)) {
    return {
      entries: [],
      problems: [{ line: 1, text: "expected a list of machines, or one under the key 'machines'" }],
    }
  }
  const entries: RawEntry[] = []
  const problems: Problem[] = []
  for (const item of list.items as Node[]) {
    const line = lineAt(item.range?.[0])
    if (!isMap(item))
      problems.push({ line, text: 'a machine must be a map such as { name: node-01, address: 10.0.0.1 }' })
    else {
      const { params = {}, ...values } = item.toJS(document) as Record<string, unknown>
      if (isJsonObject(params)) entries.push({ line, values, params })
      else problems.push({ line, text: 'params must be a map of names and values' })
    }
  }
  return { entries, problems }
}
