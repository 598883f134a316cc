import {
  DiscardPolicy,
  JetStreamApiCodes,
  JetStreamApiError,
  type JetStreamManager,
  RetentionPolicy,
  StorageType,
  type StreamConfig,
} from '@nats-io/jetstream'
import { DEAD, DEAD_STREAM, EVENTS, EVENTS_STREAM } from './nats-names.ts'

/** Limits of the stream of events. They hold for a stream that is made here; one that exists is left as its operator made it. */
export interface StreamLimits {
  /** 7 days. */
  readonly ageMaxMs?: number
  /** 1 GiB; NATS refuses a stream that its own disk limit does not hold. */
  readonly bytesMax?: number
  /** 120 000. */
  readonly dedupeMs?: number
  /** Copies in a cluster of NATS servers, 1..5; 1. */
  readonly replicas?: number
}

export const DEDUPE_MS = 120_000
const DAY_MS = 24 * 3600_000
const NS_PER_MS = 1_000_000

/** Makes the streams that are missing. */
export async function ensureStreams(manager: JetStreamManager, limits: StreamLimits): Promise<void> {
  const { ageMaxMs = 7 * DAY_MS, bytesMax = 2 ** 30, dedupeMs = DEDUPE_MS, replicas = 1 } = limits
  await ensure(manager, {
    name: EVENTS_STREAM,
    subjects: [`${EVENTS}.>`],
    max_age: ageMaxMs * NS_PER_MS,
    max_bytes: bytesMax,
    duplicate_window: Math.min(dedupeMs, ageMaxMs) * NS_PER_MS,
    num_replicas: replicas,
  })
  await ensure(manager, {
    name: DEAD_STREAM,
    subjects: [`${DEAD}.>`],
    max_age: 30 * DAY_MS * NS_PER_MS,
    max_bytes: Math.ceil(bytesMax / 4),
    num_replicas: replicas,
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
  await manager.streams.add({
    storage: StorageType.File,
    retention: RetentionPolicy.Limits,
    discard: DiscardPolicy.Old,
    ...config,
  })
}

export function isMissing(error: unknown, code: number): boolean {
  return error instanceof JetStreamApiError && error.code === code
}
