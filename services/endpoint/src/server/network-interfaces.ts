import { readFile } from 'node:fs/promises'
import { networkInterfaces } from 'node:os'
import { type JsonObject, models } from '@powerbus/drp'

/** The network interfaces of the endpoint's host, by name. */
export async function hostInterfaces(): Promise<JsonObject[]> {
  const found = Object.entries(networkInterfaces()).sort(([a], [b]) => (a < b ? -1 : 1))
  return await Promise.all(
    found.map(async ([name, addresses = []]) => {
      const own = addresses.flatMap(({ cidr }) => cidr ?? [])
      const [outward = ''] = addresses.filter(({ internal }) => !internal).flatMap(({ cidr }) => cidr ?? [])
      const about = { Name: name, Index: await indexOf(name), Addresses: own, ActiveAddress: outward }
      return models.interfaces.decode({ ...about, Validated: true, Available: true, ReadOnly: true })
    }),
  )
}

/** 0 where the system does not tell, as elsewhere than on Linux. */
async function indexOf(name: string): Promise<number> {
  const text = await readFile(`/sys/class/net/${name}/ifindex`, 'utf8').catch(() => '')
  return /^\d+\s*$/.test(text) ? Number(text) : 0
}
