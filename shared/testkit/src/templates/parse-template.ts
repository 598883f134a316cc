import { type Pipeline, parsePipeline } from './parse-pipeline.ts'
import { splitTemplate } from './split-template.ts'
import { TemplateError } from './template-error.ts'

/** A node of a parsed template. */
export type Node =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'print'; readonly pipeline: Pipeline; readonly assigns?: string }
  | {
      readonly kind: 'if'
      readonly pipeline: Pipeline
      readonly whole: readonly Node[]
      readonly otherwise: readonly Node[]
    }
  | {
      readonly kind: 'range'
      readonly pipeline: Pipeline
      readonly variables: readonly string[]
      readonly body: readonly Node[]
      readonly otherwise: readonly Node[]
    }
  | { readonly kind: 'template'; readonly id: string; readonly pipeline: Pipeline }

interface Open {
  readonly word: 'if' | 'range' | 'else if' | 'top'
  readonly nodes: Node[]
  readonly pipeline: Pipeline
  readonly variables: readonly string[]
  otherwise?: Node[]
}

/**
 * Parses the part of Go's text/template that content uses: text, trim marks, if, else if, else, end, range, template,
 * variables and pipelines. with, define, block, break and continue are refused. @throws TemplateError
 */
export function parseTemplate(id: string, source: string): readonly Node[] {
  const open: Open[] = [{ word: 'top', nodes: [], pipeline: [], variables: [] }]
  const top = () => open.at(-1) as Open
  const add = (node: Node) => (top().otherwise ?? top().nodes).push(node)
  const close = () => {
    const ended = open.pop() as Open
    const otherwise = ended.otherwise ?? []
    if (ended.word === 'range') {
      add({ kind: 'range', pipeline: ended.pipeline, variables: ended.variables, body: ended.nodes, otherwise })
    } else add({ kind: 'if', pipeline: ended.pipeline, whole: ended.nodes, otherwise })
    return ended.word
  }
  let line = 0
  try {
    for (const piece of splitTemplate(source)) {
      if ('text' in piece) {
        add({ kind: 'text', text: piece.text })
        continue
      }
      line = piece.line
      const [, word = '', rest = ''] =
        /^(if|range|else if|else|end|template|with|define|block|break|continue)?\b\s*([\s\S]*)$/.exec(
          /^\w/.test(piece.action) ? piece.action : `print${piece.action}`,
        ) ?? []
      if (word === 'if' || word === 'range') open.push(opened(word, rest))
      else if (word === 'else' || word === 'else if') {
        if (open.length === 1 || top().otherwise) throw new Error(`unexpected {{${word}}}`)
        top().otherwise = []
        if (word === 'else if') open.push(opened(word, rest))
      } else if (word === 'end') {
        if (open.length === 1) throw new Error('unexpected {{end}}')
        while (close() === 'else if');
      } else if (word === 'template') {
        const [, name, data = ''] = /^"([^"]+)"\s*([\s\S]*)$/.exec(rest) ?? []
        if (name === undefined) throw new Error('template wants the name of a template')
        add({ kind: 'template', id: name, pipeline: data === '' ? [] : parsePipeline(data) })
      } else if (word !== '') throw new Error(`{{${word}}} is not supported`)
      else {
        const [, assigns, value = piece.action] = /^(\$\w+)\s*:=\s*([\s\S]*)$/.exec(piece.action) ?? []
        add({ kind: 'print', pipeline: parsePipeline(value), ...(assigns !== undefined && { assigns }) })
      }
    }
    if (open.length > 1) throw new Error('unexpected EOF: an {{end}} is missing')
  } catch (error) {
    throw new TemplateError(`${id}:${line}`, error instanceof Error ? error.message : String(error))
  }
  return top().nodes
}

function opened(word: 'if' | 'range' | 'else if', rest: string): Open {
  const [, names = '', value = rest] =
    (word === 'range' && /^((?:\$\w+\s*,\s*)?\$\w+)\s*:=\s*([\s\S]*)$/.exec(rest)) || []
  const variables = names.split(',').flatMap((name) => (name.trim() === '' ? [] : [name.trim()]))
  return { word, nodes: [], pipeline: parsePipeline(value), variables }
}
