import { XMLParser } from 'fast-xml-parser'
import { HmcRefusal } from './hmc-refusal.ts'

export interface JobOrder {
  readonly operation: string
  readonly parameters: ReadonlyMap<string, string>
}

type Node = Readonly<Record<string, unknown>>

const parser = new XMLParser({
  preserveOrder: true,
  removeNSPrefix: true,
  ignoreAttributes: false,
  attributeNamePrefix: '',
  parseTagValue: false,
  ignoreDeclaration: true,
})

/** Reads a JobRequest as strictly as an HMC does: every child in its place. Throws HmcRefusal. */
export function readJobOrder(text: string): JobOrder {
  const request = only(parser.parse(text), ['JobRequest'])[0]
  const [metadata, operation, list] = only(request, ['Metadata', 'RequestedOperation', 'JobParameters'])
  only(metadata, ['Atom'])
  const [, name, group] = only(operation, ['Metadata', 'OperationName', 'GroupName', 'ProgressType'])
  if (textOf(group) !== 'LogicalPartition') throw unread()
  const [, ...parameters] = childrenOf(list)
  const pairs = parameters.map((parameter): [string, string] => {
    if (nameOf(parameter) !== 'JobParameter') throw unread()
    const [, key, value] = only(parameter, ['Metadata', 'ParameterName', 'ParameterValue'])
    return [textOf(key), textOf(value)]
  })
  return { operation: textOf(name), parameters: new Map(pairs) }
}

/** User and password of a LogonRequest, whose children have an order too. Throws HmcRefusal. */
export function readLogon(text: string): { readonly user: string; readonly password: string } {
  const request = only(parser.parse(text), ['LogonRequest'])[0]
  const children = childrenOf(request).filter((child) => nameOf(child) !== 'Metadata')
  const [user, password] = children
  if (nameOf(user) !== 'UserID' || nameOf(password) !== 'Password') throw unread()
  return { user: textOf(user), password: textOf(password) }
}

/** The children, which must be those of these names, in this order. */
function only(node: unknown, names: readonly string[]): readonly Node[] {
  const children = childrenOf(node)
  if (children.map(nameOf).join() !== names.join()) throw unread()
  return children
}

function nameOf(node: Node | undefined): string | undefined {
  return node && Object.keys(node).find((key) => key !== ':@')
}

function childrenOf(node: unknown): readonly Node[] {
  const content = Array.isArray(node) ? node : (node as Node | undefined)?.[nameOf(node as Node | undefined) ?? '']
  if (!Array.isArray(content)) throw unread()
  return (content as Node[]).filter((child) => nameOf(child) !== '#text')
}

function textOf(node: Node | undefined): string {
  const content = node?.[nameOf(node) ?? '']
  return Array.isArray(content) ? (content as Node[]).map((child) => String(child['#text'] ?? '')).join('') : ''
}

function unread(): HmcRefusal {
  return new HmcRefusal(400, 'Failed to unmarshal input payload.')
}
