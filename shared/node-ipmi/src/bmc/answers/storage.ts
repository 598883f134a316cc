import { getFruInventoryAreaInfo } from '../../commands/get-fru-inventory-area-info.ts'
import { getSdrRepositoryInfo } from '../../commands/get-sdr-repository-info.ts'
import { getSelInfo } from '../../commands/get-sel-info.ts'
import { readFruData } from '../../commands/read-fru-data.ts'
import { reserveSdrRepository } from '../../commands/reserve-sdr-repository.ts'
import { CompletionCode } from '../../spec/completion-code.ts'
import { type Answer, answer } from '../answer.ts'

/** Version of the SDR and SEL commands: that of IPMI v1.5 and v2.0. */
const VERSION = 0x51
const empty = { version: VERSION, freeBytes: 0, lastAddition: 0, lastErase: 0 }
const noOperations = { allocationInfo: false, reserve: false, partialAdd: false, overflow: false }

/** Sensors, events and inventory of a BMC that has none: empty repositories, so that tools that look go on. §31, §33, §34. */
export const storageAnswers: readonly Answer[] = [
  answer(getSdrRepositoryInfo, () => ({
    ...empty,
    ...noOperations,
    records: 0,
    reserve: true,
    deleteRecord: false,
    updateMode: 0,
  })),
  answer(reserveSdrRepository, () => ({ reservationId: 1 })),
  answer(getSelInfo, () => ({ ...empty, ...noOperations, entries: 0, deleteEntry: false })),
  answer(getFruInventoryAreaInfo, ({ deviceId }) =>
    deviceId === 0 ? { size: 0, byWords: false } : CompletionCode.NotPresent,
  ),
  answer(readFruData, () => CompletionCode.NotPresent),
]
