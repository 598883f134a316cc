import { IpmiError } from '../../../src/client/ipmi-error.ts'
import type { IpmiSession } from '../../../src/client/ipmi-session.ts'
import type { Command } from '../../../src/commands/command.ts'

/** The data of an answer, or a completion code by which the BMC refuses. */
export type Scripted = Uint8Array | number

/** Answers by the command's name and the request's data. */
export type Script = Readonly<Record<string, (request: Uint8Array) => Scripted>>

export interface ScriptedSession extends IpmiSession {
  /** Names of the commands that were sent. */
  readonly sent: string[]
  /** Milliseconds that the session slept. */
  sleptMs: number
}

/** A session with a BMC that answers by a script: no network, no time. A command without an answer gets C1h. */
export function scriptedSession(script: Script, remainingMs = 60_000): ScriptedSession {
  const send = async <Request, Response>(command: Command<Request, Response>, request?: Request): Promise<Response> => {
    session.sent.push(command.name)
    const answer = script[command.name]?.(command.request.encode((request ?? {}) as Request)) ?? 0xc1
    if (typeof answer !== 'number') return command.response.decode(answer)
    throw new IpmiError('completion', session.address, command.name, { completionCode: answer })
  }
  const session: ScriptedSession = {
    address: '192.0.2.7:623',
    cipherSuite: 17,
    sent: [],
    sleptMs: 0,
    hasWorkaround: () => false,
    send: send as IpmiSession['send'],
    async sleep(delayMs) {
      session.sleptMs += delayMs
    },
    nowMs: () => session.sleptMs,
    remainingMs: () => remainingMs - session.sleptMs,
  }
  return session
}

/** Get SDR of a repository with these records, IDs 1, 2, … `most`: longest answer that fits in the BMC's buffer. */
export function sdrScript(records: readonly Uint8Array[], most = 255): Script {
  let reservation = 0
  return {
    'Reserve SDR Repository': () => Uint8Array.of(++reservation & 0xff, reservation >> 8),
    'Get SDR': (request) => {
      const view = new DataView(request.buffer, request.byteOffset)
      const id = view.getUint16(2, true) || 1
      const offset = request[4] ?? 0
      const record = records[id - 1]
      if (record === undefined) return 0xcb
      if (offset > 0 && view.getUint16(0, true) !== reservation) return 0xc5
      const count = request[5] === 0xff ? record.length : (request[5] ?? 0)
      if (count > most) return 0xca
      const next = id === records.length ? 0xffff : id + 1
      return Uint8Array.of(next & 0xff, next >> 8, ...record.subarray(offset, offset + count))
    },
  }
}
