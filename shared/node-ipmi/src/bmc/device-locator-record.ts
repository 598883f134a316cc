import { TextCode } from '../codec/type-length.ts'
import { SDR_VERSION } from '../commands/sensor-record.ts'

/** Record type 12h. §43.9. */
const MC_DEVICE_LOCATOR = 0x12
/** ID string code: 8-bit ASCII and Latin 1. §43.15. */
const ASCII = TextCode.eightBit << 6
/** Entity "system management module", instance 1. §43.14. */
const ENTITY = [0x06, 0x01]

/** Management Controller Device Locator, the only SDR of a BMC without sensors. `id`: 1..16 bytes of Latin 1. §43.9. */
export function deviceLocatorRecord(
  recordId: number,
  slaveAddress: number,
  capabilities: number,
  id: string,
): Uint8Array {
  const name = Buffer.from(id, 'latin1')
  const channel = 0
  const powerStateAndInitialisation = 0
  const oem = 0
  const address = [slaveAddress, channel, powerStateAndInitialisation, capabilities, 0, 0, 0]
  const body = [...address, ...ENTITY, oem, ASCII | name.length, ...name]
  return Uint8Array.of(recordId & 0xff, recordId >> 8, SDR_VERSION, MC_DEVICE_LOCATOR, body.length, ...body)
}
