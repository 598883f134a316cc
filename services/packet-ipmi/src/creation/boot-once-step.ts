import { hasRestarted } from '../cloud/told-events.ts'
import type { BootOnce } from '../records/records.ts'
import type { Pause, StepMeans } from './means.ts'

/** The setting is put back after a day even without a boot. */
const LONGEST_MS = 24 * 60 * 60_000
/** Longest time from power-on to the load of the iPXE script, on machines with slow firmware. */
const FIRMWARE_MS = 10 * 60_000
const POLL_MS = 15_000

/**
 * Restores always_pxe after the device has booted once. An action may replace the record meanwhile, so every write
 * replaces only the record that was read. Throws as `creationStep` does.
 */
export async function bootOnceStep(once: BootOnce, means: StepMeans): Promise<Pause> {
  const { cloud, records, clock, held, call } = means
  const { deviceId } = once
  const becomes = (next: BootOnce | undefined) =>
    records.replace('boot-once', deviceId, once, next, { fence: held.fence })
  const device = once.cloud === cloud.key ? await cloud.get(deviceId, call) : 'gone'
  if (device === 'gone') return (await becomes(undefined)) ? 'over' : 0
  const nowMs = clock.dateMs()
  const isOver = once.bootAtMs === undefined ? nowMs - once.sinceMs >= LONGEST_MS : nowMs - once.bootAtMs >= FIRMWARE_MS
  if (isOver) {
    if (!(await becomes(once))) return 0
    await cloud.setBoot(deviceId, { alwaysPxe: once.alwaysPxe }, call)
    return (await becomes(undefined)) ? 'over' : 0
  }
  if (once.bootAtMs !== undefined) return POLL_MS
  const isOn = device.state === 'on'
  const isBooted = isOn && (once.wasDown || (once.events && (await hasRestarted(cloud, deviceId, once.events, call))))
  if (isBooted) await becomes({ ...once, bootAtMs: nowMs })
  else if (!isOn && !once.wasDown) await becomes({ ...once, wasDown: true })
  return POLL_MS
}
