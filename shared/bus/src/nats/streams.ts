import {
  DiscardPolicy,
  JetStreamApiCodes,
  JetStreamApiError,
  type JetStreamManager,
  RetentionPolicy,
  StorageType,
  type StreamConfig,
} from '@nats-io/jetstream'
import { BusError } from '../bus-error.ts'
import { isForbidden } from './forbidden.ts'
import { DEAD, DEAD_STREAM, EVENTS, EVENTS_STREAM } from './nats-names.ts'

export const DEDUPE_MS = 120_000
const DAY_MS = 24 * 3600_000
const NS_PER_MS = 1_000_000
/** NATS refuses a stream that its own disk limit does not hold. */
const BYTES_MAX = 2 ** 30

/** Makes the streams that are missing; those that exist are left as their operator made them. */
export async function ensureStreams(manager: JetStreamManager): Promise<void> {
  await ensure(manager, {
    name: EVENTS_STREAM,
    subjects: [`${EVENTS}.>`],
    max_age: 7 * DAY_MS * NS_PER_MS,
    max_bytes: BYTES_MAX,
    duplicate_window: DEDUPE_MS * NS_PER_MS,
  })
  await ensure(manager, {
    name: DEAD_STREAM,
    subjects: [`${DEAD}.>`],
    max_age: 30 * DAY_MS * NS_PER_MS,
    max_bytes: BYTES_MAX / 4,
  })
}

async function ensure(
  manager: JetStreamManager,
  config: Partial<StreamConfig> & Pick<StreamConfig, 'name'>,
): Promise<void> {
  try {
    await manager.streams.info(config.name)
    return
  } catch (error) {
    if (!isMissing(error, JetStreamApiCodes.StreamNotFound)) throw error
  }
  try {
    await manager.streams.add({
      storage: StorageType.File,
      retention: RetentionPolicy.Limits,
      discard: DiscardPolicy.Old,
      ...config,
    })
  } catch (cause) {
    if (!isForbidden(cause)) throw cause
    const text = `the stream ${config.name} is missing, and this user may not make it`
    throw new BusError('UNAVAILABLE', `${text}: run powerbus bus setup, or start an endpoint`, { cause })
  }
}

export function isMissing(error: unknown, code: number): boolean {
  return error instanceof JetStreamApiError && error.code === code
}
