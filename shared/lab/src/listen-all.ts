import { nextAddress } from './next-address.ts'

/** Most sockets that are being opened at one time. */
const CONCURRENT_OPENS = 64
const HIGHEST_PORT = 65_535

/** Addresses and ports of the BMCs of a rack. */
export interface LabPlaces {
  /** Address of the first BMC; default 127.0.0.1. */
  readonly address?: string
  /** Port of the first BMC, for each protocol; default: the protocol's. 0 takes any free ports. */
  readonly port?: number
  /** Whether the port or the address grows by one from BMC to BMC; default `port`. */
  readonly spread?: 'port' | 'address'
  /** Skips ports that are in use instead of failing; only with `spread: 'port'`. */
  readonly skipTaken?: boolean
}

export interface Place {
  readonly address: string
  readonly port: number
}

export interface Listener extends Place {
  close(): Promise<void>
}

/** Makes one BMC listen. Rejects with the system's error. */
export type Open<L extends Listener> = (place: Place) => Promise<L>

/** Makes every BMC listen, in order. On an error closes all sockets and rejects with the first error. */
export async function listenAll<L extends Listener>(
  opens: readonly Open<L>[],
  places: LabPlaces & { readonly port: number },
): Promise<L[]> {
  const { address = '127.0.0.1', port, spread = 'port', skipTaken = false } = places
  if (spread === 'port' && port !== 0) {
    if (skipTaken) return listenOnFreePorts(opens, address, port)
    checkPort(port + opens.length - 1)
    return listenInBatches(opens, (index) => ({ address, port: port + index }))
  }
  return listenInBatches(opens, (index) => ({
    address: spread === 'address' ? nextAddress(address, index) : address,
    port,
  }))
}

export async function closeAll(listeners: readonly Listener[]): Promise<void> {
  await Promise.all(listeners.map((listener) => listener.close()))
}

async function listenInBatches<L extends Listener>(
  opens: readonly Open<L>[],
  placeOf: (index: number) => Place,
): Promise<L[]> {
  const listeners: L[] = []
  for (let first = 0; first < opens.length; first += CONCURRENT_OPENS) {
    const batch = opens.slice(first, first + CONCURRENT_OPENS)
    const opened = await Promise.allSettled(batch.map(async (open, index) => open(placeOf(first + index))))
    listeners.push(...opened.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : [])))
    const failed = opened.find((result) => result.status === 'rejected')
    if (failed === undefined) continue
    await closeAll(listeners)
    throw failed.reason
  }
  return listeners
}

/** Opens one socket after another, so that ports and machines have the same order. */
async function listenOnFreePorts<L extends Listener>(
  opens: readonly Open<L>[],
  address: string,
  first: number,
): Promise<L[]> {
  const listeners: L[] = []
  try {
    for (let port = first; listeners.length < opens.length; port++) {
      checkPort(port)
      const listener = await listenUnlessTaken(opens[listeners.length] as Open<L>, { address, port })
      if (listener) listeners.push(listener)
    }
  } catch (error) {
    await closeAll(listeners)
    throw error
  }
  return listeners
}

async function listenUnlessTaken<L extends Listener>(open: Open<L>, place: Place): Promise<L | undefined> {
  try {
    return await open(place)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EADDRINUSE') return undefined
    throw error
  }
}

function checkPort(port: number): void {
  if (port > HIGHEST_PORT)
    throw new RangeError(`there are not enough ports up to ${HIGHEST_PORT}: choose a lower first port or fewer BMCs`)
}
