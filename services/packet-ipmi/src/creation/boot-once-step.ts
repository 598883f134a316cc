import type { BootOnce } from '../journal/records.ts'
import type { Pause, StepMeans } from './means.ts'

/** A setting that no boot has used after a day is put back all the same. */
const LONGEST_MS = 24 * 60 * 60_000
/** From the power coming back to the iPXE script being loaded, firmware of large machines included. */
const FIRMWARE_MS = 10 * 60_000
const LOOK_MS = 15_000
const BOOT_EVENT = /reboot|restart|power|rescue|active/i

/** Puts always_pxe back after the device has booted once. Throws as `creationStep` does. */
export async function bootOnceStep(once: BootOnce, means: StepMeans): Promise<Pause> {
  const { cloud, journal, clock, held, call } = means
  const { deviceId } = once
  const device = once.cloud === cloud.key ? await cloud.get(deviceId, call()) : 'gone'
  if (device === 'gone') {
    await journal.remove('boot-once', deviceId, held)
    return 'over'
  }
  const nowMs = clock.dateMs()
  const isOver = once.bootAtMs === undefined ? nowMs - once.sinceMs >= LONGEST_MS : nowMs - once.bootAtMs >= FIRMWARE_MS
  if (isOver) {
    held.assertHeld()
    await cloud.setBoot(deviceId, { alwaysPxe: once.alwaysPxe }, call())
    await journal.remove('boot-once', deviceId, held)
    return 'over'
  }
  if (once.bootAtMs !== undefined) return LOOK_MS
  const isOn = device.state === 'on'
  const events = isOn && cloud.events ? await cloud.events(deviceId, call()) : []
  const isBooted =
    isOn && (once.wasDown || events.some(({ id, type }) => !once.events.includes(id) && BOOT_EVENT.test(type)))
  if (isBooted) await journal.put('boot-once', deviceId, { ...once, bootAtMs: nowMs }, held)
  else if (!isOn && !once.wasDown) await journal.put('boot-once', deviceId, { ...once, wasDown: true }, held)
  return LOOK_MS
}
