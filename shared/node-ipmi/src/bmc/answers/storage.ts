import { getFruInventoryAreaInfo } from '../../commands/get-fru-inventory-area-info.ts'
import { FIRST_SDR, getSdr, NO_MORE_SDRS, WHOLE_SDR } from '../../commands/get-sdr.ts'
import { getSdrRepositoryInfo } from '../../commands/get-sdr-repository-info.ts'
import { readFruData } from '../../commands/read-fru-data.ts'
import { reserveSdrRepository } from '../../commands/reserve-sdr-repository.ts'
import { CompletionCode } from '../../spec/completion-code.ts'
import { type Answer, answer } from '../answer.ts'
import { sensorRepository } from '../sensor-repository.ts'

/** Version of the SDR commands in IPMI v1.5 and v2.0. */
const VERSION = 0x51
const ONLY_FRU = 0
/** The repository never changes, so every request gets the same reservation and it stays valid. */
const RESERVATION = 1

/** SDR and FRU commands: the records of the BMC and its sensors, and one FRU. §33, §34. */
export const storageAnswers: readonly Answer[] = [
  answer(getSdrRepositoryInfo, (_, { system }) => ({
    version: VERSION,
    records: sensorRepository(system.chassis.sensors).length,
    freeBytes: 0,
    lastAddition: 0,
    lastErase: 0,
    allocationInfo: false,
    reserve: true,
    partialAdd: false,
    deleteRecord: false,
    updateMode: 0,
    overflow: false,
  })),

  answer(reserveSdrRepository, () => ({ reservationId: RESERVATION })),

  answer(getSdr, ({ recordId, offset, count, reservationId }, { system }) => {
    const records = sensorRepository(system.chassis.sensors)
    const id = recordId === FIRST_SDR ? 1 : recordId
    const record = records[id - 1]
    if (record === undefined) return CompletionCode.NotPresent
    if (offset > 0 && reservationId !== RESERVATION) return CompletionCode.InvalidReservation
    if (offset > record.length) return CompletionCode.ParameterOutOfRange
    const end = count === WHOLE_SDR ? record.length : offset + count
    return { nextRecordId: id === records.length ? NO_MORE_SDRS : id + 1, data: record.subarray(offset, end) }
  }),

  answer(getFruInventoryAreaInfo, ({ deviceId }, { inventory }) =>
    deviceId === ONLY_FRU ? { size: inventory.length, byWords: false } : CompletionCode.NotPresent,
  ),

  answer(readFruData, ({ deviceId, offset, count }, { inventory }) => {
    if (deviceId !== ONLY_FRU) return CompletionCode.NotPresent
    if (offset >= inventory.length) return CompletionCode.ParameterOutOfRange
    const data = inventory.subarray(offset, offset + count)
    return { returned: data.length, data }
  }),
]
