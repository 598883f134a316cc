import { bits } from '../codec/bits.ts'
import { command } from '../commands/command.ts'
import { getChassisStatus } from '../commands/get-chassis-status.ts'
import type { IpmiSession } from './ipmi-session.ts'

/** Get Chassis Status of which only the power state and its cause are read: a sweep reads thousands. */
const getPowerState = command({
  ...getChassisStatus,
  response: bits({ powerOn: [0], lastEventCommandOn: [12] }, { minLength: 1 }),
})

export interface PowerReading {
  readonly powerOn: boolean
  /** An IPMI command caused the last power-on. */
  readonly lastEventCommandOn: boolean
  /** When it was read, on the client's clock. */
  readonly atMs: number
}

/** The power state as the BMC reports it now: one command. Throws IpmiError. §28.2. */
export function readPower(session: IpmiSession): Promise<'on' | 'off'> {
  return session.send(getPowerState).then(powerOf)
}

function powerOf({ powerOn }: { readonly powerOn: boolean }): 'on' | 'off' {
  return powerOn ? 'on' : 'off'
}

/** The same with the cause of the last power-on, by which a restart is recognised: one command. Throws IpmiError. §28.2. */
export async function readPowerEvent(session: IpmiSession): Promise<PowerReading> {
  const { powerOn, lastEventCommandOn } = await session.send(getPowerState)
  return { powerOn, lastEventCommandOn, atMs: session.nowMs() }
}
