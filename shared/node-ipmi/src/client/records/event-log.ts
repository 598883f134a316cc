import { CLEAR_SEL_CONFIRMATION, ClearSelAction, clearSel } from '../../commands/clear-sel.ts'
import { FIRST_SEL_ENTRY, getSelEntry, NO_MORE_SEL_ENTRIES, WHOLE_SEL_ENTRY } from '../../commands/get-sel-entry.ts'
import { reserveSel } from '../../commands/reserve-sel.ts'
import { SEL_RECORD_LENGTH } from '../../commands/sel-record.ts'
import { CompletionCode } from '../../spec/completion-code.ts'
import { IpmiError } from '../ipmi-error.ts'
import type { IpmiSession } from '../ipmi-session.ts'
import { completionCodeOf, patiently } from '../patiently.ts'

/** Times that another party may cancel the reservation, and between two looks at an erasure, in milliseconds. */
const MOST_RESERVATIONS = 5
const ERASURE_POLL_MS = 250
/** Clear SEL: erasing. §31.9. */
const ERASING = 0

/**
 * All records of the system event log, 16 bytes each, in its order. A log that is cleared while it is read gives the
 * records read so far. Throws IpmiError, `invalid` for records that go in a circle or are cut. §31.5.
 */
export async function readSelRecords(session: IpmiSession): Promise<Uint8Array[]> {
  const records: Uint8Array[] = []
  const read = new Set<number>()
  for (let recordId = FIRST_SEL_ENTRY; recordId !== NO_MORE_SEL_ENTRIES; ) {
    if (read.has(recordId)) throw invalid(session, `after the last record comes record ${recordId} again`)
    read.add(recordId)
    const found = await entry(session, recordId)
    if (found === undefined) break
    if (found.data.length < SEL_RECORD_LENGTH) throw invalid(session, `a record of ${found.data.length} bytes`)
    records.push(found.data.subarray(0, SEL_RECORD_LENGTH))
    recordId = found.nextRecordId
  }
  return records
}

async function entry(session: IpmiSession, recordId: number) {
  const request = { reservationId: 0, recordId, offset: 0, count: WHOLE_SEL_ENTRY }
  try {
    return await patiently(session, () => session.send(getSelEntry, request))
  } catch (error) {
    if (completionCodeOf(error) === CompletionCode.NotPresent) return undefined
    throw error
  }
}

/**
 * Erases the system event log, and waits until the BMC says that it is done. Throws IpmiError. May be repeated.
 * §31.4, §31.9.
 */
export async function clearEventLog(session: IpmiSession): Promise<void> {
  for (let reserved = 1; ; reserved++) {
    const { reservationId } = await patiently(session, () => session.send(reserveSel))
    try {
      return await erase(session, reservationId)
    } catch (error) {
      const isCancelled = completionCodeOf(error) === CompletionCode.InvalidReservation
      if (!isCancelled || reserved === MOST_RESERVATIONS) throw error
    }
  }
}

async function erase(session: IpmiSession, reservationId: number): Promise<void> {
  const ask = (action: number) =>
    patiently(session, () => session.send(clearSel, { reservationId, confirmation: CLEAR_SEL_CONFIRMATION, action }))
  let { progress } = await ask(ClearSelAction.initiate)
  while (progress === ERASING) {
    await session.sleep(ERASURE_POLL_MS)
    progress = (await ask(ClearSelAction.status)).progress
  }
}

function invalid(session: IpmiSession, problem: string): IpmiError {
  return new IpmiError('invalid', session.address, `${getSelEntry.name}: ${problem}`)
}
