import { setImmediate as nextTurn } from 'node:timers/promises'
import { connect, type NatsConnection } from '@nats-io/transport-node'
import type { TestScope } from '@powerbus/testkit'
import type { DeployedNats } from './deployed-servers.ts'

export async function connectAs(scope: TestScope, server: DeployedNats, user: string, inbox = '_INBOX') {
  const connection = await connect({
    servers: server.url,
    user,
    pass: server.password(user),
    inboxPrefix: inbox,
    maxReconnectAttempts: 0,
    timeout: 5000,
  })
  scope.teardown(() => connection.close())
  return connection
}

/** What the server has refused so far. It says so before it answers the flush that follows. */
export function refusalsOf(connection: NatsConnection): readonly string[] {
  const refusals: string[] = []
  const listen = async (): Promise<void> => {
    for await (const event of connection.status()) if (event.type === 'error') refusals.push(event.error.message)
  }
  void listen()
  return refusals
}

export async function isRefused(
  connection: NatsConnection,
  refusals: readonly string[],
  doIt: () => void,
): Promise<boolean> {
  const before = refusals.length
  doIt()
  await connection.flush()
  await nextTurn()
  return refusals.length > before
}
