import type { Cluster, Redis, RedisOptions } from 'ioredis'
import type { RedisAddress } from './address.ts'
import type { RedisCredentials } from './credentials.ts'

export type RedisClient = Redis | Cluster

const RECONNECT_FIRST_MS = 50
const RECONNECT_MOST_MS = 2000

/** Pause before reconnecting: grows from 50 ms to 2 s, and jitter takes up to half. */
function reconnectDelayMs(times: number): number {
  const delayMs = Math.min(RECONNECT_MOST_MS, RECONNECT_FIRST_MS * 2 ** Math.min(times, 10))
  return Math.round(delayMs * (0.5 + Math.random() / 2))
}

/**
 * A client that connects in the background and reconnects without end. It queues nothing while disconnected and sends
 * no command twice: a command without an answer is an error. If the server is silent for `commandMs`, the client
 * reconnects.
 */
export async function connect(
  address: RedisAddress,
  credentials: RedisCredentials,
  commandMs: number,
): Promise<RedisClient> {
  const ioredis = await import('ioredis')
  const username = address.username ?? credentials.username
  const password = address.password ?? credentials.password
  const options = {
    connectionName: 'powerbus',
    connectTimeout: commandMs,
    commandTimeout: commandMs,
    socketTimeout: commandMs,
    enableOfflineQueue: false,
    autoResendUnfulfilledCommands: false,
    maxRetriesPerRequest: null,
    retryStrategy: reconnectDelayMs,
    // After a failover the old master may still answer, as a replica.
    reconnectOnError: (error: Error) => error.message.startsWith('READONLY'),
    ...(username !== undefined && { username }),
    ...(password !== undefined && { password }),
    ...(address.tls && { tls: { ...credentials.tls } }),
  } satisfies RedisOptions
  switch (address.mode) {
    case 'single':
      return new ioredis.Redis({ ...options, ...address.hosts[0], db: address.database })
    case 'unix':
      return new ioredis.Redis({ ...options, path: address.path ?? '' })
    case 'sentinel':
      return new ioredis.Redis({
        ...options,
        db: address.database,
        name: address.masterName ?? '',
        sentinels: [...address.hosts],
        sentinelRetryStrategy: reconnectDelayMs,
        sentinelCommandTimeout: commandMs,
        failoverDetector: true,
        ...(credentials.sentinelPassword && { sentinelPassword: credentials.sentinelPassword }),
        ...(address.tls && { enableTLSForSentinelMode: true, sentinelTLS: { ...credentials.tls } }),
      })
    case 'cluster': {
      const { enableOfflineQueue, retryStrategy, ...redisOptions } = options
      return new ioredis.Cluster([...address.hosts], {
        redisOptions,
        enableOfflineQueue: false,
        clusterRetryStrategy: reconnectDelayMs,
        // 0: a command that may have arrived is not sent again.
        retryDelayOnFailover: 0,
        slotsRefreshTimeout: commandMs,
      })
    }
  }
}
