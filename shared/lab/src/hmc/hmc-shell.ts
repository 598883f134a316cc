import type { ShellAnswer } from '../line-shell.ts'
import { type HmcPartition, type HmcSystem, stateOf } from './hmc-systems.ts'

const failed = (output: string): ShellAnswer => ({ code: 1, output })

/** The command line of an HMC, as far as it reads and switches partitions. */
export function hmcShell(systems: readonly HmcSystem[]): (line: string) => ShellAnswer {
  return (line) => {
    // A command in back quotes is the profile, which every partition has.
    const words = wordsOf(line.replace(/`[^`]*`/g, 'default'))
    const options = optionsOf(words)
    const system = systems.find(({ name }) => name === options.get('-m'))
    if (words[0] === 'lscomgmt') return { code: 0, output: 'is_configured=0' }
    if (words[0] !== 'lssyscfg' && words[0] !== 'chsysstate') return failed(`${words[0]}: command not found`)
    if (options.get('-r') !== 'lpar') return failed('HSCL8010 The resource type is not valid.')
    if (!system) return failed('HSCL8018 The managed system was not found.')
    const name = options.get('-n') ?? /^lpar_names=(.*)$/.exec(options.get('--filter') ?? '')?.[1]
    const found = system.partitions.filter((partition) => name === undefined || partition.name === name)
    const [first] = found
    if (!first) return failed(`HSCL8012 The partition named ${name} was not found.`)
    if (words[0] === 'chsysstate')
      return name === undefined ? failed('HSCL8011 Name a partition.') : change(first, options)
    return { code: 0, output: found.map((partition) => lineOf(partition, options.get('-F'))).join('\n') }
  }
}

function change({ machine, name }: HmcPartition, options: ReadonlyMap<string, string>): ShellAnswer {
  const isOn = machine.isOn()
  switch (options.get('-o')) {
    case 'on':
      if (isOn) return failed(`HSCL3681 The partition ${name} is already activated.`)
      machine.control('powerUp', undefined)
      return { code: 0, output: '' }
    case 'shutdown':
      if (!isOn) return failed(`HSCL1558 The partition ${name} is already powered off.`)
      machine.control(
        options.has('--restart') ? 'powerCycle' : options.has('--immed') ? 'powerDown' : 'softShutdown',
        undefined,
      )
      return { code: 0, output: '' }
    default:
      return failed('HSCL8014 The operation is not valid.')
  }
}

function lineOf(partition: HmcPartition, format: string | undefined): string {
  const values: Readonly<Record<string, string>> = {
    name: partition.name,
    lpar_id: String(partition.id),
    lpar_env: partition.type === 'AIX/Linux' ? 'aixlinux' : 'vioserver',
    // The command line writes capitals.
    state: stateOf(partition).replace(/\b[a-z]/g, (letter) => letter.toUpperCase()),
    curr_profile: 'default',
    rmc_state: partition.rmc,
  }
  if (format === undefined)
    return Object.entries(values)
      .map((pair) => pair.join('='))
      .join(',')
  const separator = format.includes(':') ? ':' : ','
  return format
    .split(separator)
    .map((field) => values[field] ?? 'null')
    .join(separator)
}

function wordsOf(line: string): string[] {
  return [...line.matchAll(/'([^']*)'|"([^"]*)"|(\S+)/g)].map(
    ([, single, double, plain]) => single ?? double ?? plain ?? '',
  )
}

/** Options and what follows them; those that stand alone have no value. */
function optionsOf(words: readonly string[]): ReadonlyMap<string, string> {
  const entries = words.flatMap((word, at) => {
    const next = words[at + 1] ?? ''
    return word.startsWith('-') ? [[word, next.startsWith('-') ? '' : next] as const] : []
  })
  return new Map(entries)
}
