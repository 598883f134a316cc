import { type ActionContext, assertNoneProtected } from '@powerbus/plugin-sdk'
import type { Service } from '../service.ts'

const READ_MS = 10_000

/**
 * A request for a device by its id does not say whose it is: a machine of the endpoint that has the device and power/protected protects it. Throws TARGET_PROTECTED.
 * Where there is no endpoint, there are no machines.
 */
export async function assertUnprotected(
  service: Service,
  deviceId: string,
  { endpoint, signal, command }: Pick<ActionContext, 'endpoint' | 'signal' | 'command'>,
): Promise<void> {
  if (!endpoint || endpoint.token.reveal() === '') return
  const { machines } = service.running().means
  const call = { signal, timeoutMs: READ_MS }
  const paramsOf = (uuid: string) => machines.params(uuid, call)
  await assertNoneProtected(await machines.ofDevice(deviceId, call), paramsOf, command, `device ${deviceId}`)
}
