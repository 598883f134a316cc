/** One operand of a command. */
export type Operand =
  | { readonly constant: string | bigint | boolean }
  | { readonly field: readonly string[] }
  | { readonly variable: string; readonly field: readonly string[] }
  | { readonly call: string }
  | { readonly pipeline: Pipeline; readonly field: readonly string[] }

/** Commands, each with its arguments; the value of one is the last argument of the next. */
export type Pipeline = readonly (readonly Operand[])[]

const token =
  /\s*(?:(?<string>"(?:\\.|[^"\\])*")|(?<raw>`[^`]*`)|(?<number>-?\d+)(?![\w.])|(?<variable>\$\w*)(?<below>(?:\.\w+)*)|(?<field>\.(?:\w+(?:\.\w+)*)?)|(?<word>[A-Za-z]\w*)|(?<mark>[|()]))/y

/** Reads a pipeline of constants, fields, variables, functions and parentheses. Throws on anything else. */
export function parsePipeline(text: string): Pipeline {
  const reader = { at: 0 }
  const pipeline = readCommands(text, reader)
  if (text.slice(reader.at).trim() !== '') throw new Error(`unexpected ${text.slice(reader.at).trim()}`)
  return pipeline
}

function readCommands(text: string, reader: { at: number }): Pipeline {
  const commands: Operand[][] = [[]]
  for (let found = next(text, reader); found && found.mark !== ')'; found = next(text, reader)) {
    if (found.mark === '|') commands.push([])
    else commands.at(-1)?.push(operandOf(found, text, reader))
  }
  if (commands.some((command) => command.length === 0)) throw new Error('missing value for command')
  return commands
}

function operandOf(found: Readonly<Record<string, string>>, text: string, reader: { at: number }): Operand {
  if (found.string !== undefined) return { constant: JSON.parse(found.string) }
  if (found.raw !== undefined) return { constant: found.raw.slice(1, -1) }
  if (found.number !== undefined) return { constant: BigInt(found.number) }
  if (found.variable !== undefined) return { variable: found.variable, field: namesOf(found.below) }
  if (found.field !== undefined) return { field: namesOf(found.field) }
  if (found.word === 'true' || found.word === 'false') return { constant: found.word === 'true' }
  if (found.word !== undefined) return { call: found.word }
  const pipeline = readCommands(text, reader)
  if (text[reader.at - 1] !== ')') throw new Error('unclosed left paren')
  const [below = ''] = /^(?:\.\w+)*/.exec(text.slice(reader.at)) ?? []
  reader.at += below.length
  return { pipeline, field: namesOf(below) }
}

function namesOf(path = ''): readonly string[] {
  return path.split('.').filter((name) => name !== '')
}

function next(text: string, reader: { at: number }): Readonly<Record<string, string>> | undefined {
  token.lastIndex = reader.at
  const found = token.exec(text)
  if (!found) return undefined
  reader.at = token.lastIndex
  return found.groups as Readonly<Record<string, string>>
}
