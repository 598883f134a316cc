import type { BusEvent } from '@powerbus/bus'

/** What the bus carries of an event as JSON, with some room for what a driver adds. */
const EVENT_BYTES_MAX = 900 * 1024

/** What stands for an object that is too large for an event. */
interface Omitted {
  readonly Omitted: true
  readonly Bytes: number
}

/** The event with its size as JSON; without its objects where they are more than 900 KiB together. */
export function fitEvent(event: BusEvent): { readonly event: BusEvent; readonly bytes: number } {
  const bytes = sizeOf(event)
  if (bytes <= EVENT_BYTES_MAX) return { event, bytes }
  const bare = { ...event, Object: omitted(event.Object), Original: omitted(event.Original) }
  return { event: bare, bytes: sizeOf(bare) }
}

function omitted(value: unknown): Omitted | null {
  return value === null || value === undefined ? null : { Omitted: true, Bytes: sizeOf(value) }
}

function sizeOf(value: unknown): number {
  return Buffer.byteLength(JSON.stringify(value) ?? '')
}
