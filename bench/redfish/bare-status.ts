import { Client } from 'undici'
import type { RackTarget } from './rack.ts'
import type { StatusReader } from './status.ts'

interface Known {
  readonly client: Client
  readonly token: string
  readonly session: string
  readonly system: string
}

/** The same requests by undici's client alone: nothing is checked, retried, bounded or redirected. */
export function bareStatus(): StatusReader {
  const known = new Map<string, Known>()
  async function login({ address, port, username, password }: RackTarget): Promise<Known> {
    const client = new Client(`https://${address}:${port}`, { connect: { rejectUnauthorized: false } })
    const { headers, body } = await client.request({
      method: 'POST',
      path: '/redfish/v1/SessionService/Sessions',
      headers: { ...common, 'content-type': 'application/json' },
      body: JSON.stringify({ UserName: username, Password: password }),
    })
    await body.json()
    const token = String(headers['x-auth-token'])
    const systems = (await get(client, '/redfish/v1/Systems', token)) as { Members: { '@odata.id': string }[] }
    const entry = { client, token, session: String(headers.location), system: systems.Members[0]?.['@odata.id'] ?? '' }
    known.set(address, entry)
    return entry
  }
  return {
    async status(target) {
      const { client, token, system } = known.get(target.address) ?? (await login(target))
      const { PowerState } = (await get(client, system, token)) as { PowerState: string }
      return PowerState
    },
    async close() {
      await Promise.all(
        [...known.values()].map(async ({ client, token, session }) => {
          const headers = { ...common, 'x-auth-token': token }
          const { body } = await client.request({
            method: 'DELETE',
            path: new URL(session, 'https://x').pathname,
            headers,
          })
          await body.dump()
          await client.close()
        }),
      )
    },
  }
}

const common = { accept: 'application/json', 'odata-version': '4.0' }

async function get(client: Client, path: string, token: string): Promise<unknown> {
  const { body } = await client.request({ method: 'GET', path, headers: { ...common, 'x-auth-token': token } })
  return body.json()
}
