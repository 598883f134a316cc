import { bits, bytes } from '../codec/bits.ts'
import { NetFn } from '../spec/net-fn.ts'
import { command } from './command.ts'

/** `confirmation` of Clear SEL. §31.9. */
export const CLEAR_SEL_CONFIRMATION = Uint8Array.from(Buffer.from('CLR'))

/** Values of `action`. §31.9. */
export const ClearSelAction = { initiate: 0xaa, status: 0x00 } as const

/** Erases the SEL, or asks whether that is done. §31.9. Needs a reservation. */
export const clearSel = command({
  name: 'Clear SEL',
  netFn: NetFn.Storage,
  cmd: 0x47,
  privilege: 'operator',
  request: bits({ reservationId: [0, 16], confirmation: bytes(2, 3), action: [40, 8] }),
  response: bits({
    /** 0: erasing. 1: done. */
    progress: [0, 4],
  }),
})
