import { toldEvents } from '../cloud/told-events.ts'
import type { BootOnce } from '../records/records.ts'
import type { Pause, StepMeans } from './means.ts'

/** A setting that no boot has used after a day is put back all the same. */
const LONGEST_MS = 24 * 60 * 60_000
/** From the power coming back to the iPXE script being loaded, firmware of large machines included. */
const FIRMWARE_MS = 10 * 60_000
const LOOK_MS = 15_000
const BOOT_EVENT = /reboot|restart|power|rescue|active/i

/**
 * Puts always_pxe back after the device has booted once. An action may have written something else meanwhile: what is written here takes the place of nothing but the record that
 * was read. Throws as `creationStep` does.
 */
export async function bootOnceStep(once: BootOnce, means: StepMeans): Promise<Pause> {
  const { cloud, records, clock, held, call } = means
  const { deviceId } = once
  const becomes = (next: BootOnce | undefined) => records.replace('boot-once', deviceId, once, next, { held })
  const device = once.cloud === cloud.key ? await cloud.get(deviceId, call()) : 'gone'
  if (device === 'gone') return (await becomes(undefined)) ? 'over' : 0
  const nowMs = clock.dateMs()
  const isOver = once.bootAtMs === undefined ? nowMs - once.sinceMs >= LONGEST_MS : nowMs - once.bootAtMs >= FIRMWARE_MS
  if (isOver) {
    if (!(await becomes(once))) return 0
    await cloud.setBoot(deviceId, { alwaysPxe: once.alwaysPxe }, call())
    return (await becomes(undefined)) ? 'over' : 0
  }
  if (once.bootAtMs !== undefined) return LOOK_MS
  const isOn = device.state === 'on'
  const isBooted = isOn && (once.wasDown || (await hasBooted(once, means)))
  if (isBooted) await becomes({ ...once, bootAtMs: nowMs })
  else if (!isOn && !once.wasDown) await becomes({ ...once, wasDown: true })
  return LOOK_MS
}

async function hasBooted({ deviceId, events: before }: BootOnce, { cloud, call }: StepMeans): Promise<boolean> {
  const events = before && (await toldEvents(cloud, deviceId, call()))
  return events?.some(({ id, type }) => !before?.includes(id) && BOOT_EVENT.test(type)) ?? false
}
