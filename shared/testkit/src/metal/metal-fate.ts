import type { MetalDevice } from '@powerbus/lab'

/**
 * Fate of a created device. `good`: becomes active. `stuck`: stays in `provisioning` without addresses and ports.
 * `slow`: stays in `provisioning` with both. `fails`: ends in `failed` without both. `vanishes`: is gone instead of
 * becoming active. `moved`: is moved out of its project instead of becoming active, as the API does with a device that
 * failed to provision: then it answers 403. `elastic`: becomes active, and has an elastic address too.
 */
export type DeviceFate = 'good' | 'stuck' | 'slow' | 'fails' | 'vanishes' | 'moved' | 'elastic'

/** The new device with its fate. */
export function withFate(device: MetalDevice, fate: DeviceFate): MetalDevice {
  const { addressesAtMs: _, portsAtMs: __, ...bare } = device
  const provisioning = device.course.slice(0, -1)
  const endMs = device.course.at(-1)?.fromMs ?? 0
  switch (fate) {
    case 'good':
      return device
    case 'stuck':
      return { ...bare, course: provisioning, boots: [] }
    case 'slow':
      return { ...device, course: provisioning, boots: [] }
    case 'fails':
      return { ...bare, course: [...provisioning, { state: 'failed', fromMs: endMs }], boots: [] }
    case 'moved':
      return { ...bare, movedAtMs: endMs, course: provisioning, boots: [] }
    case 'elastic':
      return { ...device, isElastic: true }
    case 'vanishes':
      return {
        ...device,
        deletedAtMs: endMs,
        course: [...provisioning, { state: 'deleted', fromMs: endMs }],
        boots: [],
      }
  }
}

/** The device as if another client had deleted it, and it had been gone at once. */
export function removed(device: MetalDevice, nowMs: number): MetalDevice {
  return {
    ...device,
    updatedMs: nowMs,
    deletedAtMs: nowMs,
    course: [...device.course.filter(({ fromMs }) => fromMs <= nowMs), { state: 'deleted', fromMs: nowMs }],
    boots: device.boots.filter(({ atMs }) => atMs <= nowMs),
  }
}

/** Seconds billed for the device up to `nowMs`. */
export function billedSeconds(
  { createdMs, deletedAtMs = Number.POSITIVE_INFINITY }: MetalDevice,
  nowMs: number,
): number {
  return Math.max(0, Math.min(deletedAtMs, nowMs) - createdMs) / 1000
}
