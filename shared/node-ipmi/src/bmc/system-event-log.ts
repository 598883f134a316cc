import { NO_MORE_SEL_ENTRIES } from '../commands/get-sel-entry.ts'
import { SEL_RECORD_LENGTH, type SelEventRecord, selEventRecord, UNKNOWN_TIME } from '../commands/sel-record.ts'
import { BMC_ADDRESS } from '../wire/lan-message.ts'

/** Most records. A full log keeps the oldest records, drops new ones and sets its overflow flag. */
export const SEL_CAPACITY = 512

const SYSTEM_EVENT = 0x02
/** Records of types E0h..FFh have no timestamp. §32.3. */
const FIRST_TYPE_WITHOUT_TIME = 0xe0
const SENSOR_SPECIFIC = 0x6f
const EVENT_MESSAGE_VERSION = 0x04
const FIRST_ALLOCATION = 4

/** What the BMC itself records. `data2` and `data3` are OEM codes; without them the event has no data. */
export interface SystemEvent {
  readonly sensorType: number
  readonly offset: number
  readonly data2?: number
  readonly data3?: number
}

/**
 * The SEL (System Event Log) of one BMC: up to SEL_CAPACITY records with IDs from 1 on. Records are never deleted one
 * by one. The log takes memory only for its records. §31.
 */
export class SystemEventLog {
  readonly #dateMs: () => number
  #bytes = new Uint8Array(0)
  #count = 0
  /** Seconds by which Set SEL Time moved the clock. */
  #offsetSeconds = 0
  #reservation = 0
  #isReserved = false
  /** Seconds since 1970; UNKNOWN_TIME: never. */
  lastAddition = UNKNOWN_TIME
  lastErase = UNKNOWN_TIME
  /** A record was dropped since the log was cleared. */
  overflow = false

  constructor(dateMs: () => number) {
    this.#dateMs = dateMs
  }

  get count(): number {
    return this.#count
  }

  /** Seconds since 1970, 0..2^32-1. */
  get time(): number {
    return (Math.floor(this.#dateMs() / 1000) + this.#offsetSeconds) >>> 0
  }

  set time(seconds: number) {
    this.#offsetSeconds = seconds - Math.floor(this.#dateMs() / 1000)
  }

  /** Makes a reservation, 1..65535, which cancels the one before. §31.4. */
  reserve(): number {
    this.#reservation = (this.#reservation % 0xffff) + 1
    this.#isReserved = true
    return this.#reservation
  }

  cancelReservation(): void {
    this.#isReserved = false
  }

  isReservedBy(reservationId: number): boolean {
    return this.#isReserved && this.#reservation === reservationId
  }

  /** A record, and the ID of the one after it; undefined if there is none. 0 is the first, FFFFh the last. §31.5. */
  read(recordId: number): { nextRecordId: number; record: Uint8Array } | undefined {
    const id = recordId === 0 ? 1 : recordId === NO_MORE_SEL_ENTRIES ? this.#count : recordId
    if (id < 1 || id > this.#count) return undefined
    const record = this.#bytes.subarray((id - 1) * SEL_RECORD_LENGTH, id * SEL_RECORD_LENGTH)
    return { nextRecordId: id === this.#count ? NO_MORE_SEL_ENTRIES : id + 1, record }
  }

  /** Adds a record under the next ID, with the present time if its type has one. Undefined if the log is full. */
  add(record: Uint8Array): number | undefined {
    if (this.#count === SEL_CAPACITY) {
      this.overflow = true
      return undefined
    }
    this.#isReserved = false
    const at = this.#count * SEL_RECORD_LENGTH
    this.#grow(at + SEL_RECORD_LENGTH)
    this.#bytes.set(record, at)
    this.#count++
    const view = new DataView(this.#bytes.buffer, at)
    view.setUint16(0, this.#count, true)
    this.lastAddition = this.time
    if ((record[2] ?? 0) < FIRST_TYPE_WITHOUT_TIME) view.setUint32(3, this.lastAddition, true)
    return this.#count
  }

  /** Records an event of the BMC's own. */
  record({ sensorType, offset, data2, data3 }: SystemEvent): void {
    const oem = 2
    const event: SelEventRecord = {
      recordId: 0,
      recordType: SYSTEM_EVENT,
      timestamp: 0,
      generatorAddress: BMC_ADDRESS,
      generatorLun: 0,
      generatorChannel: 0,
      eventMessageVersion: EVENT_MESSAGE_VERSION,
      sensorType,
      // The BMC has one sensor of each type.
      sensorNumber: sensorType,
      eventType: SENSOR_SPECIFIC,
      deasserted: false,
      offset,
      data2Use: data2 === undefined ? 0 : oem,
      data3Use: data3 === undefined ? 0 : oem,
      data2: data2 ?? 0xff,
      data3: data3 ?? 0xff,
    }
    this.add(selEventRecord.encode(event))
  }

  clear(): void {
    this.#bytes = new Uint8Array(0)
    this.#count = 0
    this.#isReserved = false
    this.overflow = false
    this.lastErase = this.time
  }

  #grow(length: number): void {
    if (this.#bytes.length >= length) return
    const grown = new Uint8Array(Math.max(2 * this.#bytes.length, FIRST_ALLOCATION * SEL_RECORD_LENGTH))
    grown.set(this.#bytes)
    this.#bytes = grown
  }
}
