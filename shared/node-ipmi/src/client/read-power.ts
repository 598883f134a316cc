import { getChassisStatus } from '../commands/get-chassis-status.ts'
import type { IpmiSession } from './ipmi-session.ts'

/** The power state as the BMC reports it now: one command. Throws IpmiError. §28.2. */
export async function readPower(session: IpmiSession): Promise<'on' | 'off'> {
  return (await session.send(getChassisStatus)).powerOn ? 'on' : 'off'
}
