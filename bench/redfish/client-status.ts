import { RedfishClient, type RedfishConnection } from '@powerbus/redfish'
import type { StatusReader } from './status.ts'

/** By the client of the house. */
export function clientStatus(): StatusReader {
  const client = new RedfishClient()
  const connections = new Map<string, RedfishConnection>()
  return {
    async status(target, timeoutMs) {
      const connection = connections.get(target.address) ?? client.connect(target)
      connections.set(target.address, connection)
      const { body } = await connection.system({ signal: new AbortController().signal, timeoutMs })
      return body.PowerState
    },
    close: () => client.close(),
  }
}
