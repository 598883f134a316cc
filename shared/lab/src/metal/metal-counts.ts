/** Kinds of calls: the operations in the API's description. */
export const metalCalls = [
  'findProjects',
  'findProjectDevices',
  'createDevice',
  'findDeviceById',
  'updateDevice',
  'deleteDevice',
  'performAction',
  'findDeviceEvents',
] as const

export type MetalCall = (typeof metalCalls)[number]

/** Counts since the start of the API. */
export interface MetalCounts {
  created: number
  deleted: number
  /** Calls received, failed ones included. */
  readonly calls: Record<MetalCall, number>
}

export function newCounts(): MetalCounts {
  const calls = Object.fromEntries(metalCalls.map((call) => [call, 0])) as Record<MetalCall, number>
  return { created: 0, deleted: 0, calls }
}
