import { addSelEntry } from '../../commands/add-sel-entry.ts'
import { CLEAR_SEL_CONFIRMATION, ClearSelAction, clearSel } from '../../commands/clear-sel.ts'
import { getSelEntry, WHOLE_SEL_ENTRY } from '../../commands/get-sel-entry.ts'
import { getSelInfo } from '../../commands/get-sel-info.ts'
import { getSelTime } from '../../commands/get-sel-time.ts'
import { reserveSel } from '../../commands/reserve-sel.ts'
import { SEL_RECORD_LENGTH } from '../../commands/sel-record.ts'
import { setSelTime } from '../../commands/set-sel-time.ts'
import { CompletionCode } from '../../spec/completion-code.ts'
import { type Answer, answer } from '../answer.ts'
import { SEL_CAPACITY } from '../system-event-log.ts'
import { logCleared } from '../system-events.ts'

const VERSION = 0x51
const ERASED = 1

/** The SEL. §31. */
export const selAnswers: readonly Answer[] = [
  answer(getSelInfo, (_, { system: { eventLog } }) => ({
    version: VERSION,
    entries: eventLog.count,
    freeBytes: (SEL_CAPACITY - eventLog.count) * SEL_RECORD_LENGTH,
    lastAddition: eventLog.lastAddition,
    lastErase: eventLog.lastErase,
    allocationInfo: false,
    reserve: true,
    partialAdd: false,
    deleteEntry: false,
    overflow: eventLog.overflow,
  })),

  answer(reserveSel, (_, { system }) => ({ reservationId: system.eventLog.reserve() })),

  answer(getSelEntry, ({ reservationId, recordId, offset, count }, { system: { eventLog } }) => {
    if (offset > 0 && !eventLog.isReservedBy(reservationId)) return CompletionCode.InvalidReservation
    const found = eventLog.read(recordId)
    if (found === undefined) return CompletionCode.NotPresent
    if (offset > SEL_RECORD_LENGTH) return CompletionCode.ParameterOutOfRange
    const end = count === WHOLE_SEL_ENTRY ? SEL_RECORD_LENGTH : offset + count
    return { nextRecordId: found.nextRecordId, data: found.record.subarray(offset, end) }
  }),

  answer(addSelEntry, ({ record }, { system }) => {
    const recordId = system.eventLog.add(record)
    return recordId === undefined ? CompletionCode.OutOfSpace : { recordId }
  }),

  answer(clearSel, ({ reservationId, confirmation, action }, { system: { eventLog } }) => {
    if (!eventLog.isReservedBy(reservationId)) return CompletionCode.InvalidReservation
    if (Buffer.compare(confirmation, CLEAR_SEL_CONFIRMATION) !== 0) return CompletionCode.InvalidDataField
    if (action === ClearSelAction.status) return { progress: ERASED }
    if (action !== ClearSelAction.initiate) return CompletionCode.InvalidDataField
    eventLog.clear()
    eventLog.record(logCleared)
    return { progress: ERASED }
  }),

  answer(getSelTime, (_, { system }) => ({ time: system.eventLog.time })),

  answer(setSelTime, ({ time }, { system }) => {
    system.eventLog.time = time
    return {}
  }),
]
