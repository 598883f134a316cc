import { decodeRecordName } from '../../codec/type-length.ts'
import { getFruInventoryAreaInfo } from '../../commands/get-fru-inventory-area-info.ts'
import { readFruData } from '../../commands/read-fru-data.ts'
import { fruDeviceLocatorRecord, SdrType, sdrHeader } from '../../commands/sensor-record.ts'
import { BMC_ADDRESS } from '../../wire/lan-message.ts'
import { IpmiError } from '../ipmi-error.ts'
import type { IpmiSession } from '../ipmi-session.ts'
import { completionCodeOf, patiently } from '../patiently.ts'
import {
  FRU_HEADER_LENGTH,
  FRU_UNIT,
  type FruAreaName,
  type FruFields,
  fruAreaNames,
  fruAreaOffset,
  fruFields,
  isFruHeader,
} from './fru-area.ts'
import { PartLength } from './part-length.ts'
import { readSdrs } from './read-sdr.ts'

/** What one FRU device of the BMC says of a part. */
export interface FruReading extends FruFields {
  /** Of its locator record; `built-in` for device 0 without one. */
  readonly name: string
  readonly deviceId: number
}

/** Device of the BMC's own board, which needs no locator record. §38. */
const BUILT_IN = 0

/**
 * The FRU devices that the BMC itself has: device 0, and those of its locator records. Devices that are absent, empty, or
 * without a valid header are left out. Throws IpmiError. §34, §43.8.
 */
export async function readFrus(session: IpmiSession): Promise<FruReading[]> {
  const located = new Map((await readSdrs(session)).flatMap(locatedFru))
  const devices = new Map([[BUILT_IN, located.get(BUILT_IN) ?? 'built-in'], ...located])
  const frus: FruReading[] = []
  for (const [deviceId, name] of devices) {
    const fields = await readFru(session, deviceId)
    if (fields !== undefined) frus.push({ name, deviceId, ...fields })
  }
  return frus
}

/** Device and name; nothing for a device of another controller, or one that has no commands. */
function locatedFru(record: Uint8Array): [deviceId: number, name: string][] {
  if (sdrHeader.decode(record).type !== SdrType.fruDeviceLocator) return []
  if (record.length < fruDeviceLocatorRecord.minLength) return []
  const { accessAddress, deviceId, lun, logical, name } = fruDeviceLocatorRecord.decode(record)
  if (accessAddress !== BMC_ADDRESS || lun !== 0 || !logical) return []
  return [[deviceId, decodeRecordName(name) || `FRU ${deviceId}`]]
}

/** Texts of one device; undefined if there is no such device, or nothing valid in it. */
async function readFru(session: IpmiSession, deviceId: number): Promise<FruFields | undefined> {
  try {
    const info = await patiently(session, () => session.send(getFruInventoryAreaInfo, { deviceId }))
    const reader = new FruReader(session, deviceId, info)
    const header = await reader.read(0, FRU_HEADER_LENGTH)
    if (!isFruHeader(header)) return undefined
    const areas = new Map<FruAreaName, Uint8Array>()
    for (const name of fruAreaNames) {
      const offset = fruAreaOffset(header, name)
      if (offset === undefined) continue
      const [, units = 0] = await reader.read(offset, FRU_UNIT)
      areas.set(name, await reader.read(offset, Math.max(1, units) * FRU_UNIT))
    }
    return fruFields(areas)
  } catch (error) {
    if (completionCodeOf(error) === undefined) throw error
    return undefined
  }
}

/** Bytes of a part at first, and the fewest that are tried. BMCs have small buffers. §34.2. */
const FIRST_PART = 32
const SMALLEST_PART = 8
/** Read FRU Data: the device is busy. */
const DEVICE_BUSY = 0x81
const BUSY_PAUSE_MS = 250
const MOST_BUSY = 8

class FruReader {
  readonly #session: IpmiSession
  readonly #deviceId: number
  readonly #size: number
  readonly #byWords: boolean
  readonly #partLength = new PartLength(FIRST_PART, SMALLEST_PART)
  #busy = 0

  constructor(session: IpmiSession, deviceId: number, { size, byWords }: { size: number; byWords: boolean }) {
    this.#session = session
    this.#deviceId = deviceId
    this.#size = size
    this.#byWords = byWords
  }

  /** `length` bytes from `offset` on, both multiples of 8; fewer at the end of the device. */
  async read(offset: number, length: number): Promise<Uint8Array> {
    const end = Math.min(offset + length, this.#size)
    const bytes = new Uint8Array(Math.max(0, end - offset))
    for (let at = offset; at < end; ) {
      const part = await this.#part(at, Math.min(this.#partLength.bytes, end - at))
      if (part === undefined) continue
      if (part.length === 0) throw new IpmiError('invalid', this.#session.address, `${readFruData.name}: no data`)
      bytes.set(part.subarray(0, end - at), at - offset)
      at += part.length
    }
    return bytes
  }

  /** Undefined: to be asked again, after a moment or for less. */
  async #part(at: number, length: number): Promise<Uint8Array | undefined> {
    const unit = this.#byWords ? 2 : 1
    const request = { deviceId: this.#deviceId, offset: at / unit, count: Math.ceil(length / unit) }
    try {
      return (await patiently(this.#session, () => this.#session.send(readFruData, request))).data
    } catch (error) {
      const isBusy = completionCodeOf(error) === DEVICE_BUSY
      if (isBusy && ++this.#busy <= MOST_BUSY) await this.#session.sleep(BUSY_PAUSE_MS)
      else if (!this.#partLength.shrinkAfter(error)) throw error
      return undefined
    }
  }
}
