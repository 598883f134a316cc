import { paramNamePattern } from '@powerbus/drp'
/** A machine as the arguments of `machines add` or a file for `machines import` describe it. */
export interface MachineRecord {
  readonly name: string
  readonly description: string | undefined
  /** Its own params win over its plain columns. */
  readonly params: Readonly<Record<string, unknown>>
}

/** The params of the plain columns of an import file. */
const columnParams = {
  address: 'ipmi/address',
  port: 'ipmi/port-ipmitool',
  username: 'ipmi/username',
  password: 'ipmi/password',
  mode: 'ipmi/mode',
} as const
/** Params that the tool names itself, so that they are not mistyped. */
export const ownParams: ReadonlySet<string> = new Set(Object.values(columnParams))

const columns = ['name', 'description', ...Object.keys(columnParams)]

/** Narrower than DRP's rule for names, so that no name looks like a target expression. */
const MACHINE_NAME = /^[A-Za-z0-9](?:[A-Za-z0-9._-]{0,252}[A-Za-z0-9])?$/

/**
 * Builds a record from plain values: text of CSV or an argument, any value of YAML. Calls `complain` with each problem
 * and its column; use the record only where there was none.
 */
export function toMachineRecord(
  values: Readonly<Record<string, unknown>>,
  params: Readonly<Record<string, unknown>>,
  complain: (problem: string) => void,
): MachineRecord {
  for (const name of Object.keys(values)) {
    if (!columns.includes(name)) complain(`unknown column '${name}' (known: ${columns.join(', ')}, params)`)
  }
  const text = (column: string): string | undefined => {
    const value = values[column]
    if (value === undefined || value === null || value === '') return undefined
    if (typeof value === 'string') return value
    if (typeof value === 'number' && column !== 'password') return String(value)
    complain(`${column} must be text${column === 'password' ? ': put it in quotes' : ''}`)
    return undefined
  }
  const name = text('name')
  if (name === undefined) complain('name is missing')
  else if (!MACHINE_NAME.test(name)) complain(`'${name}' cannot be a machine's name: letters, digits, dots, dashes`)
  for (const param of Object.keys(params)) {
    if (!paramNamePattern.test(param)) complain(`'${param}' cannot be a param's name`)
  }
  const description = text('description')
  const plain = Object.entries(columnParams).flatMap(([column, param]) => {
    const value = text(column)
    if (value === undefined) return []
    return [[param, column === 'port' ? parsePort(value, complain) : value]]
  })
  return { name: name ?? '', description, params: { ...Object.fromEntries(plain), ...params } }
}

function parsePort(text: string, complain: (problem: string) => void): number | undefined {
  if (/^\d{1,5}$/.test(text) && Number(text) <= 65_535) return Number(text)
  complain(`port must be a number from 0 to 65535, not '${text}'`)
  return undefined
}
