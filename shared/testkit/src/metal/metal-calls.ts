/** The operations of the API's description, each with its method and the pattern of its path. */
const operations = {
  findProjects: ['GET', /^\/projects$/],
  findProjectDevices: ['GET', /^\/projects\/(?<id>[^/]+)\/devices$/],
  createDevice: ['POST', /^\/projects\/(?<id>[^/]+)\/devices$/],
  findDeviceById: ['GET', /^\/devices\/(?<id>[^/]+)$/],
  updateDevice: ['PUT', /^\/devices\/(?<id>[^/]+)$/],
  deleteDevice: ['DELETE', /^\/devices\/(?<id>[^/]+)$/],
  performAction: ['POST', /^\/devices\/(?<id>[^/]+)\/actions$/],
  findDeviceEvents: ['GET', /^\/devices\/(?<id>[^/]+)\/events$/],
} as const

export type MetalCall = keyof typeof operations

/** The operation of a request, and the id in its path; undefined if the API has no such operation. */
export function metalCallOf(
  method: string | undefined,
  path: string,
): { readonly call: MetalCall; readonly params: Readonly<Record<string, string>> } | undefined {
  for (const [name, [wanted, pattern]] of Object.entries(operations)) {
    const found = method === wanted ? pattern.exec(path) : null
    if (found) return { call: name as MetalCall, params: { ...found.groups } }
  }
  return undefined
}

/** Counts since the start. */
export interface MetalCounts {
  /** Devices created. */
  created: number
  /** Deletions that the API accepted. */
  deleted: number
  /** Calls received, failed ones included. */
  readonly calls: Record<MetalCall, number>
}

export function newCounts(): MetalCounts {
  const calls = Object.fromEntries(Object.keys(operations).map((call) => [call, 0])) as Record<MetalCall, number>
  return { created: 0, deleted: 0, calls }
}
