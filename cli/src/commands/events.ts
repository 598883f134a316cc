import { DecodeError, type DrpEvent, EventStream, isJsonObject, parseEventPattern } from '@powerbus/drp'
import type { Command } from 'commander'
import { CliError, UsageError } from '../cli-error.ts'
import { findConnection } from '../endpoint/connection.ts'
import { pinOf, withEndpoint } from '../endpoint/with-endpoint.ts'
import { catchInterruption, untilAborted } from '../interruption.ts'
import type { JsonOption, Output } from '../output.ts'
import { printable } from '../table.ts'

const EVERYTHING = '*.*.*'
const OPEN_MS = 15_000

const help = `
A pattern is TYPE.ACTION.KEY. Each part is * or a list with commas: 'machines.create,delete.*'. The default is all
events. In a list \\1 stands for a dot, \\2 for a comma and \\3 for a star.`

export function eventsCommand(command: Command, output: Output): void {
  command
    .argument('[patterns...]', 'see below')
    .option('--json', 'one JSON object per event and line')
    .addHelpText('after', help)
    .action((patterns: string[], options: JsonOption) => followEvents(patterns, options, output))
}

/** Prints events until interrupted. A broken stream is opened again; events of the gap are not printed. */
async function followEvents(patterns: readonly string[], options: JsonOption, output: Output): Promise<void> {
  for (const pattern of patterns) checkPattern(pattern)
  const connection = await findConnection()
  // Reports a wrong address or token at once; the stream itself would only retry.
  await withEndpoint(async (drp) => await drp.info(), connection)
  const interruption = catchInterruption()
  const warn = (text: string) => void process.stderr.write(`powerbus: ${printable(text)}\n`)
  const pin = pinOf(connection)
  const stream = new EventStream({
    endpoint: connection.url,
    token: connection.token,
    ...(pin !== undefined && { trust: { fingerprint: pin } }),
    patterns: patterns.length === 0 ? [EVERYTHING] : patterns,
    onEvent: (event) => (options.json ? output.json(event) : output.line(eventLine(event))),
    onReady: (again) => {
      if (again) warn('the event stream is back; events may have been missed')
    },
    onProblem: (error) => warn(error.message),
  })
  try {
    await stream.ready(OPEN_MS).catch((cause: unknown) => {
      throw new CliError(`the event stream of ${connection.url} did not open within 15 s: is it an endpoint?`, {
        cause,
      })
    })
    await untilAborted(interruption.signal, output.signal)
  } finally {
    await stream.close()
    interruption.release()
  }
}

/** `12:00:00 machines.poweron.UUID node-03 end by user:powerbus`; `·` replaces control characters. */
export function eventLine({ Time, Type, Action, Key, Principal, Object: object }: DrpEvent): string {
  const time = new Date(Time).toTimeString().slice(0, 8)
  const fields = isJsonObject(object) ? object : {}
  const machine = isJsonObject(fields.Machine) ? fields.Machine : fields
  const words = [time, `${Type}.${Action}.${Key}`, machine.Name, fields.Phase, Principal && `by ${Principal}`]
  return printable(words.filter((word) => typeof word === 'string' && word !== '').join(' '))
}

function checkPattern(pattern: string): void {
  try {
    parseEventPattern(pattern)
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error
    throw new UsageError(`'${pattern}' is not a pattern such as 'machines.*.*' or '*.create,delete.*'`)
  }
}
