import { bits } from '../codec/bits.ts'
import { command } from '../commands/command.ts'
import { getChassisStatus } from '../commands/get-chassis-status.ts'
import type { IpmiSession } from './ipmi-session.ts'

/** Get Chassis Status of which only the power state is read: a sweep reads thousands. */
const getPowerState = command({ ...getChassisStatus, response: bits({ powerOn: [0] }) })

/** The power state as the BMC reports it now: one command. Throws IpmiError. §28.2. */
export async function readPower(session: IpmiSession): Promise<'on' | 'off'> {
  return (await session.send(getPowerState)).powerOn ? 'on' : 'off'
}
