/** Kinds of calls, by the operations of the API's description. */
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

/** What has happened since the API was started. */
export interface MetalCounts {
  created: number
  deleted: number
  /** Calls that came in, whatever became of them. */
  readonly calls: Record<MetalCall, number>
}

export function newCounts(): MetalCounts {
  const calls = Object.fromEntries(metalCalls.map((call) => [call, 0])) as Record<MetalCall, number>
  return { created: 0, deleted: 0, calls }
}
