import { type Bmc, type Listener, listenBmc } from 'node-ipmi/bmc'
import { nextAddress } from './next-address.ts'

/** Most sockets that are being opened at one time. */
const CONCURRENT_OPENS = 64
const HIGHEST_PORT = 65_535

/** Addresses and ports of the BMCs of a rack. */
export interface LabPlaces {
  /** Address of the first BMC; default 127.0.0.1. */
  readonly address?: string
  /** Port of the first BMC; default 6230. 0 takes any free ports. */
  readonly port?: number
  /** Whether the port or the address grows by one from BMC to BMC; default `port`. */
  readonly spread?: 'port' | 'address'
  /** Skips ports that are in use instead of failing; only with `spread: 'port'`. */
  readonly skipTaken?: boolean
}

/** Makes every BMC listen, in order. On an error closes all sockets and rejects with the first error. */
export async function listenAll(bmcs: readonly Bmc[], places: LabPlaces): Promise<Listener[]> {
  const { address = '127.0.0.1', port = 6230, spread = 'port', skipTaken = false } = places
  if (spread === 'port' && port !== 0) {
    if (skipTaken) return listenOnFreePorts(bmcs, address, port)
    checkPort(port + bmcs.length - 1)
    return listenInBatches(bmcs, (index) => ({ address, port: port + index }))
  }
  return listenInBatches(bmcs, (index) => ({
    address: spread === 'address' ? nextAddress(address, index) : address,
    port,
  }))
}

export async function closeAll(listeners: readonly Listener[]): Promise<void> {
  await Promise.all(listeners.map((listener) => listener.close()))
}

async function listenInBatches(
  bmcs: readonly Bmc[],
  placeOf: (index: number) => { address: string; port: number },
): Promise<Listener[]> {
  const listeners: Listener[] = []
  for (let first = 0; first < bmcs.length; first += CONCURRENT_OPENS) {
    const batch = bmcs.slice(first, first + CONCURRENT_OPENS)
    const opened = await Promise.allSettled(batch.map(async (bmc, index) => listenBmc(bmc, placeOf(first + index))))
    listeners.push(...opened.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : [])))
    const failed = opened.find((result) => result.status === 'rejected')
    if (failed === undefined) continue
    await closeAll(listeners)
    throw failed.reason
  }
  return listeners
}

/** Opens one socket after another, so that ports and machines have the same order. */
async function listenOnFreePorts(bmcs: readonly Bmc[], address: string, first: number): Promise<Listener[]> {
  const listeners: Listener[] = []
  try {
    for (let port = first; listeners.length < bmcs.length; port++) {
      checkPort(port)
      const listener = await listenUnlessTaken(bmcs[listeners.length] as Bmc, address, port)
      if (listener) listeners.push(listener)
    }
  } catch (error) {
    await closeAll(listeners)
    throw error
  }
  return listeners
}

async function listenUnlessTaken(bmc: Bmc, address: string, port: number): Promise<Listener | undefined> {
  try {
    return await listenBmc(bmc, { address, port })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EADDRINUSE') return undefined
    throw error
  }
}

function checkPort(port: number): void {
  if (port > HIGHEST_PORT)
    throw new RangeError(`there are not enough ports up to ${HIGHEST_PORT}: choose a lower first port or fewer BMCs`)
}
