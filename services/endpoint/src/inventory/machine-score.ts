import { FieldReader, type JsonObject, type Machine } from '@powerbus/drp'
import { isPlaceholder, isPlaceholderHash } from './placeholders.ts'

/** What a machine says of itself in `POST whoami`. Hashes are in base64. */
export interface Identity {
  readonly SSNHash: string
  readonly CSNHash: string
  readonly CloudInstanceID: string
  readonly SystemUUID: string
  readonly MemoryIds: readonly string[]
  readonly MacAddrs: readonly string[]
  /** UUID that the endpoint gave it, from its disk. */
  readonly OnDiskUUID: string
}

/** Below this the machine is not known. */
export const SCORE_MIN = 100

/** Leaves placeholders out. @throws DecodeError */
export function decodeIdentity(body: JsonObject): Identity {
  const read = new FieldReader(body, 'Whoami')
  const print = new FieldReader(read.object('Fingerprint', {}), 'Whoami.Fingerprint')
  const hash = (text: string) => (isPlaceholderHash(text) ? '' : text)
  const own = (text: string) => (isPlaceholder(text) ? '' : text.toLowerCase())
  return {
    SSNHash: hash(print.string('SSNHash', '')),
    CSNHash: hash(print.string('CSNHash', '')),
    CloudInstanceID: own(print.string('CloudInstanceID', '')),
    SystemUUID: own(print.string('SystemUUID', '')),
    MemoryIds: print.strings('MemoryIds').filter((text) => !isPlaceholderHash(text)),
    MacAddrs: read.strings('MacAddrs').map(own),
    OnDiskUUID: own(read.string('OnDiskUUID', '')),
  }
}

/**
 * How surely the machine is the one with that identity, as DRP counts: 25 each for the hashes of the serial numbers of
 * system and chassis, 50 for the system's UUID, 500 for the cloud's instance id, up to 100 each for the share of its
 * memory modules and of its MAC addresses that are there, 1000 for the UUID on its disk.
 */
export function scoreOf(machine: Machine, identity: Identity): number {
  const { Fingerprint: print, HardwareAddrs, Uuid } = machine
  const same = (given: string, known: string) => given !== '' && given === known
  let score = 0
  if (same(identity.SSNHash, print.SSNHash)) score += 25
  if (same(identity.CSNHash, print.CSNHash)) score += 25
  if (same(identity.SystemUUID, print.SystemUUID.toLowerCase())) score += 50
  if (same(identity.CloudInstanceID, print.CloudInstanceID.toLowerCase())) score += 500
  const memory = print.MemoryIds.filter((text) => !isPlaceholderHash(text))
  score += share(memory, identity.MemoryIds)
  const ports = HardwareAddrs.filter((text) => !isPlaceholder(text)).map((text) => text.toLowerCase())
  score += share(ports, identity.MacAddrs)
  if (same(identity.OnDiskUUID, Uuid)) score += 1000
  return score
}

/** 0..100: how many of the known values are among the given ones. */
function share(known: readonly string[], given: readonly string[]): number {
  if (known.length === 0) return 0
  return Math.floor((known.filter((value) => given.includes(value)).length / known.length) * 100)
}
