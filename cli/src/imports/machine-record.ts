/** A machine as the arguments of `machines add` or a file for `machines import` describe it. */
export interface MachineRecord {
  readonly name: string
  readonly description?: string
  readonly address?: string
  readonly port?: number
  readonly username?: string
  readonly password?: string
  readonly mode?: string
  readonly params: Readonly<Record<string, unknown>>
}

/** The plain columns of an import file and their params. */
const columns = {
  name: undefined,
  description: undefined,
  address: 'ipmi/address',
  port: 'ipmi/port-ipmitool',
  username: 'ipmi/username',
  password: 'ipmi/password',
  mode: 'ipmi/mode',
} as const

type ColumnName = keyof typeof columns

/** Narrower than DRP's rule for names, so that no name looks like a target expression. */
const MACHINE_NAME = /^[A-Za-z0-9](?:[A-Za-z0-9._-]{0,252}[A-Za-z0-9])?$/
const PARAM_NAME = /^\p{L}+(?:[- _./]+|\p{N}+|\p{L}+)+$/u

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
    if (!Object.hasOwn(columns, name))
      complain(`unknown column '${name}' (known: ${Object.keys(columns).join(', ')}, params)`)
  }
  const text = (column: ColumnName): string | undefined => {
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
    if (!PARAM_NAME.test(param)) complain(`'${param}' cannot be a param's name`)
  }
  return {
    name: name ?? '',
    ...present({
      description: text('description'),
      address: text('address'),
      port: parsePort(text('port'), complain),
      username: text('username'),
      password: text('password'),
      mode: text('mode'),
    }),
    params,
  }
}

/** The params of the record; its own params win over its plain columns. */
export function paramsOf(record: MachineRecord): Record<string, unknown> {
  const fromColumns = Object.entries(columns).flatMap(([column, param]) => {
    const value = record[column as ColumnName]
    return param === undefined || value === undefined ? [] : [[param, value] as const]
  })
  return { ...Object.fromEntries(fromColumns), ...record.params }
}

function parsePort(text: string | undefined, complain: (problem: string) => void): number | undefined {
  if (text === undefined) return undefined
  if (/^\d{1,5}$/.test(text) && Number(text) <= 65_535) return Number(text)
  complain(`port must be a number from 0 to 65535, not '${text}'`)
  return undefined
}

function present<T extends object>(values: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>
  }
}
