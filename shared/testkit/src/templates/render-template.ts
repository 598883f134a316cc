import type { Operand, Pipeline } from './parse-pipeline.ts'
import { type Node, parseTemplate } from './parse-template.ts'
import { TemplateError } from './template-error.ts'
import { isTrue, printed, templateFunctions } from './template-functions.ts'

/** What `.` is: fields, and functions where Go has methods. A name that is not there is an error, as with a Go struct. */
export type TemplateData = Readonly<Record<string, unknown>>

interface State {
  readonly id: string
  readonly templates: ReadonlyMap<string, string>
  readonly dot: unknown
  readonly variables: Map<string, unknown>
  readonly depth: number
}

/**
 * Renders a template as Go's text/template does with the data of a DRP job; others that it includes are taken from
 * `templates`. Constructs that content does not use are refused rather than guessed. @throws TemplateError
 */
export function renderTemplate(templates: ReadonlyMap<string, string>, id: string, data: unknown): string {
  return renderedBy({ id, templates, dot: data, variables: new Map([['$', data]]), depth: 0 })
}

function renderedBy(state: State): string {
  const source = state.templates.get(state.id)
  if (source === undefined) throw new TemplateError(state.id, 'no such template')
  if (state.depth > 20) throw new TemplateError(state.id, 'exceeded maximum template depth')
  try {
    return nodes(parseTemplate(state.id, source), state)
  } catch (error) {
    if (error instanceof TemplateError) throw error
    throw new TemplateError(state.id, error instanceof Error ? error.message : String(error))
  }
}

function nodes(list: readonly Node[], state: State): string {
  return list.map((node) => rendered(node, state)).join('')
}

function rendered(node: Node, state: State): string {
  if (node.kind === 'text') return node.text
  if (node.kind === 'template') {
    const dot = node.pipeline.length === 0 ? undefined : evaluated(node.pipeline, state)
    return renderedBy({ ...state, id: node.id, dot, variables: new Map([['$', dot]]), depth: state.depth + 1 })
  }
  const value = evaluated(node.pipeline, state)
  if (node.kind === 'if') {
    const inner = { ...state, variables: new Map(state.variables) }
    return nodes(isTrue(value) ? node.whole : node.otherwise, inner)
  }
  if (node.kind === 'range') return ranged(node, value, state)
  if (node.assigns === undefined) return printed(value)
  state.variables.set(node.assigns, value)
  return ''
}

function ranged(node: Node & { readonly kind: 'range' }, value: unknown, state: State): string {
  if (typeof value !== 'object') throw new Error(`range can't iterate over ${String(value)}`)
  const isList = Array.isArray(value)
  const entries = Object.entries(value ?? {}).sort(([left], [right]) => (isList || left < right ? -1 : 1))
  if (entries.length === 0) return nodes(node.otherwise, state)
  const parts = (isList ? [...value.entries()] : entries).map(([key, member]) => {
    const variables = new Map(state.variables)
    const [first, second] = node.variables
    if (second !== undefined) variables.set(second, member)
    if (first !== undefined) variables.set(first, second === undefined ? member : isList ? BigInt(key) : key)
    return nodes(node.body, { ...state, dot: member, variables })
  })
  return parts.join('')
}

function evaluated(pipeline: Pipeline, state: State): unknown {
  return pipeline.reduce<{ readonly value: unknown }[]>(
    (before, command) => [
      {
        value: commandValue(
          command,
          before.map(({ value }) => value),
          state,
        ),
      },
    ],
    [],
  )[0]?.value
}

function commandValue(command: Operand[] | readonly Operand[], piped: readonly unknown[], state: State): unknown {
  const [first, ...rest] = command
  if (!first) throw new Error('missing value for command')
  const values = [...rest.map((operand) => operandValue(operand, [], state)), ...piped]
  if ('call' in first) return functionNamed(first.call)(...values)
  return operandValue(first, values, state)
}

function functionNamed(name: string) {
  const found = templateFunctions[name]
  if (!found) throw new Error(`function "${name}" not defined`)
  return found
}

function operandValue(operand: Operand, values: readonly unknown[], state: State): unknown {
  if ('call' in operand) return functionNamed(operand.call)()
  if ('field' in operand) {
    const root =
      'pipeline' in operand
        ? evaluated(operand.pipeline, state)
        : 'variable' in operand
          ? variable(operand.variable, state)
          : state.dot
    return fieldOf(root, operand.field, values)
  }
  if (values.length > 0) throw new Error("can't give argument to non-function")
  return operand.constant
}

function variable(name: string, { variables }: State): unknown {
  if (!variables.has(name)) throw new Error(`undefined variable "${name}"`)
  return variables.get(name)
}

/** The arguments go to the last name. */
function fieldOf(root: unknown, path: readonly string[], values: readonly unknown[]): unknown {
  let value = root
  for (const [at, name] of path.entries()) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name))
      throw new Error(`can't evaluate field ${name}`)
    const found = (value as Record<string, unknown>)[name]
    const given = at === path.length - 1 ? values : []
    if (typeof found !== 'function' && given.length > 0)
      throw new Error(`${name} has arguments but cannot be invoked as function`)
    value = typeof found === 'function' ? found(...given) : found
  }
  if (path.length === 0 && values.length > 0) throw new Error("can't give argument to non-function")
  return value
}
